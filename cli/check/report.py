"""What the gate says: a value, which the formats write each in its own way."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from policies.evaluate import EXEMPT, FAILED, UNDETERMINED, VIOLATION, Counts

#: what a finding amounts to, worst first
KINDS = ("failing", "undetermined", "exempt", "advisory")
ORDER = {"critical": 0, "high": 1, "medium": 2, "low": 3}


#: control characters, halves of pairs, and what turns the direction of writing or cannot be seen
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def clean(text: str) -> str:
    """A text from outside, without what a terminal, a page or a parser could take for more than a text."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding, with all that a reader needs. ``file`` is the blueprint's, or that of what was judged."""

    rule: str
    pack: str
    title: str
    severity: str
    level: str
    verdict: str
    resource: str
    type: str
    urn: str
    path: str
    text: str
    remedy: str
    refs: tuple[str, ...]
    file: str
    line: int
    column: int

    @property
    def fails(self) -> bool:
        """Whether it stops a pull request for good."""
        return self.level != "advisory" and self.verdict in (VIOLATION, FAILED)

    @property
    def open(self) -> bool:
        """Whether it could not be judged."""
        return self.level != "advisory" and self.verdict == UNDETERMINED

    @property
    def lead(self) -> str:
        """How its sentence begins."""
        return "cannot be judged: " if self.open else ""

    @property
    def fingerprint(self) -> str:
        """The same for the same finding, whatever else changes."""
        return hashlib.sha256(f"{self.rule}\n{self.urn}\n{self.path}".encode()).hexdigest()

    @property
    def order(self) -> tuple[int, int, str, str, str, str]:
        """Worst first."""
        grade = 0 if self.fails else 1 if self.open else 3 if self.verdict == EXEMPT else 2
        return (grade, ORDER[self.severity], self.rule, self.urn, self.path, self.text)


@dataclass(frozen=True, slots=True)
class Change:
    """What a revision does to a resource: create, update or delete; ``paths`` are what an update touches."""

    kind: str
    type: str
    name: str
    urn: str
    paths: tuple[str, ...] = ()


#: the lines of a month's bill: what, and USD where that is known
Bill = tuple[tuple[str, Decimal | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One stack, or one file, judged. ``bill`` is its month's, where there is one; ``error`` ends it."""

    name: str
    file: str
    resources: int = 0
    edges: tuple[tuple[str, str], ...] = ()
    findings: tuple[Said, ...] = ()
    counts: Counts = field(default_factory=Counts)
    bill: Bill | None = None
    bill_before: Bill | None = None
    changes: tuple[Change, ...] | None = None
    error: str = ""

    @property
    def usd(self) -> Decimal | None:
        """What is known of its cost a month."""
        return _sum(self.bill)

    @property
    def usd_before(self) -> Decimal | None:
        """The same for the base revision."""
        return _sum(self.bill_before)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The lines of its bill that have no price."""
        return tuple(item for item, usd in self.bill or () if usd is None)

    @property
    def prices(self) -> list[tuple[str, Decimal | None, Decimal | None]]:
        """Each line of the bill, then what it was at the base revision; lines that are gone come last."""
        before, now = dict(self.bill_before or ()), dict(self.bill or ())
        return [(item, now.get(item), before.get(item)) for item in dict.fromkeys((*now, *before))]

    @property
    def verdict(self) -> str:
        """error, violation, undetermined or ok."""
        if self.error:
            return "error"
        if any(one.fails for one in self.findings):
            return "violation"
        return "undetermined" if any(one.open for one in self.findings) else "ok"


def _sum(bill: Bill | None) -> Decimal | None:
    return None if bill is None else sum((usd for _, usd in bill if usd is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was judged. ``base`` names the revision that changes are told against."""

    judged: tuple[Judged, ...]
    base: str = ""
    profiles: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The worst of all."""
        found = {one.verdict for one in self.judged}
        return next((kind for kind in ("error", "violation", "undetermined") if kind in found), "ok")

    @property
    def findings(self) -> list[Said]:
        """All findings, worst first."""
        return sorted((said for one in self.judged for said in one.findings), key=lambda said: said.order)


def tally(findings: Iterable[Said]) -> Counter[str]:
    """How many findings fail, are open, advise or are exempt."""
    return Counter(
        "failing" if one.fails else "undetermined" if one.open else "exempt" if one.verdict == EXEMPT else "advisory"
        for one in findings
    )
