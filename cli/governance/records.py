"""`domicile records`: model card, data sheet and impact assessment of a workload."""

from pathlib import Path

from blueprints.governance.promotion import situation_of
from blueprints.governance.records import records
from cli.output import console
from cli.subject import file_of


def run(subject: str, folder: Path, out: Path) -> None:
    """Write the records into a folder; those that are there are replaced."""
    file = file_of(subject, folder)
    made = records(situation_of(file), file.name)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (out / name).write_text(text, encoding="utf-8")
        console().print(f"wrote {out / name}", soft_wrap=True)
