"""What a workload is for, and what the European Union's AI Act makes of it. Pure.

Regulation (EU) 2024/1689 with the dates of the Digital Omnibus on AI of 2026, whose number in the Official Journal was
not known when this was written. Not legal advice: a person states the purpose, this derives what follows.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from blueprints.written import Written
from catalog import places

#: points of Annex III, by the word that blueprints use
ANNEX_III = {
    "biometrics": 1,
    "critical-infrastructure": 2,
    "education": 3,
    "employment": 4,
    "essential-services": 5,
    "law-enforcement": 6,
    "migration": 7,
    "justice": 8,
}
#: products whose safety laws are in Annex I
ANNEX_I = {"medical-device": "medical devices", "safety-component": "products' safety"}
Area = Literal[
    "none",
    "biometrics",
    "critical-infrastructure",
    "education",
    "employment",
    "essential-services",
    "law-enforcement",
    "migration",
    "justice",
    "medical-device",
    "safety-component",
]
LOG_DAYS = 183


class Purpose(Written):
    """What it is for. ``area`` is that of Annex III or I, `none` for all others."""

    says: Annotated[str, Field(max_length=500, description="A sentence.")] = ""
    area: Area = "none"
    narrow_task: Annotated[
        str, Field(max_length=500, description="Why it is of no high risk after all: article 6(3), documented.")
    ] = ""


class Class(StrEnum):
    """A class of risk, from the least to the most."""

    OUTSIDE = "outside"
    MINIMAL = "minimal"
    LIMITED = "limited"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The class, why, since when its obligations hold, and what they are."""

    of: Class
    why: str
    since: str = ""
    obligations: tuple[str, ...] = ()


_HIGH = (
    "risk management over its whole life (Art. 9)",
    "events are recorded automatically (Art. 12) and kept for six months at least (Art. 19(1), 26(6))",
    "those who use it understand what it tells them (Art. 13)",
    "people oversee it and can set its result aside (Art. 14)",
    "accuracy, robustness and security are stated and kept (Art. 15)",
    "who deploys it watches how it works (Art. 26(5)) and tells of serious incidents (Art. 73)",
)


def risk(purpose: Purpose, countries: tuple[str, ...], *, talks: bool, generates: bool) -> Risk:
    """The class of a purpose: ``talks`` to people, ``generates`` texts or pictures."""
    known = places.countries()
    if not any(known[one].in_eu for one in countries if one in known):
        return Risk(of=Class.OUTSIDE, why=f"used in {', '.join(countries)}: no country of the Union")
    if purpose.area in ANNEX_I:
        why = f"Art. 6(1) and Annex I: a part of {ANNEX_I[purpose.area]}"
        return Risk(of=Class.HIGH, why=why, since="2028-08-02", obligations=_HIGH)
    if purpose.area in ANNEX_III and not purpose.narrow_task:
        why = f"Art. 6(2) and Annex III, point {ANNEX_III[purpose.area]}: {purpose.area}"
        return Risk(of=Class.HIGH, why=why, since="2027-12-02", obligations=_HIGH)
    narrow = f"Art. 6(3): {purpose.narrow_task}; " if purpose.area in ANNEX_III else ""
    if talks or generates:
        obligations = (
            *(("people are told that they talk to a machine (Art. 50(1))",) if talks else ()),
            *(("what it generates is marked for machines to read (Art. 50(2))",) if generates else ()),
        )
        what = "it talks to people" if talks else "it generates"
        return Risk(of=Class.LIMITED, why=f"{narrow}Art. 50: {what}", since="2026-08-02", obligations=obligations)
    return Risk(of=Class.MINIMAL, why=f"{narrow}no point of Annex III, and it talks to nobody")
