"""What was checked for each control of each framework, where, and on what exactly: a value for auditors."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.check.planned import Planned
from cli.check.report import Judged, Said
from policies.evaluate import EXEMPT, FAILED, UNDETERMINED
from policies.places import GROUPS
from policies.registry import PACKS, RULES, VERSION
from policies.rule import AnyRule

ROOT = Path(__file__).resolve().parents[2]
#: frameworks by how their controls begin; the law under whose settings each is judged, empty for any
FRAMEWORKS: tuple[tuple[str, str, str], ...] = (
    ("DPDP ", "in-dpdp", "India: Digital Personal Data Protection Act 2023 and Rules 2025"),
    ("IT Act ", "in-certin", "India: CERT-In Directions under the IT Act"),
    ("DPSS.", "in-rbi-payments", "India: RBI, Storage of Payment System Data"),
    ("UK GDPR ", "uk-gdpr", "United Kingdom: UK GDPR"),
    ("GDPR ", "eu-gdpr", "European Union: General Data Protection Regulation"),
    ("AI Act ", "eu-ai-act", "European Union: AI Act"),
    ("45 CFR ", "us-hipaa", "United States: HIPAA Security Rule"),
    ("PCI DSS ", "pci-dss-4", "PCI DSS 4.0.1"),
    ("NIST AI RMF ", "", "NIST AI Risk Management Framework 1.0"),
    ("ISO 42001 ", "", "ISO/IEC 42001:2023"),
    ("ISO 27001 ", "", "ISO/IEC 27001:2022"),
)
#: the laws that a country's data come under by themselves; others apply by what the data are
BY_COUNTRY: dict[str, tuple[str, ...]] = {
    "IN": ("in-dpdp", "in-certin"),
    "GB": ("uk-gdpr",),
    **dict.fromkeys(GROUPS["EEA"], ("eu-gdpr",)),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What one rule says for a control: how many resources it judged, and what it found."""

    rule: str
    pack: str
    title: str
    judged: int
    verdict: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A control, with the rules that speak to it. It holds where they do; where none has a subject, it is open."""

    id: str
    framework: str
    verdict: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What was checked, on what: digests name it exactly."""

    stack: str
    file: str
    resources: int
    rules: str
    digests: dict[str, str]
    controls: tuple[Control, ...]

    @property
    def frameworks(self) -> list[tuple[str, list[Control]]]:
        """The controls by framework, in the order of the list."""
        return [
            (name, [one for one in self.controls if one.framework == name])
            for _, _, name in FRAMEWORKS
            if any(one.framework == name for one in self.controls)
        ]


def laws_of(jurisdictions: Iterable[str]) -> tuple[str, ...]:
    """The laws that data of some countries come under."""
    return tuple(dict.fromkeys(law for country in jurisdictions for law in BY_COUNTRY.get(country, ())))


def make(judged: Mapping[str, Judged], planned: Planned, blueprint: Path | None) -> Statement:
    """The statement of one stack, judged under each law alone; the verdict of none is under the empty name.

    Controls of other laws are left out: a rule that no law sets proves nothing about one.
    """
    any_ = judged[""]
    controls: list[Control] = []
    for control in sorted({ref for rule in RULES for ref in rule.refs}):
        law, name = framework(control)
        if law in judged:
            controls.append(_control(control, name, judged[law]))
    return Statement(any_.name, any_.file, any_.resources, VERSION, _digests(planned, blueprint), tuple(controls))


def framework(control: str) -> tuple[str, str]:
    """The law and the framework that a control is of.

    Raises:
        ValueError: it is of none.
    """
    for lead, law, name in FRAMEWORKS:
        if control.startswith(lead):
            return law, name
    message = f"'{control}' is of no framework"
    raise ValueError(message)


def _control(control: str, name: str, judged: Judged) -> Control:
    proofs = tuple(
        _proof(pack, rule, judged) for pack, rules in PACKS.items() for rule in rules if control in rule.refs
    )
    return Control(control, name, _worst(one.verdict for one in proofs), proofs)


def _proof(pack: str, rule: AnyRule, judged: Judged) -> Proof:
    found = [one for one in judged.findings if one.rule == rule.id]
    count = judged.counts.by_rule.get(rule.id, 0)
    verdict = _worst(map(_verdict, found)) if found else "holds" if count else "not applicable"
    words = tuple(f"{one.resource or judged.name}: {one.path + ': ' if one.path else ''}{one.text}" for one in found)
    return Proof(rule.id, pack, rule.title, count, verdict, words)


def _verdict(said: Said) -> str:
    if said.verdict in (UNDETERMINED, FAILED):
        return "undetermined"
    return "exempt" if said.verdict == EXEMPT else "broken"


_ORDER = ("broken", "undetermined", "exempt", "holds", "not applicable")


def _worst(verdicts: Iterable[str]) -> str:
    found = set(verdicts)
    return next((one for one in _ORDER if one in found), "not applicable")


def _digests(planned: Planned, blueprint: Path | None) -> dict[str, str]:
    plan = [
        {"urn": one.urn, "type": one.type, "inputs": one.props, "provider": one.provider} for one in planned.resources
    ]
    text = json.dumps(plan, sort_keys=True, ensure_ascii=True, default=str)
    found = {
        "packs": _tree(sorted([*(ROOT / "policies").rglob("*.py"), *(ROOT / "policies" / "data").iterdir()])),
        "catalog": _tree(sorted((ROOT / "catalog" / "data").iterdir())),
        "plan": hashlib.sha256(text.encode()).hexdigest(),
    }
    if blueprint is not None:
        found["blueprint"] = hashlib.sha256(blueprint.read_bytes()).hexdigest()
    return dict(sorted(found.items()))


def _tree(files: Iterable[Path]) -> str:
    """One digest of files and their names."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(ROOT).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
