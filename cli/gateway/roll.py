"""`domicile rollout`: a blueprint's candidate gets the chat model's requests, step by step, while it is no worse."""

from pathlib import Path

from blueprints import load
from cli.gateway import rollout, serve
from cli.gateway.rollout import Here, Place, RolloutError, There
from cli.output import console
from cli.subject import blueprint_of
from components.targets import KubernetesTarget
from engine.providers.kubernetes.api import Connection
from serving.rollout.observed import Limits
from stacks.clouds import kubeconfig_of

CHAT = "chat"


def run(
    stack: str, folder: Path, prometheus: str | None, pause_s: float, looks: int, *, here: bool, abort: bool
) -> int:
    """Carry it out; 0 promoted or still running, 1 rolled back.

    Raises:
        RolloutError: the blueprint has no candidate, or the rollout cannot go on.
    """
    out = console()
    file = blueprint_of(stack, folder)
    blueprint, plan = load.serving(file)
    if not any(alias.canary for alias in plan.gateway.aliases):
        message = f"{file}: models.candidate: there is none to roll out; name one and bring the stack up first"
        raise RolloutError(message)
    place: Place
    if here:
        gateway = serve.ensure(stack, file, lambda text: out.print(f"[dim]{text}[/]"))
        place, state = Here(gateway.url, gateway.folder / "rollout.json"), gateway.folder / "release.json"
    elif prometheus and isinstance(blueprint.target, KubernetesTarget):
        place = There(Connection(*kubeconfig_of(blueprint.target)), plan.name, prometheus)
        state = folder / ".pulumi" / "domicile" / "rollouts" / f"{stack}.json"
    else:
        message = "say where the gateway runs: --here, or the address of the --prometheus that watches it"
        raise RolloutError(message)
    if abort:
        release = rollout.abort(place, state, CHAT)
        out.print(f"{CHAT}: {release.state}, the canary has nothing")
        return 0
    limits = Limits(allowed_failed=round(1 - blueprint.availability_percent / 100, 6))
    release = rollout.run(place, state, CHAT, limits, tell=out.print, pause_s=pause_s, looks=looks)
    if release.state == "promoted":
        out.print(f"now make it the chat model: {file}: models.chat, and take models.candidate away")
    return 1 if release.state == "rolled back" else 0
