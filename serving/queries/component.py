"""The one door to a warehouse: a service beside the gateway that asks it, with the tables it may see and no more."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from serving import keys
from serving import libraries as packed
from serving.doors import shell
from serving.gateway.spec import PORT as GATEWAY_PORT
from serving.queries.files import SERVE, files, libraries
from serving.queries.spec import APPROVERS, NAME, PORT, QueriesSpec

SECRET, FOLDER = "queries-keys", "/etc/queries"
#: the Secret with the warehouse's user: an operator makes it by `domicile grants`, the stack never sees it
OUTSIDE = "queries-warehouse"
#: where a pod on GKE gets its identity's tokens. Source: Google Cloud, "Workload Identity Federation for GKE"
METADATA = ("169.254.169.252/32", "169.254.169.254/32")
VARIABLES = ("WAREHOUSE_USER", "WAREHOUSE_PASSWORD")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueriesArgs:
    """The spec, where it lives, and what it talks to: the gateway with a key, and the store of what waits."""

    spec: QueriesSpec
    namespace: Input[str]
    gateway: Input[str]
    key_secret: str
    documents: Input[str]


class Queries(Component):
    """See the module. A team's key lies in the Secret ``keys.secret_of(team)``."""

    TOKEN = "domicile:serving:Queries"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: QueriesArgs, opts: ResourceOptions | None = None) -> None:
        """Create the service."""
        super().__init__(name, args, opts)
        spec = args.spec
        read = libraries(spec.engine)
        door = _door(args, read)
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": SECRET, **door.place}),
            string_data={"DOMICILE_KEYS": keys.digests(keys.of_teams(self, (*spec.askers, APPROVERS), door.place))},
            opts=self.child(),
        )
        archives = packed.build(self, NAME, door.place, read)
        if spec.identity:
            k8s.core.v1.ServiceAccount(
                f"{name}-account",
                metadata=manifest(
                    {"name": NAME, "annotations": {"iam.gke.io/gcp-service-account": spec.identity}, **door.place}
                ),
                automount_service_account_token=False,
                opts=self.child(),
            )
        shell.build(self, door, Output.from_input(files(spec, read)), (secret, archives))
        self._walls(name, args, door)
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.finish()

    def _walls(self, name: str, args: QueriesArgs, door: shell.Door) -> None:
        spec = args.spec
        sources = tuple(spec.ownership.selector(client) for client in spec.clients)
        inbound = pods.allow_door(f"{NAME}-clients", args.namespace, door.labels, door.selector, sources, PORT)
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        inside = (
            (spec.ownership.selector(spec.door), GATEWAY_PORT),
            (spec.ownership.selector("documents"), DOCUMENTS_PORT),
        )
        reach = pods.reach(f"{NAME}-reach", args.namespace, door.labels, door.selector, inside)
        out = {spec.port, *([443] if spec.issuers else [])}
        reach["spec"]["egress"].append({"ports": [{"port": port, "protocol": "TCP"} for port in sorted(out)]})
        if spec.identity:
            machine = [{"ipBlock": {"cidr": cidr}} for cidr in METADATA]
            ports = [{"port": port, "protocol": "TCP"} for port in (80, 988)]
            reach["spec"]["egress"].append({"to": machine, "ports": ports})
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())


def _door(args: QueriesArgs, read: Mapping[str, bytes]) -> shell.Door:
    spec = args.spec
    user = () if spec.engine == "bigquery" else tuple((one, OUTSIDE, one) for one in VARIABLES)
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
        settings={"DOMICILE_AUDIT": "/audit", "DOCUMENTS": args.documents, "GATEWAY": args.gateway},
        variables=(("API_KEY", args.key_secret, "API_KEY"), *user),
        libraries=tuple(read),
        account=NAME if spec.identity else "",
        disk="audit",
        disk_gib=spec.audit_gib,
        storage_class=spec.storage_class,
        cpu="500m",
        memory="1Gi",
    )
