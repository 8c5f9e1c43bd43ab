"""From a served workload's plan to components: straight-line calls, no decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Output, ResourceOptions

from blueprints.served.batches import BatchWork
from blueprints.served.knowledge import Knowledge
from blueprints.served.queries import Asking
from blueprints.served.resolve import ServedPlan
from blueprints.served.roles import BATCH, INGESTION, JOBS
from components.document_store.contract import DocumentStoreArgs, HasDocumentStore
from components.namespace.contract import HasNamespace, NamespaceArgs
from components.vector_store.contract import HasVectorStore, VectorStoreArgs
from serving import keys
from serving.batch import Batch, BatchArgs
from serving.gateway.component import Gateway, GatewayArgs
from serving.gateway.envoy.component import EnvoyGateway
from serving.ingestion import Ingestion, IngestionArgs
from serving.model_server import ModelServer, ModelServerArgs
from serving.monitoring.component import Monitoring, MonitoringArgs
from serving.queries.component import Queries, QueriesArgs
from serving.queries.spec import NAME as QUERIES
from serving.retrieval.component import Retrieval, RetrievalArgs
from serving.retrieval.spec import NAME as RETRIEVAL
from serving.retrieval.spec import RetrievalSpec
from serving.router.component import Router, RouterArgs
from serving.scaling import Scaling, ScalingArgs
from serving.weights import Weights, WeightsArgs


class ServedKit(HasNamespace, HasVectorStore, HasDocumentStore, Protocol):
    """What a served workload needs of a cloud."""

    def options(self) -> ResourceOptions:
        """Options that put a component where the kit's are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """The programs that run in the cluster, by what they do: files by name."""

    scaler: Mapping[str, str]
    ingestion: Mapping[str, str]
    batch: Mapping[str, str]
    weights: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedOutputs:
    """What a team needs to use it. Stores are blank where it looks nothing up, ``questions`` without a warehouse.

    ``answers`` is where documents are asked.
    """

    namespace: Output[str]
    endpoint: Output[str]
    key_secret: Output[str]
    vectors: Output[str]
    documents: Output[str]
    questions: Output[str]
    answers: Output[str]


Door = Gateway | EnvoyGateway
#: what a gateway is made of, by its engine
DOORS: Mapping[str, type[Door]] = {"litellm": Gateway, "envoy": EnvoyGateway}


def wire(plan: ServedPlan, kit: ServedKit, scripts: Scripts) -> ServedOutputs:
    """Create the workload."""
    place = kit.namespace(plan.name, NamespaceArgs(spec=plan.namespace)).namespace
    servers = _servers(plan, kit, place, scripts.weights)
    routers = {
        one.server: Router(one.name, RouterArgs(spec=one, namespace=place), kit.options()) for one in plan.routers
    }
    for scaling in plan.scaling:
        Scaling(
            f"{scaling.server}-scaling",
            ScalingArgs(spec=scaling, namespace=place, scripts=scripts.scaler),
            kit.options(),
        )
    gateway = DOORS[plan.gateway.engine](
        "gateway",
        GatewayArgs(
            spec=plan.gateway,
            namespace=place,
            endpoints={name: routers.get(name, server).endpoint for name, server in servers.items()},
        ),
        kit.options(),
    )
    vectors, documents, answers = Output.from_input(""), Output.from_input(""), Output.from_input("")
    if plan.knowledge and plan.retrieval:
        vectors, documents = _knowledge(plan.knowledge, kit, place, gateway, scripts)
        ranks = servers[plan.retrieval.reranker].endpoint if plan.retrieval.reranker else Output.from_input("")
        answers = _retrieval(plan.retrieval, kit, place, gateway, (vectors, documents, ranks))
    if plan.batch:
        documents = _batch(plan.batch, kit, place, gateway, scripts)
    questions = Output.from_input("")
    if plan.asking:
        questions = _asking(plan.asking, kit, place, gateway)
    Monitoring("monitoring", MonitoringArgs(spec=plan.monitoring, namespace=place), kit.options())
    first = next(team.name for team in plan.gateway.teams if team.name not in JOBS)
    return ServedOutputs(
        namespace=place,
        endpoint=gateway.endpoint,
        key_secret=Output.from_input(keys.secret_of(first)),
        vectors=vectors,
        documents=documents,
        questions=questions,
        answers=answers,
    )


def _servers(
    plan: ServedPlan, kit: ServedKit, place: Output[str], fetching: Mapping[str, str]
) -> dict[str, ModelServer]:
    """The model servers by name, and the weights they read."""
    if plan.weights is None:
        return {}
    weights = Weights("weights", WeightsArgs(spec=plan.weights, namespace=place, scripts=fetching), kit.options())
    return {
        spec.name: ModelServer(
            spec.name, ModelServerArgs(spec=spec, namespace=place, weights_claim=weights.claim), kit.options()
        )
        for spec in plan.servers
    }


def _batch(work: BatchWork, kit: ServedKit, place: Output[str], gateway: Door, scripts: Scripts) -> Output[str]:
    """What it works on, and the job; returns the address of the documents."""
    documents = kit.document_store("documents", DocumentStoreArgs(spec=work.documents, namespace=place))
    Batch(
        "batch",
        BatchArgs(
            spec=work.job,
            namespace=place,
            documents=documents.endpoint,
            gateway=gateway.endpoint,
            key_secret=keys.secret_of(BATCH),
            scripts=scripts.batch,
        ),
        kit.options(),
    )
    return documents.endpoint


def _retrieval(
    spec: RetrievalSpec,
    kit: ServedKit,
    place: Output[str],
    gateway: Door,
    asked: tuple[Output[str], Output[str], Output[str]],
) -> Output[str]:
    """The service that answers from documents; returns where it is asked."""
    vectors, documents, ranks = asked
    service = Retrieval(
        "retrieval",
        RetrievalArgs(
            spec=spec,
            namespace=place,
            gateway=gateway.endpoint,
            key_secret=keys.secret_of(RETRIEVAL),
            digests=gateway.digests,
            vectors=vectors,
            documents=documents,
            ranks=ranks,
        ),
        kit.options(),
    )
    return service.endpoint


def _asking(asking: Asking, kit: ServedKit, place: Output[str], gateway: Door) -> Output[str]:
    """The service that asks the warehouse, and the store of what waits; returns where questions go."""
    documents = kit.document_store("documents", DocumentStoreArgs(spec=asking.documents, namespace=place))
    service = Queries(
        "queries",
        QueriesArgs(
            spec=asking.service,
            namespace=place,
            gateway=gateway.endpoint,
            key_secret=keys.secret_of(QUERIES),
            documents=documents.endpoint,
        ),
        kit.options(),
    )
    return service.endpoint


def _knowledge(
    known: Knowledge, kit: ServedKit, place: Output[str], gateway: Door, scripts: Scripts
) -> tuple[Output[str], Output[str]]:
    """What it looks things up in; returns the addresses of vectors and documents."""
    vectors = kit.vector_store("vectors", VectorStoreArgs(spec=known.vectors, namespace=place))
    documents = kit.document_store("documents", DocumentStoreArgs(spec=known.documents, namespace=place))
    Ingestion(
        "ingestion",
        IngestionArgs(
            spec=known.ingestion,
            namespace=place,
            documents=documents.endpoint,
            vectors=vectors.endpoint,
            gateway=gateway.endpoint,
            key_secret=keys.secret_of(INGESTION),
            scripts=scripts.ingestion,
        ),
        kit.options(),
    )
    return vectors.endpoint, documents.endpoint
