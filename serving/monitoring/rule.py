"""A Prometheus rule as a value."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True)
class Record:
    """A recording rule."""

    name: str
    expression: str
    labels: dict[str, str]

    def rule(self) -> dict[str, Any]:
        """The rule as Prometheus reads it."""
        return {"record": self.name, "expr": self.expression, "labels": self.labels}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert: a page wakes somebody, a ticket waits for the morning. Each has a page of what to do."""

    name: str
    expression: str
    lasting: str
    severity: str
    summary: str
    labels: dict[str, str] = field(default_factory=dict[str, str])

    def rule(self, workload: str) -> dict[str, Any]:
        """The rule as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasting,
            "labels": {"severity": self.severity, "workload": workload, **self.labels},
            "annotations": {"summary": self.summary, "runbook": f"docs/runbooks/{slug(self.name)}.md"},
        }


def slug(name: str) -> str:
    """An alert's name as a file's: `EngineStalled` is `engine-stalled`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
