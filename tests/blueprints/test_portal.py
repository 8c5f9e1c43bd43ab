"""What a developer portal shows: forms that make blueprints with plans, and an entity for each stack."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT
from jinja2 import Environment, StrictUndefined
from ruamel.yaml import YAML
from typer.testing import CliRunner

from blueprints import portal, questions
from blueprints.pages import sites
from cli.blueprints import EXAMPLES
from cli.main import app

REPOSITORY = "github.com?owner=acme&repo=ai-stacks"
MADE = portal.templates(REPOSITORY, "ai-platform")
CELLS = [(kind, site) for kind in EXAMPLES for site in sites(kind)]


def filled(kind: str, site: str, **answers: Any) -> tuple[str, str]:
    """A blueprint and its stack as a portal would write them: every field as it proposes it, but for the answers."""
    form = yaml.safe_load(MADE[f"{kind}/template.yaml"])["spec"]["parameters"][1]["properties"]
    values = {"stack": "mine", **{name: field["default"] for name, field in form.items()}, **answers}
    for part in yaml.safe_load(MADE[f"{kind}/template.yaml"])["spec"]["parameters"]:
        jsonschema.validate({**values, "where": site}, {"type": "object", **part})
    # Nunjucks and Jinja read these alike; dump is Nunjucks' name for JSON
    reader = Environment(
        variable_start_string="${{",
        variable_end_string="}}",
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 it is YAML
    )
    reader.filters["dump"] = json.dumps
    folder = f"{kind}/skeleton/{site}"
    names = (f"{folder}/portal/${{{{ values.stack }}}}.yaml", f"{folder}/stacks/Pulumi.${{{{ values.stack }}}}.yaml")
    blueprint, stack = (reader.from_string(MADE[name]).render(values=values) for name in names)
    return blueprint, stack


@pytest.mark.parametrize(("kind", "site"), CELLS, ids=[f"{kind}-{site}" for kind, site in CELLS])
def test_a_form_that_is_sent_as_it_is_makes_a_blueprint_with_a_plan(kind: str, site: str) -> None:
    content = questions.begun(kind, site, ROOT / "portal" / "it.yaml")
    answers = {portal.key(one.path): one.proposal for one in questions.questions(kind, content)}
    blueprint, stack = filled(kind, site, **answers)
    reader: Any = YAML(typ="safe")
    assert reader.load(blueprint) == json.loads(json.dumps(content))
    assert "USD a month" in questions.tried(blueprint, ROOT / "blueprints" / "it.yaml")
    assert yaml.safe_load(stack)["config"]["domicile:blueprint"] == "portal/mine.yaml"


def test_what_somebody_types_is_what_the_blueprint_says() -> None:
    odd = ["a: b", "it's", '"quoted"', "# no comment", "ä\n"]
    content = yaml.safe_load(filled("retail-store", "local", offers=odd, owner_team='x", kind: y', tills_count=7)[0])
    assert content["offers"] == odd
    assert content["owner"]["team"] == 'x", kind: y'
    assert content["tills"]["count"] == 7
    assert content["kind"] == "retail-store"


def test_the_portal_has_a_template_for_each_kind_and_an_entity_for_each_stack(tmp_path: Path) -> None:
    out = tmp_path / "portal"
    done = CliRunner().invoke(app, ["portal", "--out", str(out), "--repository", REPOSITORY])
    assert done.exit_code == 0, done.output
    assert {file.parent.name for file in out.glob("*/template.yaml")} == set(EXAMPLES)
    entities = list(yaml.safe_load_all((out / "catalog-info.yaml").read_text(encoding="utf-8")))
    stacks = {file.name[7:-5] for file in (ROOT / "stacks").glob("Pulumi.*.yaml")}
    assert {one["metadata"]["name"] for one in entities} == stacks
    fraud = next(one for one in entities if one["metadata"]["name"] == "fraud-onprem-munich")
    assert fraud["metadata"]["annotations"]["domicile.dev/jurisdictions"] == "DE"
    again = CliRunner().invoke(app, ["portal", "--out", str(out), "--repository", REPOSITORY])
    assert "there is something already" in str(again.exception)


@pytest.mark.parametrize("repository", ["https://github.com/acme/x", "github.com", "github.com?owner=a b&repo=c", ""])
def test_a_repository_is_named_as_backstage_names_it(tmp_path: Path, repository: str) -> None:
    done = CliRunner().invoke(app, ["portal", "--out", str(tmp_path / "p"), "--repository", repository])
    assert "names no repository" in str(done.exception)
    assert not (tmp_path / "p").exists()
