"""The only place that asks which kind of target a workload or a platform has."""

import os
from pathlib import Path
from typing import assert_never

import pulumi
from pulumi import Input, Resource

from blueprints.platform.wire import PlatformKit
from components.clouds.kubernetes.kit import KubernetesKit
from components.ownership import Ownership
from components.state_store.contract import HasStateStore
from components.targets import AwsTarget, AzureTarget, GcpTarget, KubernetesTarget, PlatformTarget, Target


def kit_for(target: KubernetesTarget | PlatformTarget, parent: Resource | None = None) -> KubernetesKit:
    """The kit of a workload's target; what it makes stands below ``parent``, if there is one."""
    match target:
        case KubernetesTarget():
            kubeconfig, context = kubeconfig_of(target)
            return KubernetesKit(target.cluster, kubeconfig, context, parent)
        case PlatformTarget():
            return KubernetesKit(target.cluster, platform_output(target, "kubeconfig"), None, parent)
        case _:
            assert_never(target)


def platform_kit_for(target: Target, ownership: Ownership) -> PlatformKit:
    """The kit of a platform's target; a cloud's SDK is imported only where it is the target."""
    match target:
        case AwsTarget():
            from components.clouds.aws.kit import AwsKit

            return AwsKit(target, ownership)
        case GcpTarget():
            from components.clouds.gcp.kit import GcpKit

            return GcpKit(target, ownership)
        case AzureTarget():
            from components.clouds.azure.kit import AzureKit

            return AzureKit(target, ownership)
        case KubernetesTarget():
            from components.clouds.kubernetes.platform import KubernetesPlatformKit

            return KubernetesPlatformKit(target, *kubeconfig_of(target))
        case _:
            assert_never(target)


def state_kit_for(target: GcpTarget | AzureTarget, ownership: Ownership) -> HasStateStore:
    """The kit of a state store's target."""
    match target:
        case GcpTarget():
            from components.clouds.gcp.kit import GcpKit

            return GcpKit(target, ownership)
        case AzureTarget():
            from components.clouds.azure.kit import AzureKit

            return AzureKit(target, ownership)
        case _:
            assert_never(target)


def platform_output(target: PlatformTarget, name: str) -> Input[str]:
    """An output of the platform's stack."""
    organization = pulumi.Config("domicile").get("organization") or "organization"
    reference = pulumi.StackReference(full_name(target.stack, organization, pulumi.get_project()))
    return reference.require_output(name)


def full_name(stack: str, organization: str, project: str) -> str:
    """The name of a stack as a reference has it; what is left out is ours."""
    said = stack.split("/")
    return "/".join([*[organization, project][: 3 - len(said)], *said])


def kubeconfig_of(target: KubernetesTarget) -> tuple[str | None, str | None]:
    """The kubeconfig's path and context; a target that names neither is a local cluster of that name."""
    if target.kubeconfig is not None:
        return str(Path(target.kubeconfig).expanduser()), target.context
    if target.context is not None:
        return None, target.context
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "domicile" / "clusters" / target.cluster
    return str(folder / "kubeconfig"), f"domicile-{target.cluster}"
