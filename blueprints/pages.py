"""What editors and people read of each kind: its JSON schema and its page. `make docs` writes them, a test compares."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from blueprints import pictures
from blueprints.governed import Governed
from blueprints.load import KINDS, Plan, plan
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.resolve import ServedPlan
from blueprints.trained.resolve import TrainedPlan
from catalog.documents import DocumentError

ROOT = Path(__file__).parents[1]
SCHEMAS, PAGES = ROOT / "blueprints" / "schemas", ROOT / "docs" / "blueprints"
PICTURES = PAGES / "pictures"
#: kinds that are no workload, nor many of them
UNDRAWN = {"platform", "state-store"}
FACTORS = (0.25, 1.0, 4.0)
DEPTH = 3
LOCAL, HOUSE = "local", "onprem-munich"
#: targets, and how the names of their examples end
SITES = (
    ("AWS, Mumbai", "aws-mumbai"),
    ("Google Cloud, Frankfurt", "gcp-frankfurt"),
    ("Azure, Virginia", "azure-virginia"),
    ("on-prem, Munich", "onprem-munich"),
)


def schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a kind, draft 2020-12."""
    made = KINDS[kind].model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **made}


def files() -> dict[Path, str]:
    """Every file with what it says."""
    found = {SCHEMAS / f"{kind}.json": json.dumps(schema(kind), indent=2, sort_keys=True) + "\n" for kind in KINDS}
    found |= {PAGES / f"{kind}.md": _page(kind) for kind in KINDS}
    found |= {PICTURES / f"{kind}.svg": pictures.of(plan(sites(kind)[LOCAL])) for kind in KINDS if kind not in UNDRAWN}
    return {**found, PAGES / "README.md": _index()}


def _index() -> str:
    lines = ["# Blueprints", "", "What a team writes. `domicile new <kind> mine.yaml` writes one to edit.", ""]
    lines += [f"- [{kind}]({kind}.md): {_first(model.__doc__)}" for kind, model in KINDS.items()]
    lines += ["", "## On which target", "", "What each example's plan costs a month, in USD.", ""]
    return "\n".join([*lines, *_cells()]) + "\n"


def _cells() -> Iterator[str]:
    """A row for each kind of workload, a cell for each target of which there is an example."""
    yield f"| kind | {' | '.join(name for name, _ in SITES)} |"
    yield "|---|" + "---|" * len(SITES)
    for kind, model in KINDS.items():
        if issubclass(model, Governed):
            there = sites(kind)
            cells = [f"{plan(there[end]).cost.total:,.0f}" if end in there else "refused" for _, end in SITES]
            yield f"| [{kind}]({kind}.md) | {' | '.join(cells)} |"
    yield ""
    for kind, name, reason in refused():
        yield f"- [{kind}]({kind}.md) on {name}: {reason}"


def refused() -> Iterator[tuple[str, str, str]]:
    """Each kind that a target refuses, the target, and the sentence that its on-prem example gets there."""
    for kind, model in KINDS.items():
        there = sites(kind)
        for name, end in SITES:
            if issubclass(model, Governed) and end not in there:
                with tempfile.TemporaryDirectory() as folder:
                    yield kind, name, _reason(moved(there[HOUSE], end, Path(folder)))


def moved(example: Path, end: str, folder: Path) -> Path:
    """A copy of an example on the platform of another site, with its data in that site's country."""
    content = yaml.safe_load(example.read_text(encoding="utf-8"))
    platform = ROOT / "blueprints" / "platform" / "examples" / f"{end}.yaml"
    content["target"] |= {"platform": str(platform), "stack": f"platform-{end}"}
    there = yaml.safe_load(platform.read_text(encoding="utf-8"))["data"]
    content["data"] |= {"jurisdictions": there["jurisdictions"], "class": there["classes"][-1]}
    file = folder / example.name
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def _reason(file: Path) -> str:
    """Why a blueprint has no plan on its target.

    Raises:
        LookupError: it has one, or another reason.
    """
    try:
        plan(file)
    except DocumentError as error:
        lines = [line.partition(": target: ")[2] for line in str(error).splitlines()]
        return next(line for line in lines if line)
    message = f"{file}: its target takes it: write an example of it"
    raise LookupError(message)


def sites(kind: str) -> dict[str, Path]:
    """Where a kind may run, by a short name, and the example of each; the first, of no target, is local."""
    files = sorted(examples(kind), key=lambda file: len(file.stem))
    return {LOCAL: files[0], **{end: file for _, end in SITES for file in files if file.stem.endswith(end)}}


def examples(kind: str) -> Iterator[Path]:
    """The worked examples of a kind."""
    return (ROOT / "blueprints" / kind.replace("-", "_") / "examples").glob("*.yaml")


def _page(kind: str) -> str:
    made = schema(kind)
    worked = sorted(examples(kind))
    lines = [f"# {kind}", "", str(made.get("description", "")).strip(), "", *_drawn(kind)]
    lines += [f"Schema: [`blueprints/schemas/{kind}.json`](../../blueprints/schemas/{kind}.json).", "", "## Fields", ""]
    lines += ["| field | type | default | |", "|---|---|---|---|", *_rows(made, made, "", 0)]
    lines += ["", "## Examples", ""]
    for file in worked:
        if "inventory" not in file.stem:
            about = file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
            lines.append(f"- [`{file.stem}`](../../{file.relative_to(ROOT)}): {about}")
    return "\n".join(lines) + "\n"


