"""What a person sees of a run: a live tree on a terminal, plain lines elsewhere, events as JSON lines on request."""

import json
import sys
import time
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from engine import urn as urns
from engine.values import Props

SIGNS = {
    "same": ("  ", "dim"),
    "create": ("+ ", "green"),
    "update": ("~ ", "yellow"),
    "delete": ("- ", "red"),
    "replace": ("+-", "magenta"),
    "create-replacement": ("++", "green"),
    "delete-replaced": ("--", "red"),
    "read": ("> ", "cyan"),
    "refresh": ("~ ", "cyan"),
    "discard": ("< ", "dim"),
    "import": ("= ", "cyan"),
}
DONE = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "create-replacement": "created to replace",
    "delete-replaced": "deleted, replaced",
    "read": "read",
    "refresh": "read",
    "import": "imported",
}
MAX_ROWS = 40


class Display(Protocol):
    """Takes a run's events."""

    def __call__(self, event: Props) -> None:
        """Take one event."""
        ...

    def close(self) -> None:
        """The run is over."""
        ...


def choose(*, as_json: bool, quiet_same: bool = True) -> Display:
    """The display for where output goes."""
    if as_json:
        return JsonLines()
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    return LiveTree(console) if console.is_terminal else Lines(console, quiet_same=quiet_same)


class JsonLines:
    """One engine event a line, in Pulumi's shape."""

    def __call__(self, event: Props) -> None:
        """Print an event."""
        sys.stdout.write(json.dumps(event, separators=(",", ":")) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing is held back."""


class Lines:
    """One line for each thing that happens."""

    def __init__(self, console: Console, *, quiet_same: bool = True) -> None:
        """Write to a console."""
        self._console = console
        self._quiet_same = quiet_same
        self._started: dict[str, float] = {}
        self._planning = False

    def __call__(self, event: Props) -> None:
        """Print an event."""
        if "resourcePreEvent" in event:
            self._planning = bool(event["resourcePreEvent"].get("planning"))
            self._started[event["resourcePreEvent"]["metadata"]["urn"]] = time.monotonic()
        elif "resOutputsEvent" in event:
            body = event["resOutputsEvent"]
            self._step(body["metadata"], planning=bool(body.get("planning")))
        elif "resOpFailedEvent" in event:
            found = event["resOpFailedEvent"]["metadata"]
            self._console.print(f"[red]! {name(found['urn'])} failed to {found['op']}[/]")
        else:
            message(self._console, event, planning=self._planning)

    def close(self) -> None:
        """Nothing is held back."""

    def _step(self, found: Props, *, planning: bool) -> None:
        op = found["op"]
        if op == "same" and self._quiet_same:
            return
        if op == "refresh" and not found["detailedDiff"] and found["new"]:
            return
        sign, style = SIGNS.get(op, ("  ", ""))
        took = time.monotonic() - self._started.get(found["urn"], time.monotonic())
        tail = "" if planning or took < 0.5 else f" ({took:.1f} s)"
        done = "" if planning else f" {DONE.get(op, op)}"
        if op == "refresh" and found["new"] is None:
            done = " is gone"
        changed = f" [{', '.join(found['diffs'])}]" if found["diffs"] and op not in ("create", "refresh") else ""
        self._console.print(Text(f"{sign} {name(found['urn'])}{done}{changed}{tail}", style=style))


class LiveTree:
    """The resources as a tree that changes while they do; when it is over, what changed stays."""

    def __init__(self, console: Console) -> None:
        """Write to a terminal."""
        self._console = console
        self._rows: dict[str, tuple[str, str, str]] = {}
        self._parents: dict[str, str] = {}
        self._live = Live(console=console, refresh_per_second=8, transient=True, get_renderable=self._render)
        self._live.start()
        self._lines = Lines(console)

    def __call__(self, event: Props) -> None:
        """Take an event."""
        if "resourcePreEvent" in event:
            self._note(event["resourcePreEvent"]["metadata"], "running")
        elif "resOutputsEvent" in event:
            self._note(event["resOutputsEvent"]["metadata"], "done")
        elif "resOpFailedEvent" in event:
            self._note(event["resOpFailedEvent"]["metadata"], "failed")
        self._lines(event)

    def close(self) -> None:
        """Take the live tree away."""
        self._live.stop()

    def _note(self, found: Props, state: str) -> None:
        self._rows[found["urn"]] = (found["op"], state, name(found["urn"]))
        shown: Props = found["new"] or found["old"] or {}
        self._parents[found["urn"]] = str(shown.get("parent", ""))

    def _render(self) -> Tree:
        busy = [urn for urn, (_, state, _) in self._rows.items() if state != "done"]
        done = len(self._rows) - len(busy)
        root = Tree(f"{done} of {len(self._rows)} resources" if self._rows else "starting")
        nodes: dict[str, Tree] = {}

        def node(urn: str) -> Tree:
            if urn not in self._rows:
                return root
            if urn not in nodes:
                op, state, shown = self._rows[urn]
                sign, style = SIGNS.get(op, ("  ", ""))
                nodes[urn] = node(self._parents[urn]).add(Text(f"{sign} {shown} {state}", style=style))
            return nodes[urn]

        for urn in busy[:MAX_ROWS]:
            node(urn)
        return root


def name(urn: str) -> str:
    """A resource's short type and name."""
    return f"{short(urns.type_of(urn))} {urns.name_of(urn)}"


def short(type_: str) -> str:
    """A type without the package's boilerplate: `apps/v1:Deployment`."""
    package, _, rest = type_.partition(":")
    return rest if package == "kubernetes" else type_


def message(console: Console, event: Props, *, planning: bool = False) -> None:
    """Print a diagnostic, a finding or the summary."""
    if "diagnosticEvent" in event:
        body = event["diagnosticEvent"]
        styles = {"error": "bold red", "warning": "yellow"}
        label = {"error": "error: ", "warning": "warning: "}.get(body["severity"], "")
        console.print(Text(f"{label}{body['message']}", style=styles.get(body["severity"], "")))
    elif "policyEvent" in event:
        body = event["policyEvent"]
        where = f" {name(body['resourceUrn'])}" if body["resourceUrn"] else ""
        text = f"policy {body['verdict']} [{body['enforcementLevel']}] {body['policyPackName']}/{body['policyName']}"
        console.print(Text(f"{text}{where}\n  {body['message'].replace(chr(10), chr(10) + '  ')}", style="red"))
    elif "summaryEvent" in event:
        console.print(closing(event["summaryEvent"], planning=planning))


def closing(body: Props, *, planning: bool) -> str:
    """The summary in a line; a preview tells what would be."""
    order = ("create", "update", "create-replacement", "delete", "delete-replaced", "read", "import", "same")
    words = {
        "create": "created",
        "update": "updated",
        "create-replacement": "replaced",
        "delete": "deleted",
        "same": "unchanged",
        "read": "read",
        "import": "imported",
    }
    if planning:
        words = {op: word if op == "same" else f"to be {word}" for op, word in words.items()}
    counts: dict[str, Any] = body["resourceChanges"]
    parts = [f"{counts[op]} {words[op]}" for op in order if op in words and counts.get(op)]
    packs = ", ".join(f"{pack} {version}" for pack, version in body["policyPacks"].items())
    judged = f"; judged by {packs}" if packs else ""
    return f"{', '.join(parts) or 'nothing to do'} in {body['durationSeconds']:.1f} s{judged}"
