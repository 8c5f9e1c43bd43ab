"""NVIDIA's device plugin for node images that come without it, with time slices where a pool shares its GPUs."""

import json

import pulumi_kubernetes as k8s

from components import ownership, pods
from components.core import Component, manifest
from components.gpu_pool.spec import GpuPoolSpec
from components.ownership import PREFIX

IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.19.1"
NAMESPACE = "kube-system"


def build(owner: Component, spec: GpuPoolSpec) -> None:
    """Run the plugin on the pool's nodes alone."""
    name = f"device-plugin-{spec.name}"
    labels = spec.ownership.labels(name)
    config = _config(spec)
    k8s.core.v1.ConfigMap(
        f"{owner.name}-device-plugin",
        metadata=manifest({"name": name, "namespace": NAMESPACE, "labels": labels}),
        data={"config.yaml": config},
        opts=owner.child(),
    )
    selector = spec.ownership.selector(name)
    k8s.apps.v1.DaemonSet(
        f"{owner.name}-device-plugin",
        metadata=manifest({"name": name, "namespace": NAMESPACE, "labels": labels}),
        spec=manifest(
            {
                "selector": {"matchLabels": selector},
                "updateStrategy": {"type": "RollingUpdate"},
                "template": {
                    "metadata": {
                        "labels": labels,
                        "annotations": {f"{PREFIX}/config": ownership.digest(config)},
                    },
                    "spec": _pod(spec, name),
                },
            }
        ),
        opts=owner.child(),
    )


def _pod(spec: GpuPoolSpec, name: str) -> dict[str, object]:
    return {
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "nodeSelector": {f"{PREFIX}/pool": spec.name},
        "tolerations": [{"key": spec.taint[0], "operator": "Exists", "effect": spec.taint[2]}],
        "containers": [
            {
                "name": "device-plugin",
                "image": IMAGE,
                "env": [
                    {"name": "CONFIG_FILE", "value": "/config/config.yaml"},
                    {"name": "FAIL_ON_INIT_ERROR", "value": "false"},
                ],
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
                "securityContext": pods.container_security(),
                "volumeMounts": [
                    {"name": "plugins", "mountPath": "/var/lib/kubelet/device-plugins"},
                    {"name": "config", "mountPath": "/config", "readOnly": True},
                ],
            }
        ],
        "volumes": [
            {"name": "plugins", "hostPath": {"path": "/var/lib/kubelet/device-plugins", "type": "Directory"}},
            {"name": "config", "configMap": {"name": name}},
        ],
    }


def _config(spec: GpuPoolSpec) -> str:
    """The plugin's configuration; a shared GPU has a name of its own, and a pod gets one slice."""
    config: dict[str, object] = {
        "version": "v1",
        "flags": {"migStrategy": "mixed" if spec.sharing.mig_profile else "none"},
    }
    if spec.sharing.time_slices > 1:
        config["sharing"] = {
            "timeSlicing": {
                "renameByDefault": True,
                "failRequestsGreaterThanOne": True,
                "resources": [{"name": "nvidia.com/gpu", "replicas": spec.sharing.time_slices}],
            }
        }
    return json.dumps(config, indent=2)
