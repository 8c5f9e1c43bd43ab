"""The only place that asks which kind of target a workload has."""

import os
from pathlib import Path

from components.clouds.kubernetes.kit import KubernetesKit
from components.targets import KubernetesTarget


def kit_for(target: KubernetesTarget) -> KubernetesKit:
    """The kit of a target."""
    kubeconfig, context = kubeconfig_of(target)
    return KubernetesKit(target, kubeconfig, context)


def kubeconfig_of(target: KubernetesTarget) -> tuple[str | None, str | None]:
    """The kubeconfig's path and context; a target that names neither is a local cluster of that name."""
    if target.kubeconfig is not None:
        return str(Path(target.kubeconfig).expanduser()), target.context
    if target.context is not None:
        return None, target.context
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "domicile" / "clusters" / target.cluster
    return str(folder / "kubeconfig"), f"domicile-{target.cluster}"
