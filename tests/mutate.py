"""How many changes to the lines that decide the proofs of the rules notice: `make mutate`.

Each mutant is a copy of `policies/` in which one operator, constant or condition is another; the proofs (rules, leaks, the
anchor of encryption) run on it in a process of their own. A mutant that they do not notice survives.
"""

import ast
import copy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEAST = 0.9
DECIDING = ("rules", "facts", "limits.py", "evaluate.py", "values.py")
SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
PROOFS = """
import csv, json, sys
from leaks import INNOCENT, pairs
from rule_cases import CASES
from policies.evaluate import UNDETERMINED, VIOLATION, Evaluator
from policies.tables import DATA
from policies.registry import PACKS, RULES
from policies.resource import Resource
from policies.rule import Rule
def resources(stack):
    return [Resource(o.type, o.name, f"urn:pulumi:s::p::{o.type}::{o.name}", o.props, o.provider, needs=o.needs) for o in stack]
def verdicts(rule, stack, settings):
    return [f.verdict for f in Evaluator((rule,), {rule.id: settings}).all(resources(stack))]
by_id = {r.id: r for r in RULES}
for cases in CASES.values():
    for id_, case in cases.items():
        rule = by_id[id_]
        assert all(verdicts(rule, s, case.settings) == [] for s in (*case.passing, case.elsewhere))
        for s in case.failing:
            found = verdicts(rule, s, case.settings)
            assert set(found) == {VIOLATION}
        assert not case.unknown or verdicts(rule, case.unknown, case.settings) == [UNDETERMINED]
rules = tuple(r for r in PACKS["residency"] if isinstance(r, Rule))
def leaks(one, allowed):
    config = {r.id: {"allowed": list(allowed)} for r in rules if "allowed" in r.settings}
    return {f.verdict for f in Evaluator(rules, config).resource(Resource(one.type, one.name, "u", one.props, one.provider))}
for name, site, leak, twin in pairs():
    assert leaks(leak, site.allowed) == {VIOLATION} and not leaks(twin, site.allowed), name
assert all(not leaks(one, ("IN",)) for one in INNOCENT)
for row in csv.DictReader((DATA / "checkov.csv").open()):
    if row["rule"]:
        found = Evaluator((by_id[row["rule"]],), {}).resource(Resource(row["type"], "n", "u", json.loads(row["bad"])))
        assert VIOLATION in {f.verdict for f in found}
import test_limits
for name, proof in vars(test_limits).items():
    if name.startswith("test_"):
        proof()
"""


class _Change(ast.NodeTransformer):
    """Changes the n-th thing that can be changed; ``line`` is where it stood."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen, self.line = wanted, -1, 0

    def _mine(self, node: ast.expr | ast.stmt) -> bool:
        self.seen += 1
        if self.seen == self.wanted:
            self.line = node.lineno
        return self.seen == self.wanted

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if type(node.ops[0]) in SWAPS and self._mine(node):
            node.ops[0] = SWAPS[type(node.ops[0])]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._mine(node):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self._mine(node):
            return node.operand
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp) and self._mine(node):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if self._mine(node):
            node.body, node.orelse = node.orelse, node.body
        return node


def files() -> list[Path]:
    """The modules whose lines decide."""
    found = [
        path
        for name in DECIDING
        for path in ((ROOT / "policies" / name).rglob("*.py") if "." not in name else [ROOT / "policies" / name])
    ]
    return sorted(path for path in found if path.name != "__init__.py")


def mutants() -> Iterator[tuple[Path, int, str]]:
    """Every mutant: its file, its line, its source."""
    for file in files():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        counter = _Change(-2)
        counter.visit(copy.deepcopy(tree))
        for index in range(counter.seen + 1):
            change = _Change(index)
            changed = ast.fix_missing_locations(change.visit(copy.deepcopy(tree)))
            yield file, change.line, ast.unparse(changed)


def survives(home: Path, file: Path, source: str) -> bool:
    """Whether the proofs notice nothing."""
    with tempfile.TemporaryDirectory(dir=home) as folder:
        shutil.copytree(
            ROOT / "policies", Path(folder) / "policies", ignore=shutil.ignore_patterns("__pycache__", "packs")
        )
        (Path(folder) / file.relative_to(ROOT)).write_text(source, encoding="utf-8")
        environment = {
            "PYTHONPATH": f"{folder}:{ROOT / 'tests'}:{ROOT / 'tests' / 'policies'}",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(
                [sys.executable, "-c", PROOFS],
                cwd=folder,
                env=environment,
                capture_output=True,
                check=False,
                timeout=60,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def main() -> None:
    """Run all and tell the score, and where survivors are."""
    listed = list(mutants())
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(4) as pool:
        tried = [pool.submit(survives, Path(home), file, source) for file, _, source in listed]
        alive = [one.result() for one in tried]
    left = [f"{file.relative_to(ROOT)}:{line}" for (file, line, _), lives in zip(listed, alive, strict=True) if lives]
    print("\n".join(sorted(left)))  # noqa: T201 a measurement
    killed = len(listed) - len(left)
    print(f"{killed} of {len(listed)} mutants were noticed: {100 * killed / len(listed):.1f} %")  # noqa: T201 as above
    sys.exit(killed < LEAST * len(listed))


if __name__ == "__main__":
    main()
