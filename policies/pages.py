"""A page for every rule, and their index, as Markdown: `make docs` writes them, a test compares."""

import json
import sys
from pathlib import Path

from policies.admission.checks import CHECKS
from policies.admission.policy import ELSEWHERE
from policies.evaluate import level
from policies.law import PROFILES
from policies.registry import PACKS
from policies.rule import AnyRule, Rule

FOLDER = Path(__file__).parents[1] / "docs" / "rules"


def pages() -> dict[str, str]:
    """The pages by file name."""
    found = {f"{rule.id}.md": _page(pack, rule) for pack, rules in PACKS.items() for rule in rules}
    return {"README.md": _index(), **found}


def _index() -> str:
    about = (
        "Each rule is data and one predicate over facts. `domicile check`, `pulumi preview --policy-pack "
        "policies/packs/<pack>` and `pulumi policy analyze` judge by the same ones. A value that cannot be known yet "
        "makes a rule undetermined, which fails. Rules of low severity advise."
    )
    lines = ["# Rules", "", about]
    for pack, rules in PACKS.items():
        lines += ["", f"## {pack}", "", "| rule | severity | what holds |", "|---|---|---|"]
        lines += [f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {rule.title} |" for rule in rules]
    lines += ["", "## Laws", "", "`--profile` sets the rules that know of laws. No legal advice.", ""]
    lines += ["| profile | law | data may be in | logs at least | at hand | articles |", "|---|---|---|---|---|---|"]
    for law in PROFILES.values():
        where = "anywhere" if law.allowed is None else f"{', '.join(sorted(law.allowed))} ({', '.join(law.classes)})"
        days = f"{law.log_days} days" if law.log_days else "-"
        hot = f"{law.hot_days} days" if law.hot_days else "-"
        lines.append(f"| `{law.id}` | {law.title} | {where} | {days} | {hot} | {'; '.join(law.refs)} |")
    return "\n".join(lines) + "\n"


def _page(pack: str, rule: AnyRule) -> str:
    about = rule.reads.__doc__ if isinstance(rule, Rule) else "all resources of a stack together"
    lines = [
        f"# {rule.id}",
        "",
        f"{rule.title}.",
        "",
        "| | |",
        "|---|---|",
        f"| pack | `{pack}` |",
        f"| severity | {rule.severity.value}, {level(rule, {})} unless configured otherwise |",
        f"| reads | {_about(str(about))} |",
        f"| asked at the API server's door | {_door(rule)} |",
        f"| frameworks | {'; '.join(rule.refs)} |",
        "",
        "## What to do",
        "",
        rule.remedy,
    ]
    if isinstance(rule, Rule) and rule.repairs is not None:
        lines += ["", "With the level `remediate` the rule mends what it finds, where it has what it needs."]
    if rule.settings:
        lines += ["", "## Settings", "", "| setting | type | default | |", "|---|---|---|---|"]
        for name, schema in rule.settings.items():
            default = json.dumps(schema.get("default"))
            lines.append(f"| `{name}` | {schema['type']} | `{default}` | {schema.get('description', '')} |")
    excuse = {"resource": "name or URN, * allowed", "owner": "who", "reason": "why", "expires": "2027-06-30"}
    lines += ["", "## Exempting", "", "An exemption has an owner, a reason and a last day, after which it is dead:", ""]
    lines += ["```json", json.dumps({rule.id: {"exemptions": [excuse]}}, indent=2), "```"]
    return "\n".join(lines) + "\n"


def _door(rule: AnyRule) -> str:
    if rule.id in CHECKS:
        if level(rule, {}) == "advisory":
            return "once it is mandatory"
        return "yes, by `domicile admission` alone" if CHECKS[rule.id].of_cluster else "yes"
    return f"no: {ELSEWHERE[rule.id]}" if rule.id in ELSEWHERE else "no: it is not about one object of Kubernetes"


def _about(text: str) -> str:
    words = text.strip().splitlines()[0].rstrip(".")
    return words[:1].lower() + words[1:]


def main() -> None:
    """Write the pages; those of rules that are gone go."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
