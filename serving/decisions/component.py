"""The one door of a workload that decides: a model is asked in time, rules stand in, all is written down."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.feature_store.server import PORT as FEATURES_PORT
from serving import keys
from serving.decisions.files import SERVE, files
from serving.decisions.spec import NAME, PORT, DecisionsSpec
from serving.doors import shell
from serving.scorer import PORT as SERVER_PORT

SECRET = "decisions-keys"  # noqa: S105 its name
#: the Secret with the key of a model elsewhere: an operator makes it, the stack never sees it
OUTSIDE = "decisions-outside"
FOLDER = "/etc/decisions"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsArgs:
    """The spec, where it lives, the models' servers by name, and the store of what waits for people."""

    spec: DecisionsSpec
    namespace: Input[str]
    endpoints: Mapping[str, Input[str]]
    documents: Input[str]


class Decisions(Component):
    """See the module. A team's key lies in the Secret ``keys.secret_of(team)``."""

    TOKEN = "domicile:serving:Decisions"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: DecisionsArgs, opts: ResourceOptions | None = None) -> None:
        """Create the service."""
        super().__init__(name, args, opts)
        spec = args.spec
        door = _door(args)
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": SECRET, **door.place}),
            string_data={
                "DOMICILE_KEYS": keys.digests(keys.of_teams(self, (*spec.callers, spec.reviewers), door.place)),
                "DOMICILE_TOKENS": keys.random_key(self, f"{name}-tokens"),
            },
            opts=self.child(),
        )
        content = Output.from_input(dict(args.endpoints)).apply(
            lambda found: files(spec, {server: str(address) for server, address in found.items()})
        )
        shell.build(self, door, content, (secret,))
        self._walls(name, args, door.labels, door.selector)
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.finish()

    def _walls(self, name: str, args: DecisionsArgs, labels: dict[str, str], selector: dict[str, str]) -> None:
        spec = args.spec
        sources = tuple(spec.ownership.selector(client) for client in spec.clients)
        inbound = pods.allow_door(f"{NAME}-clients", args.namespace, labels, selector, sources, PORT)
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        inside = [(spec.ownership.selector(server), SERVER_PORT) for server in sorted(args.endpoints)]
        inside.append((spec.ownership.selector("documents"), DOCUMENTS_PORT))
        reach = pods.reach(f"{NAME}-reach", args.namespace, labels, selector, tuple(inside))
        if spec.features:
            where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": spec.features.namespace}}}
            reach["spec"]["egress"].append({"to": [where], "ports": [{"port": FEATURES_PORT, "protocol": "TCP"}]})
        if spec.burst or spec.issuers:
            reach["spec"]["egress"].append({"ports": [{"port": 443, "protocol": "TCP"}]})
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())


def _door(args: DecisionsArgs) -> shell.Door:
    spec = args.spec
    return shell.Door(
        name=NAME,
        ownership=spec.ownership,
        namespace=args.namespace,
        image=spec.image,
        port=PORT,
        replicas=spec.replicas,
        serves=SERVE,
        folder=FOLDER,
        secret=SECRET,
        settings={"DOMICILE_AUDIT": "/audit", "DOCUMENTS": args.documents},
        variables=(("BURST_API_KEY", OUTSIDE, "BURST_API_KEY"),) if spec.burst else (),
        disk="audit",
        disk_gib=spec.audit_gib,
        storage_class=spec.storage_class,
        cpu="1",
        memory="1Gi",
    )
