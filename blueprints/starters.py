"""What `pulumi new` begins with: for each kind and place a project with a program and a blueprint. Pure.

The Pulumi CLI copies a template's folder and fills in `${PROJECT}` and `${DESCRIPTION}`; `template` of Pulumi.yaml is
what it shows. The program makes the blueprint's workload by the package of components, which the project names.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from blueprints import questions
from blueprints.governed import Governed
from blueprints.load import KINDS
from blueprints.pages import LOCAL, sites

BLUEPRINT = "blueprint.yaml"
#: the project whose stacks platforms are, until a team says another: this one
PLATFORMS = "domicile"
PROGRAM = f'''"""The workload of {BLUEPRINT}, and what a team needs to use it."""

import pulumi


class Workload(pulumi.ComponentResource):
    """Everything that a blueprint describes."""

    namespace: pulumi.Output[str]
    monthlyUsd: pulumi.Output[str]
    outputs: pulumi.Output[dict]

    def __init__(self, name, blueprint, opts=None):
        found = {{"namespace": None, "monthlyUsd": None, "outputs": None}}
        super().__init__("domicile:index:Workload", name, {{"blueprint": blueprint, **found}}, opts, remote=True)


workload = Workload(pulumi.get_project(), "{BLUEPRINT}")
pulumi.export("namespace", workload.namespace)
pulumi.export("monthlyUsd", workload.monthlyUsd)
pulumi.export("outputs", workload.outputs)
'''
QUICKSTART = f"""Say in {BLUEPRINT} whose it is, what is asked of it and what it may cost.
`domicile plan {BLUEPRINT}` says where it would run, how large, and why; then `pulumi up`.
"""


def starters(source: str, pulumi: str) -> dict[str, str]:
    """The files of all templates by their paths.

    ``source`` is where projects find the package of components, a folder or a repository; ``pulumi`` is the SDK's
    requirement.
    """
    found: dict[str, str] = {}
    for kind, model in KINDS.items():
        if issubclass(model, Governed):
            about = (model.__doc__ or "").strip().splitlines()[0]
            for site, example in sites(kind).items():
                folder = kind if site == LOCAL else f"{kind}-{site}"
                where = "a cluster of yours" if site == LOCAL else site.replace("-", " ")
                found[f"{folder}/Pulumi.yaml"] = _project(source, f"{about} On {where}.")
                found[f"{folder}/__main__.py"] = PROGRAM
                found[f"{folder}/requirements.txt"] = f"{pulumi}\n"
                found[f"{folder}/.gitignore"] = ".venv/\n__pycache__/\n"
                found.update((f"{folder}/{name}", text) for name, text in _blueprint(kind, site, example))
    return found


def _project(source: str, about: str) -> str:
    content = {
        "name": "${PROJECT}",
        # as a block it may have any characters
        "description": LiteralScalarString("${DESCRIPTION}"),
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
        "packages": {"domicile": source},
        "template": {"description": about, "quickstart": LiteralScalarString(QUICKSTART)},
    }
    return _text(content)


def _blueprint(kind: str, site: str, example: Path) -> Iterator[tuple[str, str]]:
    """The example of a place, by the project's name, and beside it what its target names."""
    file = example.with_name(BLUEPRINT)
    content: Any = questions.begun(kind, site, file)
    content["name"] = "${PROJECT}"
    target = content["target"]
    if "stack" in target:
        target["stack"] = f"{PLATFORMS}/{target['stack']}"
    yield from _beside(target, file)
    yield BLUEPRINT, questions.text_of(kind, content, file).partition("\n")[2]


def _beside(target: Any, file: Path) -> Iterator[tuple[str, str]]:
    """The platform and the inventory that a target names, which lie beside it from here on."""
    for key in ("platform", "inventory"):
        if key in target:
            other = (file.parent / target[key]).resolve()
            target[key] = f"{key}.yaml"
            reader: Any = YAML()
            content = reader.load(other.read_text(encoding="utf-8"))
            if "target" in content:
                yield from _beside(content["target"], other)
            yield f"{key}.yaml", _text(content)


def _text(content: Any) -> str:
    out = io.StringIO()
    writer: Any = YAML()
    writer.width = 120
    writer.dump(content, out)
    return out.getvalue()
