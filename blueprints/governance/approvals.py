"""Who agreed to a workload, to what and until when; and whose agreement it needs. Pure.

A workload's approvals are a file of their own, `approvals/<blueprint's name>.yaml` beside the blueprint, so that other
people may own it: whoever may merge that file approves.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from blueprints.governance.purpose import Class, Risk
from blueprints.governed import Governed
from blueprints.written import Country, DataClass, Written
from catalog import documents
from catalog.documents import DocumentError

Role = Literal["business", "it", "security", "finance", "data", "product", "ai-platform"]
#: USD a month from which finance agrees, and from which business does
FINANCE_FROM, BUSINESS_FROM = 2_000, 20_000


class Approval(Written):
    """Somebody's agreement, in a role, between two days; each role agrees to what it answers for."""

    role: Role
    by: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", description="An e-mail address.")]
    since: Annotated[str, Field(description="A day, as 2026-11-26.")]
    until: Annotated[str, Field(description="The last day it holds.")]
    monthly_usd: Annotated[float, Field(gt=0, description="The most it may cost: finance, business.")] | None = None
    classes: list[Literal["public", "internal", "confidential", "restricted"]] = Field(
        default_factory=list[Any], description="Of data: data, security."
    )
    jurisdictions: list[Country] = Field(default_factory=list[str], description="Where they may be: data.")
    models: list[str] = Field(default_factory=list[str], description="Which may be used: ai-platform.")
    high_risk: Annotated[bool, Field(description="By the AI Act: business.")] = False
    exposed: Annotated[bool, Field(description="Reached from outside, or asking outside: security.")] = False

    @field_validator("since", "until")
    @classmethod
    def _a_day(cls, text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            message = f"there is no day {text}"
            raise ValueError(message) from error


class Approvals(Written):
    """All of a workload's."""

    approvals: list[Approval] = Field(default_factory=list[Approval])


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An agreement that is needed: whose, to what, and the approval that gives it, None where none does."""

    role: Role
    to: str
    given: Approval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a workload asks agreement to."""

    usd: float
    data_class: DataClass
    jurisdictions: frozenset[str]
    models: tuple[str, ...]
    exposed: tuple[str, ...]
    risk: Risk


def asked(blueprint: Governed, usd: float) -> Asked:
    """What a blueprint asks agreement to, at what its plan costs a month."""
    return Asked(
        usd=usd,
        data_class=DataClass(blueprint.data.class_),
        jurisdictions=frozenset(blueprint.data.jurisdictions),
        models=blueprint.models_used,
        exposed=blueprint.exposed,
        risk=blueprint.risk,
    )


def needs(wanted: Asked, approvals: Approvals) -> tuple[Need, ...]:
    """Whose agreement is needed, and whether it is given; when it ends is for the day to judge."""
    found: list[Need] = []

    def need(role: Role, to: str, covers: "list[bool]") -> None:
        own = [one for one in approvals.approvals if one.role == role]
        good = [one for one, fine in zip(own, covers, strict=True) if fine]
        found.append(Need(role=role, to=to, given=max(good, key=lambda one: one.until, default=None)))

    def of(role: Role) -> list[Approval]:
        return [one for one in approvals.approvals if one.role == role]

    if wanted.usd >= FINANCE_FROM:
        covers = [(one.monthly_usd or 0) >= wanted.usd for one in of("finance")]
        need("finance", f"{wanted.usd:,.0f} USD a month", covers)
    if wanted.data_class in {DataClass.CONFIDENTIAL, DataClass.RESTRICTED}:
        covers = [
            wanted.data_class in one.classes and wanted.jurisdictions <= set(one.jurisdictions) for one in of("data")
        ]
        need("data", f"{wanted.data_class} data in {', '.join(sorted(wanted.jurisdictions))}", covers)
    if wanted.exposed or wanted.data_class == DataClass.RESTRICTED:
        covers = [
            (one.exposed or not wanted.exposed)
            and (wanted.data_class in one.classes or wanted.data_class != DataClass.RESTRICTED)
            for one in of("security")
        ]
        to = [*wanted.exposed, *(["restricted data"] if wanted.data_class == DataClass.RESTRICTED else [])]
        need("security", " and ".join(to), covers)
    covers = [set(wanted.models) <= set(one.models) for one in of("ai-platform")]
    need("ai-platform", ", ".join(wanted.models), covers)
    if wanted.risk.of is Class.HIGH or wanted.usd >= BUSINESS_FROM:
        covers = [
            (one.high_risk or wanted.risk.of is not Class.HIGH)
            and ((one.monthly_usd or 0) >= wanted.usd or wanted.usd < BUSINESS_FROM)
            for one in of("business")
        ]
        to = [
            *(["a use of high risk"] if wanted.risk.of is Class.HIGH else []),
            *([f"{wanted.usd:,.0f} USD a month"] if wanted.usd >= BUSINESS_FROM else []),
        ]
        need("business", " and ".join(to), covers)
    return tuple(found)


def file_of(blueprint: Path) -> Path:
    """Where a blueprint's approvals are."""
    return blueprint.parent / "approvals" / blueprint.name


def read(blueprint: Path) -> Approvals:
    """A blueprint's approvals; none where there is no such file.

    Raises:
        DocumentError: the file cannot be used; says where and why.
    """
    file = file_of(blueprint)
    if not file.is_file():
        return Approvals()
    document = documents.read(file)
    try:
        return Approvals.model_validate(document.content)
    except ValidationError as error:
        raise DocumentError(documents.explain(document, error)) from error
