"""What a run tells: Pulumi's engine events, in their JSON form (``apitype.EngineEvent``).

Every value that leaves here is masked: a secret is shown as ``[secret]``.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from engine import paths
from engine.core.model import Op, Step
from engine.state.resource import ResourceState
from engine.values import Props, mask

Sink = Callable[[Props], None]


class Events:
    """Numbers events, scrubs secrets from their texts and hands them on, one at a time."""

    def __init__(self, sink: Sink) -> None:
        """Write to ``sink``; it is never called from two threads at once."""
        self._sink = sink
        self._lock = threading.Lock()
        self._sequence = 0
        self._secrets: set[str] = set()

    def hide(self, texts: set[str]) -> None:
        """Scrub these texts from every message from now on."""
        with self._lock:
            self._secrets |= texts

    def scrub(self, text: str) -> str:
        """Replace every known secret in a text."""
        for hidden in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(hidden, "[secret]")
        return text

    def emit(self, kind: str, body: Props) -> None:
        """Send one event."""
        with self._lock:
            self._sequence += 1
            self._sink({"sequence": self._sequence, "timestamp": int(time.time()), kind: body})

    def prelude(self, config: dict[str, str]) -> None:
        """The run begins, with this configuration (secrets masked)."""
        self.emit("preludeEvent", {"config": config})

    def before(self, step: Step, *, planning: bool) -> None:
        """A step begins."""
        self.emit("resourcePreEvent", {"metadata": metadata(step), "planning": planning})

    def after(self, step: Step, *, planning: bool) -> None:
        """A step has ended well."""
        self.emit("resOutputsEvent", {"metadata": metadata(step), "planning": planning})

    def failed(self, step: Step) -> None:
        """A step has failed."""
        self.emit("resOpFailedEvent", {"metadata": metadata(step), "status": 0, "steps": 0})

    def diagnose(self, severity: str, message: str, urn: str = "", prefix: str = "") -> None:
        """A message: ``severity`` is debug, info, warning or error."""
        body: Props = {"message": self.scrub(message), "color": "never", "severity": severity}
        if urn:
            body["urn"] = urn
        if prefix:
            body["prefix"] = prefix
        self.emit("diagnosticEvent", body)

    def policy(self, body: Props) -> None:
        """A pack reports a violation, an unknown or a rule that failed."""
        self.emit("policyEvent", {**body, "message": self.scrub(str(body.get("message", "")))})

    def summary(self, changes: dict[str, int], seconds: float, packs: dict[str, str], *, corrupt: bool = False) -> None:
        """The run has ended."""
        self.emit(
            "summaryEvent",
            {
                "maybeCorrupt": corrupt,
                "durationSeconds": round(seconds, 3),
                "resourceChanges": changes,
                "policyPacks": packs,
            },
        )

    def cancelled(self) -> None:
        """The stream is over."""
        self.emit("cancelEvent", {})


def metadata(step: Step) -> Props:
    """A step as events carry it (``apitype.StepEventMetadata``)."""
    body: Props = {
        "op": str(step.op),
        "urn": step.urn,
        "type": step.state.type,
        "old": _state(step.old),
        "new": _state(step.new),
        "keys": list(step.keys) or None,
        "diffs": sorted({str(paths.parse(path)[0]) for path in step.detailed if path}) or None,
        "detailedDiff": {
            path: {"diffKind": one.kind + ("-replace" if one.replaces else ""), "inputDiff": one.input_diff}
            for path, one in step.detailed.items()
        }
        or None,
        "logical": step.op not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED, Op.REFRESH),
        "provider": step.state.provider,
    }
    return body


def _state(state: ResourceState | None) -> Props | None:
    if state is None:
        return None
    body: dict[str, Any] = {
        "urn": state.urn,
        "type": state.type,
        "custom": state.custom,
        "id": state.id,
        "parent": state.parent,
        "provider": state.provider,
        "inputs": mask(state.inputs),
        "outputs": mask(state.outputs),
    }
    if state.protect:
        body["protect"] = True
    if state.init_errors:
        body["initErrors"] = state.init_errors
    return body
