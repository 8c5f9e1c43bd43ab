"""What a developer portal (Backstage) shows: a template for each kind of workload, an entity for each stack. Pure.

A template asks what `domicile new --ask` asks, fills the example of the place that was chosen, and opens a pull
request, which the gate judges. Sources: Backstage's entity formats `scaffolder.backstage.io/v1beta3` and
`backstage.io/v1alpha1`.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from blueprints import questions, scaffold
from blueprints.governed import Governed
from blueprints.load import KINDS
from blueprints.pages import sites
from blueprints.questions import Question

#: where a portal's pull requests put blueprints; beside the stacks that name them
FOLDER = "portal"
#: a place in a skeleton that a value takes; Nunjucks fills it, as JSON, which YAML reads
HOLE = "@@{}@@"
TYPES = {"integer": "integer", "number": "number", "boolean": "boolean"}
NAME = "^[a-z0-9][a-z0-9-]{0,62}$"


def templates(repository: str, owner: str) -> dict[str, str]:
    """The files of all templates by their paths; ``repository`` is `github.com?owner=...&repo=...`."""
    found: dict[str, str] = {}
    for kind, model in KINDS.items():
        if not issubclass(model, Governed):
            continue
        about = (model.__doc__ or "").strip().splitlines()[0]
        found[f"{kind}/template.yaml"] = _text(_template(kind, about, repository, owner))
        for site in sites(kind):
            folder = f"{kind}/skeleton/{site}"
            found[f"{folder}/{FOLDER}/${{{{ values.stack }}}}.yaml"] = _skeleton(kind, site)
            found[f"{folder}/stacks/Pulumi.${{{{ values.stack }}}}.yaml"] = scaffold.configuration(
                f"{FOLDER}/${{{{ values.stack }}}}.yaml"
            )
    return found


def _asked(kind: str, site: str) -> list[Question]:
    """What the kind needs to be told, as its example of a site proposes it."""
    return list(questions.questions(kind, questions.begun(kind, site, Path(FOLDER) / "it.yaml")))


def key(path: tuple[str, ...]) -> str:
    """A field's name in a form."""
    return "_".join(path)


def _template(kind: str, about: str, repository: str, owner: str) -> dict[str, Any]:
    first = next(iter(sites(kind)))
    asked = _asked(kind, first)
    fields = {key(one.path): _field(one) for one in asked}
    values = {name: f"${{{{ parameters.{name} }}}}" for name in ("stack", *fields)}
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {
            "name": f"domicile-{kind}",
            "title": kind.replace("-", " "),
            "description": about,
            "tags": ["ai", kind],
        },
        "spec": {
            "owner": owner,
            "type": "ai-workload",
            "parameters": [
                {
                    "title": "Where, and by which name",
                    "required": ["stack", "where"],
                    "properties": {
                        "stack": {"title": "Stack", "type": "string", "pattern": NAME},
                        "where": {
                            "title": "Where it runs",
                            "type": "string",
                            "enum": list(sites(kind)),
                            "default": first,
                        },
                    },
                },
                {"title": "What you want", "required": list(fields), "properties": fields},
            ],
            "steps": [
                {
                    "id": "write",
                    "name": "Write the blueprint and its stack",
                    "action": "fetch:template",
                    "input": {"url": "./skeleton/${{ parameters.where }}", "values": values},
                },
                {
                    "id": "open",
                    "name": "Open a pull request, which the gate judges",
                    "action": "publish:github:pull-request",
                    "input": {
                        "repoUrl": repository,
                        "branchName": "stack-${{ parameters.stack }}",
                        "title": f"{kind}: ${{{{ parameters.stack }}}}",
                        "description": "`domicile check` says where it runs, what it costs, and which rules it keeps.",
                    },
                },
            ],
            "output": {"links": [{"title": "Pull request", "url": "${{ steps.open.output.remoteUrl }}"}]},
        },
    }


def _field(asked: Question) -> dict[str, Any]:
    """A form's field: its type, what it is, and what the example says."""
    found: dict[str, Any] = {"title": asked.name}
    if asked.about:
        found["description"] = asked.about
    if asked.form == "with commas":
        found |= {"type": "array", "items": {"type": "string"}}
    elif " or " in asked.form:
        found |= {"type": "string", "enum": asked.form.split(" or ")}
    else:
        found["type"] = TYPES.get(asked.form, "string")
    if asked.proposal is not None:
        found["default"] = asked.proposal
    return found


def _skeleton(kind: str, site: str) -> str:
    """The example of a site, with a place for each value that is asked for."""
    file = Path(FOLDER) / "it.yaml"
    content = questions.begun(kind, site, file)
    for one in _asked(kind, site):
        questions.put(content, one.path, HOLE.format(key(one.path)))
    text = questions.text_of(kind, content, file)
    return re.sub(r"['\"]?@@(\w+)@@['\"]?", r"${{ values.\1 | dump }}", text)


def entities(rows: Iterator[dict[str, Any]]) -> str:
    """The catalog's entities of stacks, as one YAML stream."""
    return "---\n".join(_text(_entity(row)) for row in rows)


def _entity(row: dict[str, Any]) -> dict[str, Any]:
    """A stack as a component: whose, where, of which class, and what it costs."""
    notes = {
        "domicile.dev/kind": row["kind"],
        "domicile.dev/where": row["where"] or "nowhere",
        "domicile.dev/jurisdictions": ",".join(row["jurisdictions"]),
        "domicile.dev/data-classes": ",".join(row["classes"]),
        "domicile.dev/monthly-usd": f"{row['usd']:.2f}",
        "domicile.dev/cost-centre": row["cost_centre"],
    }
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {
            "name": row["stack"],
            "description": f"{row['kind']} in {row['region'] or 'no region'}, {row['country'] or 'no country'}",
            "annotations": {name: text for name, text in notes.items() if text},
            "links": [{"url": f"mailto:{row['contact']}", "title": "contact"}] if row["contact"] else [],
            "tags": [row["kind"]] if row["kind"] else [],
        },
        "spec": {
            "type": "ai-platform" if row["kind"] in {"platform", "state-store"} else "ai-workload",
            "lifecycle": "experimental" if row["kind"] == "prototype" else "production",
            "owner": row["owner"] or "unknown",
        },
    }


def _text(content: dict[str, Any]) -> str:
    out = io.StringIO()
    writer: Any = YAML()
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.dump(content, out)
    return out.getvalue()
