"""`domicile fleet status`: where a release stands, ring by ring, and every site that needs somebody."""

from collections import Counter
from typing import Any

from rich.table import Table

from cli.fleet.hub import Hub
from cli.output import as_json as print_json
from cli.output import console


def status(hub: Hub, site: str | None, *, as_json: bool) -> None:
    """Show the fleet, or what one site told."""
    if site is not None:
        _site(hub, site, as_json=as_json)
        return
    told = hub.told()
    if as_json:
        print_json(told)
        return
    out, rollout = console(), told["rollout"]
    numbers = {one["digest"]: one["number"] for one in told["releases"]}
    release = numbers.get(rollout["release"])
    out.print(
        f"[bold]{told['fleet']}[/]: release {release or 'none'} {rollout['state']}"
        f"{_ring(told)}; {'; '.join(rollout['why'])}"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("ring", "sites", "settled", "trial", "rolled back", "refused", "silent", "changed by hand"):
        table.add_column(column, justify="left" if column == "ring" else "right")
    for ring in told["rings"]:
        own = [one for one in told["sites"].values() if one["ring"] == ring]
        told_by: list[dict[str, Any]] = [one["report"] for one in own if one["report"] and not one["silent"]]
        states = Counter(str(report["status"]) for report in told_by)
        states["silent"] = sum(one["silent"] for one in own)
        drifted = sum(bool(report["drift"]) for report in told_by)
        shown = [states[name] for name in ("settled", "trial", "rolled back", "refused", "silent")]
        table.add_row(ring, str(len(own)), *map(str, shown), str(drifted))
    out.print(table)
    for name, one in told["sites"].items():
        why = _trouble(one, numbers)
        if why:
            out.print(f"  {name} ({one['ring']}): {why}", soft_wrap=True)


def _ring(told: dict[str, Any]) -> str:
    rollout = told["rollout"]
    return f" in ring {told['rings'][rollout['ring']]}" if rollout["state"] in {"running", "paused", "stopped"} else ""


def _trouble(site: dict[str, Any], numbers: dict[str, int]) -> str:
    report = site["report"]
    if report is None:
        return "never heard"
    if site["silent"]:
        return f"silent; it had release {report['number']}"
    found = [report["why"]] if report["status"] in {"rolled back", "refused"} else []
    found += report["drift"][:3]
    if not found and report["running"] != site["wanted"] and site["wanted"]:
        return f"has release {report['number']}, is to have {numbers.get(site['wanted'], '?')}"
    return "; ".join(found)


def _site(hub: Hub, site: str, *, as_json: bool) -> None:
    reports = hub.history(site)
    if as_json:
        print_json(reports)
        return
    out = console()
    for report in reports[:20]:
        counts = report["counts"]
        out.print(
            f"{report['at']:.0f}: release {report['number']}, {report['status'] or 'new'}"
            f"{': ' + report['why'] if report['why'] else ''}; {counts.get('asked', 0)} requests"
            f"{'; ' + '; '.join(report['drift']) if report['drift'] else ''}",
            soft_wrap=True,
        )
    if not reports:
        out.print(f"{site} has told nothing yet")
        return
    newest = reports[0]
    for node in newest["nodes"]:
        out.print(f"  {node['name']}: {node['gpus']} x {node['product'] or 'no GPU'}, kubelet {node['kubelet']}")
    for path, digest in newest["models"].items():
        out.print(f"  {path}: {digest[:12]}")
