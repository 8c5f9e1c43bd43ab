"""`domicile new`: a blueprint from answers, one at a time or from a file."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from blueprints import load, questions
from blueprints.governed import Governed
from cli.blueprints import EXAMPLES
from cli.main import app

KINDS = sorted(EXAMPLES)


def new(kind: str, file: Path, *words: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, ["new", kind, str(file), *words], input=said)


@pytest.mark.parametrize("kind", KINDS)
def test_enter_alone_makes_a_blueprint_that_has_a_plan(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mine.yaml"
    made = new(kind, file, "--ask", said="\n" * 60)
    assert made.exit_code == 0, made.output
    assert load.governed(file)[1].cost.total > 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=")
    assert text.count("\n# ") >= 3, "what its parts are is said"
    assert [one.name for one in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_needs_is_asked_and_nothing_else(kind: str) -> None:
    content = questions.begun(kind, "local", Path("mine.yaml"))
    asked = [one.name for one in questions.questions(kind, content)]
    assert {"name", "owner.team", "data.class", "data.jurisdictions", "budget.monthly_usd"} <= set(asked)
    assert not {"kind", "latency", "answers"} & {name.partition(".")[0] for name in asked}
    model = load.KINDS[kind]
    assert issubclass(model, Governed)
    assert all(model.model_fields[name.partition(".")[0]].is_required() for name in asked)


def test_answers_move_the_price_and_wrong_ones_are_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    answers = ["gcp-frankfurt", "desk", "", "not an address", "desk@example.com", "", "", "", "many", "30000", "90"]
    made = new("customer-support", file, "--ask", said="\n".join(answers) + "\n" * 20)
    assert made.exit_code == 0, made.output
    assert "owner.contact" in made.output
    assert "found 'not an address'" in made.output
    assert "budget.monthly_usd: 'many' is no integer" in made.output
    prices = [line for line in made.output.splitlines() if "USD a month of" in line]
    assert "11,205 USD a month of 40,000 USD" in prices[0]
    assert "of 30,000 USD" in prices[-1]
    assert prices[0] != prices[-1]
    blueprint, plan = load.serving(file)
    assert (blueprint.name, blueprint.owner.contact, plan.country) == ("desk", "desk@example.com", "DE")


def test_a_file_of_answers_makes_a_blueprint(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "where: aws-mumbai\nname: desk\ncustomers.conversations_per_day: 90\nowner: {team: care}\n", encoding="utf-8"
    )
    file = tmp_path / "mine.yaml"
    made = new("customer-support", file, "--answers", str(answers))
    assert made.exit_code == 0, made.output
    assert "in ap-south-1, IN" in made.output
    blueprint, _ = load.serving(file)
    assert (blueprint.name, blueprint.owner.team) == ("desk", "care")
    assert blueprint.owner.contact == "customer-care@example.com", "what is not answered is the example's"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nosuch: 1\n", "nosuch: Extra inputs are not permitted"),
        ("owner.team: 3\n", "owner.team: Input should be a valid string"),
        ("where: the-moon\n", "'the-moon' is no place for 'customer-support'"),
        ("data.jurisdictions: [US]\n", "stands in DE, the data must stay in US"),
        ("budget.monthly_usd: 1\n", "budget.monthly_usd: the plan costs"),
        ("- a\n", "expected a mapping"),
        ("a: [\n", "answers.yaml:"),
    ],
)
def test_answers_that_will_not_do_write_nothing(tmp_path: Path, text: str, words: str) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(text, encoding="utf-8")
    file = tmp_path / "mine.yaml"
    made = new("customer-support", file, "--answers", str(answers))
    assert made.exit_code != 0
    assert words in str(made.exception)
    assert "mine.yaml" not in str(made.exception), "there is no such file"
    assert [one.name for one in tmp_path.iterdir()] == ["answers.yaml"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = new("prototype", tmp_path / "none" / "mine.yaml")
    assert "there is no folder" in str(made.exception)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with a folder for blueprints."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "mine").mkdir()
    project = "name: mine\nmain: stacks\nstackConfigDir: stacks\nruntime: python\n"
    (tmp_path / "stacks" / "__main__.py").write_text("", encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text(project, encoding="utf-8")
    return tmp_path


def test_a_stack_is_made_of_the_new_blueprint(home: Path) -> None:
    made = new("fraud-detection", home / "mine" / "fraud.yaml", "--stack", "fraud")
    assert made.exit_code == 0, made.output
    content = yaml.safe_load((home / "stacks" / "Pulumi.fraud.yaml").read_text(encoding="utf-8"))
    assert content["config"]["domicile:blueprint"] == "mine/fraud.yaml"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("fraud", "there is such a stack already"), ("a b", "is no name of a stack"), ("../x", "is no name")],
)
def test_a_stack_that_cannot_be_leaves_nothing_behind(home: Path, name: str, reason: str) -> None:
    (home / "stacks" / "Pulumi.fraud.yaml").write_text("config: {}\n", encoding="utf-8")
    made = new("fraud-detection", home / "mine" / "fraud.yaml", "--stack", name)
    assert made.exit_code != 0
    assert reason in str(made.exception) + made.output
    assert list((home / "mine").iterdir()) == []
    assert (home / "stacks" / "Pulumi.fraud.yaml").read_text(encoding="utf-8") == "config: {}\n"


def test_a_stack_needs_a_project(tmp_path: Path) -> None:
    made = new("fraud-detection", tmp_path / "fraud.yaml", "--stack", "fraud")
    assert made.exit_code != 0
    assert not (tmp_path / "fraud.yaml").exists()
