"""`domicile summary`: what runs where and why, what it costs, what the packs say, what to try next."""

from pathlib import Path
from typing import Any

from blueprints import load
from blueprints.served.resolve import ServerDecision
from cli.output import as_json as print_json
from cli.output import console
from components.targets import KubernetesTarget
from engine.errors import ProjectError
from engine.operations import preview
from engine.policy.judges import PackSource
from engine.providers.kubernetes.api import Connection
from engine.session import Session, open_session
from engine.values import Props
from planning.capacity import Placed
from stacks.clouds import kubeconfig_of


def run(folder: Path, stack: str, *, as_json: bool) -> None:
    """Show a stack as it is, judged anew by previewing it."""
    session = open_session(folder, stack)
    show(session, _verdicts(session), as_json=as_json)


def show(session: Session, verdicts: dict[str, str], *, as_json: bool) -> None:
    """Show a stack and what its packs say."""
    stack = session.stack
    name = session.config.values.get("domicile:blueprint")
    if not name:
        message = f"{session.project.stack_file(stack)}: config: 'domicile:blueprint' is missing"
        raise ProjectError(message)
    file = session.project.root / name
    blueprint, plan = load.governed(file)
    if not isinstance(blueprint.target, KubernetesTarget):
        message = (
            f"{file}: target: only an attached cluster can be asked what runs on it; `domicile outputs -s {stack}`"
        )
        raise ProjectError(message)
    running = _running(plan.name, *kubeconfig_of(blueprint.target))
    if as_json:
        print_json(
            {
                "placed": {one.role: one.placed.zones if one.placed else {} for one in plan.decisions},
                "runs": running,
                "packs": verdicts,
            }
        )
        return
    out = console()
    out.rule(f"[bold]{plan.name}[/] runs on '{plan.cluster}' in {plan.region}, {plan.country}")
    for one in plan.decisions:
        reasons = one.sizing.reasons if isinstance(one, ServerDecision) else one.reasons
        out.print(f"[bold]{one.role:10}[/] {one.model}: {_where(one.placed)}")
        out.print(f"{'':10} [dim]because {reasons[0]}[/]")
    out.print()
    gpus = f"{running['gpus_used']} of {running['gpus']} GPUs used"
    out.print(f"[bold]runs[/]       {running['ready']} of {running['pods']} pods ready, {gpus}")
    cost = f"{plan.cost.total:,.2f} USD a month of {plan.budget_usd:,} USD"
    out.print(f"[bold]would cost[/] {cost}, at a cloud's on-demand price for the same GPUs")
    for pack, text in verdicts.items():
        out.print(f"[bold]{pack:20}[/] {text}")
    out.print("\n[bold]try next[/]")
    for text in (
        f"domicile plan {name}   why it is placed and sized as it is",
        f"edit {name}, then `domicile preview -s {stack}`   what a change would do and what the packs say of it",
        f"kubectl --kubeconfig $(domicile cluster kubeconfig) -n {plan.name} get pods   the real cluster",
    ):
        out.print(f"  {text}")


def _where(placed: Placed | None) -> str:
    if placed is None:
        return "on processors"
    zones = " and ".join(f"{count} in {zone}" for zone, count in placed.zones.items())
    return f"{zones}, on {placed.product} (pool '{placed.pool}')"


def _running(namespace: str, kubeconfig: str | None, context: str | None) -> dict[str, int]:
    connection = Connection(kubeconfig, context)
    try:
        pods: list[Props] = connection.request("GET", f"/api/v1/namespaces/{namespace}/pods").body.get("items") or []
        nodes: list[Props] = connection.request("GET", "/api/v1/nodes").body.get("items") or []
    finally:
        connection.close()
    lasting = [pod for pod in pods if pod["status"].get("phase") != "Succeeded"]
    return {
        "pods": len(lasting),
        "ready": sum(_ready(pod) for pod in lasting),
        "gpus_used": sum(_gpus(pod) for pod in lasting if pod["spec"].get("nodeName")),
        "gpus": sum(int(node["status"].get("allocatable", {}).get("nvidia.com/gpu", 0)) for node in nodes),
    }


def _ready(pod: Props) -> bool:
    conditions: list[Any] = pod["status"].get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _gpus(pod: Props) -> int:
    limits = [one.get("resources", {}).get("limits", {}) for one in pod["spec"]["containers"]]
    return sum(int(one.get("nvidia.com/gpu", 0)) for one in limits)


def _verdicts(session: Session) -> dict[str, str]:
    """What each pack says of the stack as the program describes it now."""
    from cli.operate import Verdicts, packs_of

    verdicts = Verdicts()
    sources = tuple(PackSource(pack, in_process=True) for pack in packs_of())
    preview(session.setting(verdicts, packs=sources, unknowns_fail=True), session.program())
    return verdicts.by_pack()
