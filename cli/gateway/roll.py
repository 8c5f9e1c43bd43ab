"""`domicile rollout`: a blueprint's candidate gets requests, step by step, while it is no worse.

The candidate is a model, which gets the chat model's requests, or other answers: prompts, redaction, confidence.
"""

from dataclasses import dataclass
from pathlib import Path

from blueprints import load
from blueprints.served.model import Served
from blueprints.served.resolve import ServedPlan
from cli.gateway import rollout, serve
from cli.gateway.rollout import Here, Place, RolloutError, There
from cli.output import console
from cli.subject import blueprint_of
from components.targets import KubernetesTarget
from engine.providers.kubernetes.api import Connection
from serving.gateway.hooks.domicile_policy import ANSWERS
from serving.rollout.observed import Limits
from stacks.clouds import kubeconfig_of

CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is rolled out: its name for the gateway, and what to do when it is promoted."""

    name: str
    then: str


def run(
    stack: str,
    folder: Path,
    prometheus: str | None,
    pause_s: float,
    looks: int,
    *,
    here: bool,
    abort: bool,
    answers: bool,
) -> int:
    """Carry it out; 0 promoted or still running, 1 rolled back.

    Raises:
        RolloutError: the blueprint has no candidate, or the rollout cannot go on.
    """
    out = console()
    file = blueprint_of(stack, folder)
    blueprint, plan = load.serving(file)
    subject = _subject(plan, file, answers=answers)
    place, state = _place(stack, folder, file, blueprint, plan, prometheus, here=here)
    if answers:
        state = state.with_stem(f"{state.stem}-answers")
    if abort:
        release = rollout.abort(place, state, subject.name)
        out.print(f"{release.called}: {release.state}, the candidate has nothing")
        return 0
    limits = Limits(allowed_failed=round(1 - blueprint.availability_percent / 100, 6))
    release = rollout.run(place, state, subject.name, limits, tell=out.print, pause_s=pause_s, looks=looks)
    if release.state == "promoted":
        out.print(f"{file}: {subject.then}")
    return 1 if release.state == "rolled back" else 0


def _subject(plan: ServedPlan, file: Path, *, answers: bool) -> Subject:
    found = plan.gateway.candidate if answers else any(alias.canary for alias in plan.gateway.aliases)
    where = "answers.candidate" if answers else "models.candidate"
    if not found:
        message = f"{file}: {where}: there is none to roll out; name one and bring the stack up first"
        raise RolloutError(message)
    if answers:
        return Subject(ANSWERS, "write what answers.candidate says into answers, and take it away")
    return Subject(CHAT, "make it the chat model: models.chat, and take models.candidate away")


def _place(  # noqa: PLR0917 what a place may be found by
    stack: str, folder: Path, file: Path, blueprint: Served, plan: ServedPlan, prometheus: str | None, *, here: bool
) -> tuple[Place, Path]:
    """Where the gateway runs, and where its rollout is written down."""
    if here:
        gateway = serve.ensure(stack, file, lambda text: console().print(f"[dim]{text}[/]"))
        return Here(gateway.url, gateway.folder / "rollout.json"), gateway.folder / "release.json"
    if prometheus and isinstance(blueprint.target, KubernetesTarget):
        state = folder / ".pulumi" / "domicile" / "rollouts" / f"{stack}.json"
        return There(Connection(*kubeconfig_of(blueprint.target)), plan.name, prometheus), state
    message = "say where the gateway runs: --here, or the address of the --prometheus that watches it"
    raise RolloutError(message)
