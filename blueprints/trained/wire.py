"""From the plan of a workload that trains to components: straight-line calls, no decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Output, ResourceOptions

from blueprints.trained.resolve import TrainedPlan
from components.document_store.contract import DocumentStoreArgs, HasDocumentStore
from components.namespace.contract import HasNamespace, NamespaceArgs
from serving.monitoring.component import Monitoring, MonitoringArgs
from serving.training import Training, TrainingArgs
from serving.weights import Weights, WeightsArgs


class TrainedKit(HasNamespace, HasDocumentStore, Protocol):
    """What a workload that trains needs of a cloud."""

    def options(self) -> ResourceOptions:
        """Options that put a component where the kit's are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedOutputs:
    """What a team needs to follow it: where data and models are, and which run it is."""

    namespace: Output[str]
    documents: Output[str]
    run: Output[str]


def wire(plan: TrainedPlan, kit: TrainedKit, scripts: Mapping[str, str], fetching: Mapping[str, str]) -> TrainedOutputs:
    """Create the workload; ``scripts`` are the programs of a run's pods, by file, ``fetching`` those of the base's."""
    place = kit.namespace(plan.name, NamespaceArgs(spec=plan.namespace)).namespace
    documents = kit.document_store("documents", DocumentStoreArgs(spec=plan.documents, namespace=place))
    weights = Weights("weights", WeightsArgs(spec=plan.weights, namespace=place, scripts=fetching), kit.options())
    training = Training(
        "training",
        TrainingArgs(
            spec=plan.training,
            namespace=place,
            documents=documents.endpoint,
            weights_claim=weights.claim,
            scripts=scripts,
        ),
        kit.options(),
    )
    Monitoring("monitoring", MonitoringArgs(spec=plan.monitoring, namespace=place), kit.options())
    return TrainedOutputs(namespace=place, documents=documents.endpoint, run=training.run)
