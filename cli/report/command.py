"""`domicile report`: write the page."""

from pathlib import Path

from cli import subject as subjects
from cli.output import console
from cli.report import page


def run(subject: str, folder: Path, out: Path | None) -> None:
    """Write the report of a workload, a blueprint or a stack.

    Raises:
        OSError: the page cannot be written.
    """
    workload = subjects.workload_of(subject, folder)
    file = out or Path(f"{workload.name}.html")
    text = page.render(workload)
    file.write_text(text, encoding="utf-8")
    console().print(f"{file}: {len(text) / 1024:.0f} KiB, opens without a network")
