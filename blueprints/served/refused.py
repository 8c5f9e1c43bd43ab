"""Reasons against a served workload that need no accelerators to be looked at. Pure."""

from collections.abc import Iterator

from blueprints import governed, pinned
from blueprints.refusal import Reason
from blueprints.served import adapters, retrieval
from blueprints.served.model import Served
from blueprints.served.roles import Part
from blueprints.written import DataClass
from catalog.inventory import Inventory
from components import outside
from serving.engines.contract import Serve
from serving.engines.table import ENGINES


def reasons(blueprint: Served, inventory: Inventory, classes: tuple[str, ...] | None) -> list[Reason]:
    """All of them; ``classes`` are the classes of data the target has keys for, None where any will do."""
    return [
        *governed.refused(blueprint, inventory, classes),
        *_engines(blueprint),
        *_outside(blueprint),
        *_teams(blueprint),
        *_traces(blueprint),
        *pinned.unpinned(blueprint.pinned, tuple(role.model for role in blueprint.roles())),
        *adapters.refused(
            blueprint.adapters,
            blueprint.roles(),
            sleeps=blueprint.scales.sleep is not None,
        ),
        *retrieval.refused(blueprint),
        *_similar(blueprint),
        *_following(blueprint),
        *blueprint.refusals(),
    ]


def _similar(blueprint: Served) -> Iterator[Reason]:
    """Questions that are found alike, where no answer is kept or nothing makes vectors."""
    said, path = blueprint.answers, ("answers", "similar")
    if said.similar is None:
        return
    if not said.cache_minutes:
        yield Reason(path, "no answer is kept that could be given again: state `cache_minutes`")
    if not any(role.task == "embed" for role in blueprint.roles()):
        yield Reason(path, "this workload has no model that makes vectors: only answers to equal questions can be kept")


def _following(blueprint: Served) -> Iterator[Reason]:
    """What a kind needs, the answers' candidate needs too."""
    following = blueprint.following
    for reason in following.refusals() if following else ():
        if reason.path[:1] == ("answers",):
            yield Reason(("answers", "candidate", *reason.path[1:]), reason.text)


def _engines(blueprint: Served) -> Iterator[Reason]:
    """What the models' engines cannot do."""
    for role in blueprint.roles():
        if not role.generates:
            continue
        path = role.path if role.part is Part.CANDIDATE else (*role.path[:-1], "engine")
        wanted = Serve(
            name=role.name,
            path="",
            task="generate",
            precision=role.precision,
            accelerators=1,
            max_model_len=1,
            max_num_seqs=1,
        )
        if role.part is not Part.FALLBACK:
            yield from (Reason(path, text) for text in ENGINES[role.engine].refusals(wanted))


def _outside(blueprint: Served) -> Iterator[Reason]:
    """An endpoint that computes where the data may not be, or that restricted data would leave the house for."""
    found = blueprint.outside
    if found is None:
        return
    endpoint = found.endpoint
    if blueprint.data.class_ == DataClass.RESTRICTED:
        text = "data of the class `restricted` go to no endpoint outside: use another"
        yield Reason((*found.path, "kind"), text)
    elif endpoint.country not in blueprint.data.jurisdictions:
        text = f"it computes in {endpoint.country}, the data must stay in {', '.join(blueprint.data.jurisdictions)}"
        yield Reason((*found.path, "country"), f"{text}: choose an endpoint there, or a model of your own")


def _traces(blueprint: Served) -> Iterator[Reason]:
    """Spans that would leave the jurisdiction, or the cluster in the open."""
    said = blueprint.traces
    if said is None:
        return
    if said.country not in blueprint.data.jurisdictions:
        text = f"they would be kept in {said.country}, the data must stay in {', '.join(blueprint.data.jurisdictions)}"
        yield Reason(("traces", "country"), f"{text}: choose a collector there")
    if outside.in_the_open(said.endpoint):
        text = f"outside the cluster spans go over TLS: {outside.REMEDY}"
        yield Reason(("traces", "endpoint"), text)


def _teams(blueprint: Served) -> Iterator[Reason]:
    """Teams whose models are none of the blueprint's, or that go by the name of one of its jobs."""
    known = [role.name for role in blueprint.roles() if role.part is not Part.CANDIDATE]
    known += [one.alias for one in blueprint.adapters]
    if not known and blueprint.outside is not None:
        known.append(blueprint.outside.alias)
    for index, team in enumerate(blueprint.access.teams):
        unknown = sorted(set(team.models) - set(known))
        if unknown:
            text = f"{', '.join(unknown)} is no model of this blueprint; it has {', '.join(known)}"
            yield Reason(("access", "teams", index, "models"), text)
