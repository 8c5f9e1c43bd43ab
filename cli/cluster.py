"""`domicile cluster`."""

import dataclasses
import time
from pathlib import Path

from cli.output import as_json as print_json
from cli.output import console
from engine.localcluster.cluster import Cluster, clusters
from engine.localcluster.definitions import OPERATORS


def up(name: str, inventory: Path | None, operators: list[str]) -> None:
    """Start a cluster."""
    out = console()
    started = time.monotonic()
    cluster = Cluster(name)
    wanted = OPERATORS if "all" in operators else operators
    cluster.up(lambda text: out.print(f"[dim]{text}[/]"), inventory, wanted)
    out.print(f"cluster '{name}' runs ({time.monotonic() - started:.1f} s); kubeconfig {cluster.kubeconfig}")


def down(name: str) -> None:
    """Stop a cluster."""
    existed = Cluster(name).down()
    console().print(f"cluster '{name}' is gone" if existed else f"there was no cluster '{name}'")


def status(name: str | None, *, as_json: bool) -> None:
    """Show clusters."""
    found = [Cluster(one).status() for one in ([name] if name else clusters())]
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    out = console()
    if not found:
        out.print("there are no clusters; start one with `domicile cluster up`")
    for one in found:
        out.print(f"[bold]{one.name}[/] {one.state} {one.reason} {one.server}")
        for member, facts in one.members.items():
            out.print(f"  {member}: process {facts['pid']}, restarted {facts['restarts']} times")
        for event in one.events[-5:]:
            out.print(f"  {event['time']} {event['event']}")


def kubeconfig(name: str) -> None:
    """Print the kubeconfig's path."""
    print(Cluster(name).kubeconfig)  # noqa: T201 a path for the shell
