"""Reasons against a workload that decides, beyond what one field shows. Pure."""

from collections.abc import Iterator

from blueprints import governed
from blueprints.refusal import Reason
from blueprints.scored.model import Model, Scored
from blueprints.written import DataClass
from catalog.inventory import Inventory


def reasons(
    blueprint: Scored, inventory: Inventory, classes: tuple[str, ...] | None, *, in_house: bool
) -> list[Reason]:
    """All of them; ``in_house`` says whether the target's machines are the owner's."""
    found = [
        *governed.refused(blueprint, inventory, classes),
        *_outcomes(blueprint),
        *_rules(blueprint),
        *_model(blueprint, blueprint.model, "model"),
        *_looked_up(blueprint),
        *_elsewhere(blueprint),
        *blueprint.refusals(),
    ]
    if blueprint.challenger is not None:
        found += _model(blueprint, blueprint.challenger, "challenger")
    if blueprint.stays_in_house and not in_house:
        found.append(Reason(("target",), blueprint.stays_in_house))
    return found


def _outcomes(blueprint: Scored) -> Iterator[Reason]:
    bounds = [one.at_least for one in blueprint.outcomes]
    names = [one.name for one in blueprint.outcomes]
    if min(bounds) > 0:
        text = f"a score below {min(bounds):g} means nothing: one outcome begins at 0"
        yield Reason(("outcomes",), text)
    for index, one in enumerate(blueprint.outcomes):
        if one.at_least in bounds[:index]:
            yield Reason(("outcomes", index, "at_least"), f"another outcome begins at {one.at_least:g} too")
        if one.name in names[:index]:
            yield Reason(("outcomes", index, "name"), f"'{one.name}' stands there twice: give each its own")
    if not blueprint.verdicts:
        yield Reason(("outcomes",), "people have nothing to say: one outcome needs none of them")
    if blueprint.otherwise not in names:
        yield Reason(("otherwise",), f"'{blueprint.otherwise}' is no outcome; there are {', '.join(names)}")


def _rules(blueprint: Scored) -> Iterator[Reason]:
    names = [one.name for one in blueprint.outcomes]
    kinds = blueprint.kinds
    for index, rule in enumerate(blueprint.rules):
        kind = kinds.get(rule.field)
        if rule.outcome not in names:
            yield Reason(("rules", index, "outcome"), f"'{rule.outcome}' is no outcome; there are {', '.join(names)}")
        if kind is None:
            text = f"no request has '{rule.field}'; it has {', '.join(kinds)}"
            yield Reason(("rules", index, "field"), text)
        elif kind in {"tensor", "secret"} or (kind == "key") != (rule.equals is not None):
            text = f"'{rule.field}' is a {kind}: rules compare numbers with bounds and keys with texts"
            yield Reason(("rules", index, "field"), text)


def _model(blueprint: Scored, model: Model, where: str) -> Iterator[Reason]:
    kinds = blueprint.kinds
    for index, one in enumerate(model.inputs):
        wanted = "tensor" if one.field else "number"
        for name in (one.field,) if one.field else tuple(one.fields):
            if kinds.get(name) != wanted:
                known = ", ".join(key for key, kind in kinds.items() if kind == wanted) or "none"
                text = f"'{name}' is no {wanted} of a request; there are {known}"
                yield Reason((where, "inputs", index, "field" if one.field else "fields"), text)
    if model.index is not None and model.index >= model.score.size:
        text = f"'{model.score.name}' has {model.score.size} numbers, the first is 0"
        yield Reason((where, "index"), text)
    if model.format == "tensorrt" and not model.gpu:
        yield Reason((where, "gpu"), "TensorRT's plans run on GPUs: say true, or give the model as ONNX")
    if where == "challenger" and (model.name, model.version) == (blueprint.model.name, blueprint.model.version):
        yield Reason((where, "version"), "it is the version that decides: name another")


def _looked_up(blueprint: Scored) -> Iterator[Reason]:
    wanted = blueprint.looked_up
    if wanted is None:
        return
    kinds = {one.name: one.type for one in blueprint.values}
    if kinds.get(wanted.field) not in {"key", "secret"}:
        known = ", ".join(name for name, kind in kinds.items() if kind in {"key", "secret"}) or "none"
        yield Reason(("features", "field"), f"'{wanted.field}' is no key or secret of a request; there are {known}")
    for name in sorted(set(wanted.names) & set(kinds)):
        yield Reason(("features", "names"), f"'{name}' stands in the request too: give one of them another name")


def _elsewhere(blueprint: Scored) -> Iterator[Reason]:
    """A model elsewhere that computes where the data may not be, or is shown what no fingerprint hides."""
    other = blueprint.elsewhere
    if other is None:
        return
    allowed, at = blueprint.data.jurisdictions, "central" if blueprint.asked_first else "burst"
    if other.country not in allowed:
        text = f"it computes in {other.country}, the data must stay in {', '.join(allowed)}: choose one there"
        yield Reason((at, "country"), text)
    if blueprint.data.class_ == DataClass.RESTRICTED and any(one.field for one in blueprint.model.inputs):
        text = "restricted tensors go nowhere else: no fingerprint stands for them"
        yield Reason((at, "address"), text)
