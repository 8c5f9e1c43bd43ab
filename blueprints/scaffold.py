"""A new kind of workload: its model, an example, and tests that fail until it says what it refuses."""

import re
from pathlib import Path
from string import Template

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+){0,3}")
_OWNER = """owner:
  team: my-team
  contact: my-team@example.com
  cost_centre: CC-0000
data:
  class: internal
  jurisdictions: [DE]
"""
_TARGET = """budget:
  monthly_usd: 12000
target:
  cluster: local
"""
_MODELS = {
    "chatting": '''"""What a team writes: $about"""

from typing import ClassVar, Literal

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.served.chatting import Asked, Chatting, Users


class $type(Chatting):
    """$about"""

    LOAD: ClassVar[str] = "users.active"

    kind: Literal["$kind"]
    users: Users

    @property
    def asked(self) -> Asked:
        """What its users ask."""
        return self.users.asked

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("users", self.users)

    def refusals(self) -> tuple[Reason, ...]:
        """What it must have before anybody meets it."""
        return ()
''',
    "batching": '''"""What a team writes: $about"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.refusal import Reason
from blueprints.served.batching import Batching, Work
from blueprints.written import Written


class Items(Written):
    """What is worked through in a window."""

    per_window: Annotated[int, Field(gt=0, le=100_000_000)]
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000)] = 1500
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 300
    mib: Annotated[float, Field(gt=0, le=1000, description="The size of one.")] = 0.1


class $type(Batching):
    """$about"""

    LOAD: ClassVar[str] = "items.per_window"

    kind: Literal["$kind"]
    items: Items

    @property
    def work(self) -> Work:
        """The items, as files of requests."""
        items = self.items
        return Work(
            task="requests",
            items=items.per_window,
            prompt_tokens=items.prompt_tokens,
            answer_tokens=items.answer_tokens,
            stored_mib=items.mib,
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """The load that was not stated."""
        return unset("items", self.items)

    def refusals(self) -> tuple[Reason, ...]:
        """What it must have before anybody relies on it."""
        return ()
''',
}
FAMILIES = tuple(_MODELS)
_LOADS = {"chatting": "users:\n  active: 100\n", "batching": "items:\n  per_window: 10000\n"}
_TEST = '''"""The kind `$kind`: what it promises."""

from pathlib import Path
from typing import Any

import pytest
from rehearsed import changed

from blueprints import load
from catalog.documents import DocumentError
from cli.blueprints import EXAMPLES

FILE = EXAMPLES["$kind"]
#: what it refuses: a change to its example that breaks a promise, the path where that is said, words of the reason
REFUSED: list[tuple[dict[str, Any], str, str]] = []


def test_it_says_what_it_refuses(tmp_path: Path) -> None:
    assert REFUSED, "say in refusals() what would not survive its users, and here how that shows"
    for change, path, words in REFUSED:
        with pytest.raises(DocumentError) as refused:
            load.plan(Path(changed(tmp_path, FILE, change)))
        line = next((one for one in str(refused.value).splitlines() if f" {path}: " in one), "")
        assert words in line, str(refused.value)


def test_it_has_three_worked_examples() -> None:
    found = len(list(FILE.parent.glob("*.yaml")))
    assert found >= 3, "one for each target on which it makes sense, each with its golden plan"


def test_its_example_has_a_plan_within_its_budget() -> None:
    blueprint, plan = load.serving(FILE)
    assert plan.cost.total <= blueprint.budget.monthly_usd
    assert blueprint.taken_for_granted(), "what is assumed is said"
'''


class TakenError(Exception):
    """The kind cannot be begun; says why."""


def configuration(blueprint: str) -> str:
    """The configuration of a stack of a blueprint, which is named from the project's folder."""
    return f"config:\n  domicile:blueprint: {blueprint}\n  pulumi:disable-default-providers: '[\"*\"]'\n"


def begin(root: Path, kind: str, family: str, about: str) -> list[Path]:
    """Write the files of a new kind into a project; returns them.

    Raises:
        TakenError: the name is none, or there is such a kind, or no such family.
    """
    if NAME.fullmatch(kind) is None:
        message = f"'{kind}' is no name of a kind: words in small letters with hyphens between, as 'claims-triage'"
        raise TakenError(message)
    if family not in _MODELS:
        message = f"'{family}' is no family of kinds; choose {', '.join(FAMILIES)}"
        raise TakenError(message)
    name = kind.replace("-", "_")
    folder = root / "blueprints" / name
    if folder.exists():
        message = f"{folder}: exists already; choose another name"
        raise TakenError(message)
    sentence = about.strip().rstrip(".") + "."
    words = {"kind": kind, "about": sentence, "type": "".join(part.capitalize() for part in kind.split("-"))}
    example = f"# {sentence}\nkind: {kind}\nname: {kind[:30].rstrip('-')}\n{_OWNER}{_LOADS[family]}{_TARGET}"
    files = {
        folder / "__init__.py": f'"""{sentence}"""\n',
        folder / "model.py": Template(_MODELS[family]).substitute(words),
        folder / "examples" / f"{name}.yaml": example,
        root / "tests" / "blueprints" / f"test_{name}.py": Template(_TEST).substitute(words),
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return list(files)
