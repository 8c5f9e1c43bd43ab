"""From the plan of a workload that decides to components: straight-line calls, no decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi import Output, ResourceOptions

from blueprints.scored.resolve import ScoredPlan
from components.document_store.contract import DocumentStoreArgs, HasDocumentStore
from components.namespace.contract import HasNamespace, NamespaceArgs
from serving import keys
from serving.decisions.component import Decisions, DecisionsArgs
from serving.monitoring.component import Monitoring, MonitoringArgs
from serving.scorer import Scorer, ScorerArgs


class ScoredKit(HasNamespace, HasDocumentStore, Protocol):
    """What a workload that decides needs of a cloud."""

    def options(self) -> ResourceOptions:
        """Options that put a component where the kit's are."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredOutputs:
    """What a team needs to use it."""

    namespace: Output[str]
    endpoint: Output[str]
    key_secret: Output[str]
    documents: Output[str]


def wire(plan: ScoredPlan, kit: ScoredKit, stage: Mapping[str, str]) -> ScoredOutputs:
    """Create the workload; ``stage`` are the programs that fetch models, by file."""
    place = kit.namespace(plan.name, NamespaceArgs(spec=plan.namespace)).namespace
    documents = kit.document_store("documents", DocumentStoreArgs(spec=plan.documents, namespace=place))
    scorers = {
        spec.name: Scorer(
            spec.name,
            ScorerArgs(spec=spec, namespace=place, documents=documents.endpoint, scripts=stage),
            kit.options(),
        )
        for spec in plan.scorers
    }
    service = Decisions(
        "decisions",
        DecisionsArgs(
            spec=plan.service,
            namespace=place,
            endpoints={name: scorer.endpoint for name, scorer in scorers.items()},
            documents=documents.endpoint,
        ),
        kit.options(),
    )
    Monitoring("monitoring", MonitoringArgs(spec=plan.monitoring, namespace=place), kit.options())
    return ScoredOutputs(
        namespace=place,
        endpoint=service.endpoint,
        key_secret=Output.from_input(keys.secret_of(plan.service.callers[0])),
        documents=documents.endpoint,
    )
