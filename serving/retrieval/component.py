"""What answers from documents, for whoever may read them: a service beside the gateway."""

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.vector_store.spec import PORT as VECTORS_PORT
from serving.doors import shell
from serving.gateway.spec import PORT as GATEWAY_PORT
from serving.model_server import PORT as MODEL_PORT
from serving.retrieval.files import SERVE, files
from serving.retrieval.spec import NAME, PORT, RetrievalSpec

SECRET, FOLDER = "retrieval-keys", "/etc/retrieval"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalArgs:
    """The spec, where it lives, and what it talks to: the gateway with a key, and the stores.

    ``digests`` say which key is which team's, as the gateway is told; ``ranks`` is where passages are ranked.
    """

    spec: RetrievalSpec
    namespace: Input[str]
    gateway: Input[str]
    key_secret: str
    digests: Input[str]
    vectors: Input[str]
    documents: Input[str]
    ranks: Input[str] = ""


class Retrieval(Component):
    """See the module. Its callers' keys are those of the gateway."""

    TOKEN = "domicile:serving:Retrieval"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: RetrievalArgs, opts: ResourceOptions | None = None) -> None:
        """Create the service."""
        super().__init__(name, args, opts)
        spec = args.spec
        door = _door(args)
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": SECRET, **door.place}),
            string_data={"DOMICILE_KEYS": args.digests},
            opts=self.child(),
        )
        shell.build(self, door, Output.from_input(files(spec)), (secret,))
        sources = tuple(spec.ownership.selector(client) for client in spec.clients)
        inbound = pods.allow_door(f"{NAME}-clients", args.namespace, door.labels, door.selector, sources, PORT)
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        inside = (
            (spec.ownership.selector(spec.door), GATEWAY_PORT),
            (spec.ownership.selector("documents"), DOCUMENTS_PORT),
            (spec.ownership.selector("vectors"), VECTORS_PORT),
        )
        if spec.reranker:
            inside = (*inside, (spec.ownership.selector(spec.reranker), MODEL_PORT))
        reach = pods.reach(f"{NAME}-reach", args.namespace, door.labels, door.selector, inside)
        if spec.issuers:
            reach["spec"]["egress"].append({"ports": [{"port": 443, "protocol": "TCP"}]})
        k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())
        self.endpoint = Output.from_input(f"http://{NAME}:{PORT}/v1")
        self.finish()


def _door(args: RetrievalArgs) -> shell.Door:
    spec = args.spec
    places = {"DOCUMENTS": args.documents, "VECTORS": args.vectors, "GATEWAY": args.gateway}
    if spec.reranker:
        places["RERANKER"] = args.ranks
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
        settings={"DOMICILE_AUDIT": "/audit", **places},
        variables=(("API_KEY", args.key_secret, "API_KEY"),),
        disk="audit",
        disk_gib=spec.audit_gib,
        storage_class=spec.storage_class,
        cpu="500m",
        memory="1Gi",
    )
