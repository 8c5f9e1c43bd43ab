"""The report as SARIF 2.1.0: results at the blueprint's line, with fingerprints that stay."""

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from cli.check.report import Report, Said
from policies.evaluate import EXEMPT
from policies.registry import RULES, VERSION
from policies.rule import AnyRule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: GitHub's grades: above 9 critical, above 7 high, above 4 medium
_GRADES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}


def render(report: Report) -> dict[str, Any]:
    """The log."""
    index = {rule.id: number for number, rule in enumerate(RULES)}
    own = sorted({one.rule for one in report.findings if one.rule not in index})
    index |= {id_: len(RULES) + number for number, id_ in enumerate(own)}
    rules = [*map(_rule, RULES), *({"id": one} for one in own)]
    errors = [one for one in report.judged if one.error]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "domicile", "version": VERSION, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not errors,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": f"{one.name}: {one.error}"}} for one in errors
                        ],
                    }
                ],
                "results": [_result(one, index[one.rule]) for one in report.findings],
            }
        ],
    }


def _rule(rule: AnyRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": "warning" if rule.severity.value == "low" else "error"},
        "properties": {
            "security-severity": _GRADES[rule.severity.value],
            "tags": ["security", *rule.refs],
        },
    }


def _result(said: Said, index: int) -> dict[str, Any]:
    name = f"{said.resource} ({said.type}) " if said.resource else ""
    at = f"{said.path}: " if said.path else ""
    result: dict[str, Any] = {
        "ruleId": said.rule,
        "ruleIndex": index,
        "level": "error" if said.fails or said.open else "note" if said.verdict == EXEMPT else "warning",
        "kind": "open" if said.open else "fail",
        "message": {"text": f"{said.lead}{name}{at}{said.text}. {said.remedy}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(PurePath(said.file).as_posix())},
                    "region": {"startLine": said.line, "startColumn": said.column},
                },
                "logicalLocations": [{"fullyQualifiedName": said.urn or said.file, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"domicile/v1": said.fingerprint},
    }
    if said.open:
        result["level"] = "none"
    if said.verdict == EXEMPT:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": said.text}]
    return result