def _drawn(kind: str) -> Iterator[str]:
    """The picture of the kind's first example, its price at three loads, and why it is as it is."""
    if kind in UNDRAWN:
        return
    file, model = sites(kind)[LOCAL], KINDS[kind]
    load = model.LOAD if issubclass(model, Governed) else ""
    yield from (f"![Who asks what in the example {file.stem}](pictures/{kind}.svg)", "")
    if load:
        yield from ("## What it costs", "", f"The example `{file.stem}` at three loads, on the same cluster.", "")
        yield from (f"| `{load}` | USD a month |", "|---|---|", *_loads(file, load), "")
    yield from ("## Why it is so", "", f"What `domicile plan` says of the example `{file.stem}`:", "")
    yield from (f"- {line.replace('|', chr(92) + '|')}" for line in _why(plan(file)))
    yield ""


def _why(decided: Plan) -> Iterator[str]:
    """Why a plan is as it is: a line for each reason, then those of its bill."""
    if isinstance(decided, ServedPlan):
        for served in decided.decisions:
            yield from (f"{served.role}: {reason}" for reason in served.sizing.reasons)
            yield from (f"{served.role}: not chosen: {reason}" for reason in served.rejected)
    elif isinstance(decided, ScoredPlan | TrainedPlan):
        for other in decided.decisions:
            yield from (f"{other.role}: {reason}" for reason in other.reasons)
            yield from (f"{other.role}: not chosen: {reason}" for reason in other.rejected)
    for line in decided.cost.lines:
        yield f"{line.item}: {f'{line.usd:,.2f} USD a month: ' if line.usd is not None else 'not priced: '}{line.basis}"


def _loads(file: Path, path: str) -> Iterator[str]:
    """A row for each load: the price, or the first reason why there is none. Budgets are no reason here."""
    for factor in FACTORS:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["budget"] = {"monthly_usd": 10**9}
        *above, last = path.split(".")
        at: Any = content
        for step in above:
            at = at[int(step) if step.isdigit() else step]
        load = at[last] * factor
        at[last] = max(1, round(load)) if isinstance(at[last], int) else load
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(folder) / file.name
            target = content["target"]
            for key in {"platform", "inventory"} & set(target):
                target[key] = str((file.parent / target[key]).resolve())
            changed.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
            try:
                price = f"{plan(changed).cost.total:,.0f}"
            except DocumentError as error:
                price = str(error).splitlines()[0].split(": ", 1)[1]
        yield f"| {at[last]:,} | {price} |"


def _rows(whole: dict[str, Any], part: dict[str, Any], path: str, depth: int) -> Iterator[str]:
    """A row for each field, those of parts below theirs."""
    required = set(part.get("required", ()))
    for name, field in part.get("properties", {}).items():
        default = "needed" if name in required else f"`{json.dumps(field['default'])}`" if "default" in field else ""
        shown = default if len(default) < 40 else ""
        said = str(field.get("description") or _described(whole, field)).replace("|", "\\|").split("\n")[0]
        yield f"| `{path}{name}` | {_type(whole, field)} | {shown} | {said} |"
        if depth < DEPTH:
            for inner, mark in _parts(whole, field):
                yield from _rows(whole, inner, f"{path}{name}{mark}.", depth + 1)


def _parts(whole: dict[str, Any], field: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that a field may hold, and the mark of a list."""
    mark = "[]" if field.get("type") == "array" else ""
    held = field.get("items", {}) if mark else field
    for one in (held, *held.get("anyOf", ()), *held.get("oneOf", ()), *held.get("allOf", ())):
        found = resolved(whole, one)
        if found.get("properties"):
            yield found, mark


def resolved(whole: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema, followed to where it is defined."""
    reference = one.get("$ref")
    return whole["$defs"][reference.rpartition("/")[2]] if reference else one


def _described(whole: dict[str, Any], field: dict[str, Any]) -> str:
    return next((str(part.get("description", "")) for part, _ in _parts(whole, field)), "")


def _type(whole: dict[str, Any], field: dict[str, Any]) -> str:
    found = resolved(whole, field)
    if "const" in found:
        return f"`{found['const']}`"
    if "enum" in found:
        return ", ".join(f"`{one}`" for one in found["enum"])
    choices = found.get("anyOf") or found.get("oneOf")
    if choices:
        kinds = dict.fromkeys(_type(whole, one) for one in choices)
        return " or ".join(kind for kind in kinds if kind != "null")
    if found.get("type") == "array":
        return f"list of {_type(whole, found.get('items', {}))}"
    return str(found.get("type", "object"))


def _first(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def main() -> None:
    """Write the files; those of kinds that are gone go."""
    wanted = files()
    for folder in (SCHEMAS, PAGES, PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old not in wanted and old.is_file():
                old.unlink()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
