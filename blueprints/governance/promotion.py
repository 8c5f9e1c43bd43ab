"""The way to the next phase: what it adds, what it costs, what of it can be written, and what people decide."""

import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from blueprints import load, questions
from blueprints.governance import practices
from blueprints.governance.approvals import Approvals, read
from blueprints.governance.governed import look
from blueprints.governance.practices import Judged
from blueprints.governed import PHASES, Phase
from catalog.documents import DocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """From the phase that is ``reached`` to another. ``added`` is everything that is missing.

    ``left`` is what of it no change can bring: people decide. ``usd`` is a month now, ``then`` with the changes; None
    where they have no plan, whose reasons are in ``refused``. ``text`` is the file with the changes, and with the phase
    where nothing is left.
    """

    reached: Phase
    to: Phase
    added: tuple[Judged, ...]
    left: tuple[Judged, ...]
    usd: Decimal
    then: Decimal | None
    refused: str
    text: str

    @property
    def changes(self) -> tuple[tuple[str, Any], ...]:
        """What would be written, by path."""
        return tuple(change for one in self.added for change in one.seen.change)


def situation_of(file: Path, agreed: Approvals | None = None) -> practices.Situation:
    """A workload as its files say it is.

    Raises:
        DocumentError: it cannot be used or not be planned, or it is no workload's.
    """
    approvals = agreed if agreed is not None else read(file)
    blueprint, plan = load.governed(file, approvals)
    return look(blueprint, plan, approvals)


def following(phase: Phase) -> Phase:
    """The phase after one; the last one follows itself."""
    return PHASES[min(PHASES.index(phase) + 1, len(PHASES) - 1)]


def promotion(file: Path, to: Phase | None = None) -> Promotion:
    """The way of a blueprint to a phase, the next one when none is named.

    Raises:
        DocumentError: it cannot be used or not be planned as it is.
    """
    agreed = read(file)
    now = situation_of(file, agreed)
    judged = practices.judge(now)
    reached = practices.reached(judged)
    wanted = to or following(reached)
    added = practices.missing(judged, wanted)
    text = _changed(file, added, None)
    refused, then = "", None
    left = tuple(one for one in added if not one.seen.change)
    if left == added:
        then = now.plan.cost.total
    else:
        try:
            with questions.written(text, file) as trial:
                after = situation_of(trial, agreed)
            then = after.plan.cost.total
            # what a change costs may need an agreement, or more room, that was not missing before
            left = practices.missing(practices.judge(after), wanted)
        except DocumentError as error:
            refused = str(error)
    if not left and not refused:
        text = _changed(file, added, wanted)
    return Promotion(
        reached=reached,
        to=wanted,
        added=added,
        left=left,
        usd=now.plan.cost.total,
        then=then,
        refused=refused,
        text=text,
    )


def _changed(file: Path, added: tuple[Judged, ...], phase: Phase | None) -> str:
    """The file with every change, its comments where they were."""
    yaml: Any = YAML()
    yaml.width = 120
    yaml.preserve_quotes = True
    content: Any = yaml.load(file.read_text(encoding="utf-8"))
    for one in added:
        for path, value in one.seen.change:
            questions.put(content, tuple(path.split(".")), value)
    if phase is not None:
        questions.put(content, ("phase",), phase)
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()
