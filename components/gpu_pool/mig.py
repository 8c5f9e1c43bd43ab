"""MIG on node images that know nothing of it: the slices are cut at every start, before the kubelet counts them."""

import base64

from components.gpu_pool.spec import GpuPoolSpec

#: the unit that starts a node of EKS; it runs after cloud-init's scripts. Source: awslabs/amazon-eks-ami, nodeadm-run
STARTS_NODE = "nodeadm-run.service"


def user_data(spec: GpuPoolSpec) -> str:
    """What an instance runs at its first start, as a launch template takes it (MIME, base64).

    A100s switch to MIG only after a restart, later ones at once: the unit it leaves behind cuts the slices either way.
    """
    script = f"""#!/bin/bash
set -euo pipefail
cat >/usr/local/bin/domicile-mig <<'CUT'
#!/bin/bash
set -euo pipefail
nvidia-smi -mig 1 || true
if nvidia-smi --query-gpu=mig.mode.current --format=csv,noheader | grep -qv Enabled; then
  test ! -e /var/lib/domicile-mig-restarted || exit 1
  touch /var/lib/domicile-mig-restarted
  systemctl reboot
  sleep infinity
fi
nvidia-smi mig -dci || true
nvidia-smi mig -dgi || true
nvidia-smi mig -cgi {",".join([spec.sharing.mig_profile] * spec.sharing.slices)} -C
CUT
chmod 0755 /usr/local/bin/domicile-mig
cat >/etc/systemd/system/domicile-mig.service <<'UNIT'
[Unit]
Description=Cuts the GPUs into slices
After=nvidia-persistenced.service
Before={STARTS_NODE} kubelet.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/bin/domicile-mig
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now domicile-mig.service
"""
    boundary = "==DOMICILE=="
    parts = (
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
        "",
        f"--{boundary}",
        'Content-Type: text/x-shellscript; charset="us-ascii"',
        "",
        script,
        f"--{boundary}--",
        "",
    )
    return base64.b64encode("\n".join(parts).encode()).decode()
