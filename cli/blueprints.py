"""`domicile new` and `domicile blueprints`."""

import os
from pathlib import Path

from blueprints import scaffold as scaffolds
from blueprints.governed import Governed
from blueprints.load import KINDS
from blueprints.pages import LOCAL, SCHEMAS, sites
from catalog.documents import DocumentError
from cli.output import as_json as print_json
from cli.output import console
from engine import project
from engine.project import Project
from serving.scripts import modelfiles

_ROOT = Path(__file__).parents[1]


#: the example that each kind of workload begins with
EXAMPLES = {kind: sites(kind)[LOCAL] for kind, model in KINDS.items() if issubclass(model, Governed)}


def new(kind: str, file: Path, answers: Path | None = None, stack: str | None = None, *, ask: bool = False) -> None:
    """Write an example of a kind to edit, or what answers make of it, and a stack; existing files are left alone."""
    if kind not in EXAMPLES:
        message = f"'{kind}' is not a blueprint; choose {', '.join(EXAMPLES)}"
        raise DocumentError(message)
    if file.exists():
        message = f"{file}: exists already; name another file"
        raise DocumentError(message)
    if not file.resolve().parent.is_dir():
        message = f"{file}: there is no folder {file.parent}: make it first"
        raise DocumentError(message)
    home = project.load(file.resolve().parent) if stack is not None else None
    configuration = _configuration(home, stack) if home is not None and stack is not None else None
    if answers is not None or ask:
        from cli import asking

        if answers is not None:
            asking.answered(kind, file, answers)
        else:
            asking.asked(kind, file)
    else:
        _example(kind, file)
    if home is not None and configuration is not None:
        blueprint, written = (str(one.resolve().relative_to(home.root)) for one in (file, configuration))
        configuration.write_text(scaffolds.configuration(blueprint), encoding="utf-8")
        console().print(f"wrote {written}: `domicile check {stack}`, `domicile up -s {stack} --rehearse`")


def _configuration(home: Project, stack: str) -> Path:
    """The file of a stack that is to be made in a project.

    Raises:
        DocumentError: it cannot have that name, or is there already.
    """
    if not project.NAME.match(stack):
        message = f"'{stack}' is no name of a stack: at most 100 letters, digits, '_', '.' or '-'"
        raise DocumentError(message)
    found = home.stack_file(stack)
    if found.exists():
        message = f"{found}: there is such a stack already; choose another name"
        raise DocumentError(message)
    return found


def _example(kind: str, file: Path) -> None:
    schema = os.path.relpath(SCHEMAS / f"{kind}.json", file.resolve().parent)
    modeline = f"# yaml-language-server: $schema={schema}\n"
    file.write_text(modeline + EXAMPLES[kind].read_text(encoding="utf-8"), encoding="utf-8")
    console().print(f"wrote {file}: edit it, then run `domicile plan {file}`")


def listing(*, as_json: bool) -> None:
    """List the kinds."""
    rows = {kind: (model.__doc__ or "").splitlines()[0] for kind, model in KINDS.items()}
    if as_json:
        print_json(rows)
        return
    for kind, summary in rows.items():
        console().print(f"{kind}  {summary}")


def digest(folder: Path) -> None:
    """Say the digest of a model's files.

    Raises:
        DocumentError: there are none.
    """
    sums = modelfiles.sums(folder) if folder.is_dir() else {}
    if not sums:
        message = f"{folder}: it is no folder with files: name the one that has the model's"
        raise DocumentError(message)
    console().print(f"sha256:{modelfiles.digest(sums)}", soft_wrap=True)


def scaffold(kind: str, family: str, about: str) -> None:
    """Begin a kind in this project."""
    try:
        made = scaffolds.begin(_ROOT, kind, family, about)
    except scaffolds.TakenError as error:
        raise DocumentError(str(error)) from error
    for file in made:
        console().print(f"wrote {file.relative_to(_ROOT)}")
    console().print(f"next: fill in refusals(), then `pytest {made[-1].relative_to(_ROOT)}` and `make docs`")
