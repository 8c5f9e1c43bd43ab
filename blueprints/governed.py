"""What every workload's blueprint says, whatever it does: its owner, its data, its money, its target. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from blueprints.governance.purpose import LOG_DAYS, Class, Purpose, Risk, risk
from blueprints.images import IMAGES
from blueprints.pinned import Registries, unregistered
from blueprints.refusal import Reason
from blueprints.written import Country, DataClass, Name, Owner, Written
from catalog.inventory import Inventory
from components.document_store.spec import DocumentStoreSpec
from components.namespace.admission import AdmissionSpec, SignaturesSpec
from components.namespace.spec import NamespaceSpec
from components.ownership import PREFIX, Ownership
from components.targets import KubernetesTarget, PlatformTarget, Target, WorkloadTarget
from planning.capacity import Placed
from planning.cost import Cost
from policies.rules.encryption import ENCRYPTING_CLASSES
from serving.monitoring.spec import MonitoringSpec


class Data(Written):
    """What law and policy say of the data."""

    class_: Annotated[str, Field(alias="class", description="public, internal, confidential or restricted.")]
    jurisdictions: Annotated[list[Country], Field(min_length=1, description="Countries the data must stay in.")]
    retention_days: Annotated[int, Field(gt=0, le=3650)] = 365

    @model_validator(mode="after")
    def _known_class(self) -> "Data":
        if self.class_ not in {one.value for one in DataClass}:
            message = f"class: '{self.class_}' is not a data class; choose {', '.join(DataClass)}"
            raise ValueError(message)
        return self


class Budget(Written):
    """What it may cost a month, and what happens when the plan costs more."""

    monthly_usd: Annotated[int, Field(gt=0)]
    when_exceeded: Literal["refuse", "warn"] = "refuse"


def unset(prefix: str, part: Written) -> tuple[str, ...]:
    """Fields of a part that were left to their defaults, as `prefix.name = value`."""
    names = (name for name in type(part).model_fields if name not in part.model_fields_set)
    return tuple(f"{prefix}.{name} = {getattr(part, name)}" for name in names)


KEEP_BACKUPS_DAYS = 14
#: volumes of stores, of their backups, of weights, and of a door of two pods
CLAIMS = 10
Phase = Literal["prototype", "foundation", "scale", "governed"]
PHASES: tuple[Phase, ...] = ("prototype", "foundation", "scale", "governed")


class Governed(Written, ABC):
    """A workload: somebody answers for it, its data have a class and a place, it has a budget."""

    #: the field of its kind that its price follows, by its path
    LOAD: ClassVar[str] = ""

    name: Name
    owner: Owner
    purpose: Purpose = Purpose()
    phase: Annotated[
        Phase | None, Field(description="How far it has come; what that asks for must be there. `domicile promote`.")
    ] = None
    review_on: Annotated[str, Field(pattern=r"^(\d{4}-\d\d-\d\d)?$", description="The day it is looked at again.")] = ""
    data: Data
    availability_percent: Annotated[float, Field(ge=90, le=99.99)] = 99.5
    budget: Budget
    target: WorkloadTarget

    def refusals(self) -> tuple[Reason, ...]:
        """What its kind does not allow, beyond what can be seen in one field."""
        return ()

    def notes(self) -> tuple[tuple[str, str], ...]:
        """What its namespace tells of it, beyond its owner and its data."""
        return ()

    def taken_for_granted(self) -> tuple[str, ...]:
        """What its kind assumes beyond the fields every kind has."""
        return ()

    @property
    def registries(self) -> Registries:
        """The registries of models that it asks or tells, with the places where it names them."""
        return ()

    @property
    @abstractmethod
    def models_used(self) -> tuple[str, ...]:
        """Its models, as approvals name them."""

    @property
    @abstractmethod
    def exposed(self) -> tuple[str, ...]:
        """How it is reached from outside, or asks outside; empty where it does neither."""

    @property
    @abstractmethod
    def overseers(self) -> str:
        """Who looks at what it does; empty for nobody."""

    @property
    def talks(self) -> bool:
        """Whether people talk to it."""
        return False

    @property
    def generates(self) -> bool:
        """Whether it writes texts or makes pictures."""
        return False

    @property
    def risk(self) -> Risk:
        """Its class by the AI Act."""
        countries = tuple(self.data.jurisdictions)
        return risk(self.purpose, countries, talks=self.talks, generates=self.generates)

    @property
    def ownership(self) -> Ownership:
        """Whose everything is that is made of it."""
        return Ownership(
            workload=self.name,
            owner=self.owner.team,
            cost_centre=self.owner.cost_centre,
            data_class=self.data.class_,
            jurisdictions=tuple(self.data.jurisdictions),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlan(ABC):
    """What every workload's plan has: where it is, what it costs, its namespace, and what is watched of it."""

    name: str
    cluster: str
    region: str
    country: str
    cost: Cost
    budget_usd: int
    warnings: tuple[str, ...]
    assumed: tuple[str, ...]
    namespace: NamespaceSpec
    monitoring: MonitoringSpec

    @property
    @abstractmethod
    def products(self) -> dict[str, int]:
        """GPUs in use, by product."""

    @property
    @abstractmethod
    def replicated(self) -> tuple[Placed, ...]:
        """Where parts with accelerators stand of which there is more than one."""

    @property
    def gpus(self) -> int:
        """GPUs in use."""
        return sum(self.products.values())


