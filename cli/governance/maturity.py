"""`domicile maturity`: how far workloads have come, by area, from what their files show; and the next three steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from blueprints import load
from blueprints.governance import practices
from blueprints.governance.practices import AREAS, Judged
from blueprints.governance.promotion import situation_of
from blueprints.governed import PHASES, Governed
from catalog.documents import DocumentError
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import blueprint_of, file_of

STEPS = 3


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload's practices, or why it has no plan."""

    name: str
    judged: tuple[Judged, ...] = ()
    refused: str = ""

    def score(self, area: str) -> tuple[int, int]:
        """How many practices of an area are done, of how many."""
        own = [one for one in self.judged if one.practice.area == area]
        return sum(one.seen.met for one in own), len(own)

    @property
    def steps(self) -> tuple[Judged, ...]:
        """What to do next: of the earliest phase first, and first what a change would bring."""
        open_ = [one for one in self.judged if not one.seen.met]
        ranked = sorted(open_, key=lambda one: (PHASES.index(one.practice.phase), not one.seen.change))
        return tuple(ranked[:STEPS])


def run(subjects: tuple[str, ...], folder: Path, *, as_json: bool) -> None:
    """Score blueprints or stacks; all of the project's when none is named."""
    found = list(_named(subjects, folder) if subjects else _all(folder))
    if as_json:
        print_json([_values(one) for one in found])
        return
    _show(found)


def _named(subjects: tuple[str, ...], folder: Path) -> Iterator[Workload]:
    for subject in subjects:
        yield Workload(subject, practices.judge(situation_of(file_of(subject, folder))))


def _all(folder: Path) -> Iterator[Workload]:
    """Every stack of a workload; platforms and state stores are what workloads stand on."""
    from engine import project as projects

    for stack in projects.load(folder).stacks():
        file = blueprint_of(stack, folder)
        try:
            if isinstance(load.load(file).blueprint, Governed):
                yield Workload(stack, practices.judge(situation_of(file)))
        except DocumentError as error:
            yield Workload(stack, refused=str(error))


def _values(one: Workload) -> dict[str, object]:
    return {
        "name": one.name,
        "reached": practices.reached(one.judged) if one.judged else None,
        "areas": {area: dict(zip(("done", "of"), one.score(area), strict=True)) for area in AREAS},
        "practices": [
            {"id": each.practice.id, "met": each.seen.met, "evidence" if each.seen.met else "missing": each.seen.says}
            for each in one.judged
        ],
        "next": [each.practice.id for each in one.steps],
        "refused": one.refused,
    }


def _show(found: list[Workload]) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("workload", "reached", *AREAS):
        table.add_column(column, no_wrap=True)
    for one in found:
        if one.refused:
            table.add_row(one.name, "[red]no plan[/]", *([""] * len(AREAS)))
            continue
        scores = ("{}/{}".format(*one.score(area)) for area in AREAS)
        table.add_row(one.name, practices.reached(one.judged), *scores)
    out.print(table)
    for one in found:
        out.print(f"\n[bold]{one.name}[/]")
        for line in one.refused.splitlines():
            out.print(f"  [red]{escape(line)}[/]")
        if not one.refused and not one.steps:
            out.print("  everything is done")
        for number, step in enumerate(one.steps, 1):
            how = "`domicile promote` writes it" if step.seen.change else f"people decide, in {'.'.join(step.seen.at)}"
            out.print(f"  {number}. {escape(step.seen.says)} ({how})")
