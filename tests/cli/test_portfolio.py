"""The portfolio: every stack once, what has no plan among them, and a page that says the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import domicile
from conftest import ROOT

from cli.check.report import Judged
from cli.portfolio import command
from cli.portfolio.command import Row

STACKS = {file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in (ROOT / "stacks").glob("Pulumi.*.yaml")}


def answering(value: Any) -> Callable[..., Any]:
    def answer(*_: Any) -> Any:
        return value

    return answer


def test_every_stack_is_there_with_its_place_its_owner_and_its_money() -> None:
    done = domicile("portfolio", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["stack"]: row for row in json.loads(done.stdout)}
    assert set(rows) == STACKS
    assert all(row["refused"] == "" and row["owner"] and row["contact"] and row["classes"] for row in rows.values())
    assert all(row["country"] in row["jurisdictions"] for row in rows.values())
    support = rows["support-aws-mumbai"]
    assert (support["kind"], support["country"], support["classes"]) == ("customer-support", "IN", ["confidential"])
    assert support["usd"] <= support["budget_usd"]
    assert "99.9 % available" in support["objectives"]


def test_a_stack_without_a_plan_is_told_and_hides_no_other(tmp_path: Path) -> None:
    for name in ("stacks", "blueprints", "catalog"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    broken = tmp_path / "blueprints/customer_support/examples/support-aws-mumbai.yaml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("[IN]", "[US]"), encoding="utf-8")
    done = domicile("portfolio", "-C", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "stands in IN, the data must stay in US" in done.stdout
    assert "models-onprem-munich" in done.stdout


def test_the_page_is_whole_and_says_what_the_table_says(tmp_path: Path) -> None:
    page = tmp_path / "portfolio.html"
    done = domicile("portfolio", "--out", str(page))
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert all(stack in text for stack in STACKS)
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert text.count('class="model"') >= 2 * 5, "a mark for each place, and its key"
    assert "not asked" in text


def test_what_people_wrote_cannot_be_markup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hostile = Row(
        stack="s", kind="k", owner="<script>alert(1)</script>", region="x", country="DE", findings={"failing": 2}
    )
    monkeypatch.setattr(command, "_row", answering(hostile))
    page = tmp_path / "p.html"
    command.run(ROOT, page, findings=False, as_json=False)
    text = page.read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "2 failing" in text
    assert command.said(hostile) == "2 failing"


def test_what_the_gate_says_is_counted_by_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The gate itself is proven elsewhere."""
    monkeypatch.setattr(command, "_judged", answering({"local": Judged(name="local", file="f")}))
    command.run(ROOT, None, findings=True, as_json=True)
    rows = {row["stack"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["local"]["findings"] == {}
    assert rows["support-aws-mumbai"]["findings"] is None