def refused(blueprint: Governed, inventory: Inventory, classes: tuple[str, ...] | None) -> Iterator[Reason]:
    """Where its data may not be; ``classes`` are those the target has keys for, None where any will do."""
    allowed = blueprint.data.jurisdictions
    if inventory.country not in allowed:
        text = (
            f"the cluster '{blueprint.target.cluster}' stands in {inventory.country}, the data must stay in "
            f"{', '.join(allowed)}: choose another target, or add {inventory.country} if the law allows it"
        )
        yield Reason(("data", "jurisdictions"), text)
    if classes is not None and blueprint.data.class_ not in classes:
        text = f"the platform has keys for {', '.join(classes)}: add the class there, or choose another platform"
        yield Reason(("data", "class"), text)
    yield from unsigned(blueprint.target)
    yield from unregistered(blueprint.registries, allowed)
    if blueprint.risk.of is Class.HIGH:
        if not blueprint.overseers:
            text = (
                f"people oversee a use of high risk (AI Act, Art. 14; {blueprint.risk.why}): let them see what it does"
            )
            yield Reason(("review",), text)
        if blueprint.data.retention_days < LOG_DAYS:
            text = (
                f"events of a use of high risk are kept for six months, {LOG_DAYS} days, at least (AI Act, Art. 26(6))"
            )
            yield Reason(("data", "retention_days"), text)


def money(blueprint: Governed, bill: Cost, remedy: str, reasons: list[Reason]) -> tuple[str, ...]:
    """Warnings of what has no price or too high a one; a budget that refuses adds to ``reasons``, with the remedy."""
    warnings = [f"no price is known for {item}: the total leaves it out" for item in bill.unknown]
    limit = blueprint.budget.monthly_usd
    if bill.total > limit:
        text = f"the plan costs {bill.total:,.2f} USD a month, the budget is {limit:,} USD"
        if blueprint.budget.when_exceeded == "refuse":
            reasons.append(Reason(("budget", "monthly_usd"), f"{text}: {remedy}"))
        else:
            warnings.append(text)
    return tuple(warnings)


def namespace(
    blueprint: Governed, *, gpus: int, cpu: int, memory_gib: int, pods: int, claims: int = CLAIMS
) -> NamespaceSpec:
    """The namespace and what all of its pods may ask for together."""
    annotations = (
        (f"{PREFIX}/contact", blueprint.owner.contact),
        (f"{PREFIX}/monthly-budget-usd", str(blueprint.budget.monthly_usd)),
        (f"{PREFIX}/retention-days", str(blueprint.data.retention_days)),
        (f"{PREFIX}/jurisdictions", ",".join(blueprint.data.jurisdictions)),
        *((f"{PREFIX}/{key}", text) for key, text in blueprint.notes()),
    )
    quota = {
        "requests.nvidia.com/gpu": str(gpus),
        "requests.cpu": str(cpu),
        "requests.memory": f"{memory_gib}Gi",
        "persistentvolumeclaims": str(claims),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        "pods": str(pods),
    }
    return NamespaceSpec(
        name=blueprint.name,
        ownership=blueprint.ownership,
        quota=quota,
        annotations=annotations,
        admission=admission(blueprint.target),
        signatures=signatures(blueprint.target),
    )


def signatures(target: WorkloadTarget | Target) -> SignaturesSpec | None:
    """The images that must be signed, where the target says so."""
    said = target.signatures if isinstance(target, KubernetesTarget | PlatformTarget) else None
    return SignaturesSpec(images=tuple(said.images), key=said.key) if said is not None else None


def unsigned(target: WorkloadTarget | Target) -> Iterator[Reason]:
    """Signatures that nobody would look at."""
    known = isinstance(target, KubernetesTarget | PlatformTarget)
    if known and target.signatures is not None and not target.capabilities.policy_controller:
        text = "nobody would look at them: install Sigstore's policy controller and say `policy_controller: true`"
        yield Reason(("target", "signatures"), text)


def admission(target: WorkloadTarget | Target) -> AdmissionSpec | None:
    """The rules at a namespace's door, which know the target's storage classes; none where there are to be none."""
    if not isinstance(target, KubernetesTarget | PlatformTarget):
        return AdmissionSpec(action="deny", encrypting_classes=ENCRYPTING_CLASSES)
    if target.admission == "off":
        return None
    classes = {*ENCRYPTING_CLASSES, target.storage_class, target.shared_storage_class}
    return AdmissionSpec(action=target.admission, encrypting_classes=tuple(sorted(classes)))


def documents(blueprint: Governed, storage_gib: int, clients: tuple[str, ...]) -> DocumentStoreSpec:
    """The workload's document store, with backups that are kept no longer than its data."""
    return DocumentStoreSpec(
        name="documents",
        ownership=blueprint.ownership,
        image=IMAGES["seaweedfs"],
        storage_gib=storage_gib,
        storage_class=blueprint.target.storage_class,
        memory_gib=1,
        clients=clients,
        backup_image=IMAGES["python"],
        backup_schedule="15 3 * * *",
        keep_backups=min(blueprint.data.retention_days, KEEP_BACKUPS_DAYS),
    )


def assumed(blueprint: Governed, names: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these fields the blueprint left to their defaults, and what those are."""
    fields = type(blueprint).model_fields
    found: list[str] = []
    for name in names:
        if name in fields and name not in blueprint.model_fields_set:
            value = getattr(blueprint, name)
            shown = value.model_dump() if hasattr(value, "model_dump") else value
            found.append(f"{name} = {shown}")
    return tuple(found)
