"""Faults a rehearsal can be given: what clouds do on bad days."""

import fnmatch
import re
import threading
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import ProjectError

RETRIES = 5


class Fault(StrEnum):
    """What goes wrong. A throttled call is tried again, as providers do."""

    THROTTLE = "throttle"
    QUOTA = "quota"
    CAPACITY = "capacity"
    PARTIAL = "partial"
    TIMEOUT = "timeout"


WORDS = {
    Fault.THROTTLE: f"the cloud throttled the request {RETRIES} times in a row; wait, then run again",
    Fault.QUOTA: "the account's quota is used up; ask the cloud for a higher one, or use a smaller or another instance",
    Fault.CAPACITY: "the zone has no capacity for this now; try another zone, a reservation, or another accelerator",
    Fault.PARTIAL: "it exists, but one part of it failed; run again to go on",
    Fault.TIMEOUT: "waiting for it to become ready took too long; it exists, run again to look at it once more",
}


@dataclass(slots=True)
class Plan:
    """A fault for the resources of matching types, ``left`` more times."""

    pattern: str
    fault: Fault
    left: int


class Faults:
    """The faults of one run."""

    def __init__(self, texts: tuple[str, ...] = ()) -> None:
        """Each text is ``<type pattern>=<fault>[:<times>]``, such as ``aws:eks/nodeGroup:*=capacity:2``.

        Raises:
            ProjectError: a text is not of that form.
        """
        self._plans = [_parse(text) for text in texts]
        self._lock = threading.Lock()

    def strike(self, type_: str) -> Fault | None:
        """The fault that this change of a resource meets, if any."""
        with self._lock:
            for plan in self._plans:
                if plan.left > 0 and fnmatch.fnmatchcase(type_, plan.pattern):
                    return self._meet(plan)
        return None

    def _meet(self, plan: Plan) -> Fault | None:
        if plan.fault is not Fault.THROTTLE:
            plan.left -= 1
            return plan.fault
        tried = min(plan.left, RETRIES)
        plan.left -= tried
        return Fault.THROTTLE if tried == RETRIES else None


def _parse(text: str) -> Plan:
    match = re.fullmatch(r"([^=]+)=([a-z]+)(?::(\d+))?", text)
    if match is None or match.group(2) not in set(Fault):
        message = f"--fault '{text}': write <type pattern>=<fault>[:<times>]; faults are {', '.join(Fault)}"
        raise ProjectError(message)
    return Plan(match.group(1), Fault(match.group(2)), int(match.group(3) or 1))
