"""Servers of a platform's store that runs in the cluster: alike, behind one address, open to some namespaces."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource

from components import budgets, pods
from components.core import Component, manifest
from components.ownership import Ownership


class Spec(Protocol):
    """What a store's spec says of its servers; pods of ``namespaces`` may ask them."""

    @property
    def name(self) -> str:
        """Of the service."""
        ...

    @property
    def ownership(self) -> Ownership:
        """Whose it is."""
        ...

    @property
    def service_account(self) -> str:
        """The account of its pods."""
        ...

    @property
    def replicas(self) -> int:
        """How many there are."""
        ...

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Who may ask."""
        ...


def account(
    owner: Component, spec: Spec, place: dict[str, Any], annotations: Mapping[str, Input[str]]
) -> k8s.core.v1.ServiceAccount:
    """The account of the pods; ``annotations`` make it an identity."""
    return k8s.core.v1.ServiceAccount(
        f"{owner.name}-account",
        metadata=manifest({"name": spec.service_account, "annotations": dict(annotations), **place}),
        automount_service_account_token=False,
        opts=owner.child(),
    )


def build(  # noqa: PLR0917 what a server is made of
    owner: Component,
    spec: Spec,
    part: str,
    namespace: Input[str],
    port: int,
    template: dict[str, Any],
    after: Sequence[Resource],
) -> Output[str]:
    """Create the service, the servers and their wall as children of a component; returns the endpoint."""
    labels, selector = spec.ownership.labels(part), spec.ownership.selector(part)
    place = {"namespace": namespace, "labels": labels}
    k8s.core.v1.Service(
        f"{owner.name}-service",
        metadata=manifest({"name": spec.name, **place}),
        spec=manifest({"selector": selector, "ports": [{"name": "http", "port": port}]}),
        opts=owner.child(),
    )
    k8s.apps.v1.Deployment(
        f"{owner.name}-servers",
        metadata=manifest({"name": spec.name, **place}),
        spec=manifest({"replicas": spec.replicas, "selector": {"matchLabels": selector}, "template": template}),
        opts=owner.child(depends_on=list(after)),
    )
    budgets.one_at_a_time(owner, spec.name, place, selector)
    k8s.networking.v1.NetworkPolicy(
        f"{owner.name}-clients",
        **pods.allow(f"{spec.name}-clients", namespace, labels, selector, (), port, namespaces=spec.namespaces),
        opts=owner.child(),
    )
    return Output.concat("http://", spec.name, ".", namespace, f":{port}")
