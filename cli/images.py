"""`domicile images`: what a stack fetches from outside its cluster."""

from pathlib import Path

from blueprints import load
from blueprints.served.resolve import ServedPlan
from blueprints.trained.resolve import TrainedPlan
from catalog.documents import DocumentError
from cli.check import planned
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import blueprint_of
from components import mirrors
from components.targets import mirror_of


def run(stack: str, folder: Path, *, as_json: bool) -> None:
    """List the images of a stack's pods, each once, and the models that its jobs fetch.

    Raises:
        DocumentError: the stack has no plan.
    """
    made = planned.plan(folder, stack)
    if made.error:
        raise DocumentError(made.error)
    blueprint, plan = load.decide(blueprint_of(stack, folder))
    mirror = mirror_of(blueprint.target)
    prefix = f"{mirror.images}/" if mirror is not None else ""
    found = sorted({image for one in made.resources for image in mirrors.images(one.props)})
    images = [{"image": image.removeprefix(prefix), "from": image} for image in found]
    weights = plan.weights if isinstance(plan, ServedPlan | TrainedPlan) else None
    models = [{"model": name, "from": weights.hub} for name in sorted(weights.models)] if weights is not None else []
    if as_json:
        print_json({"images": images, "models": models})
        return
    for one in images:
        console().print(f"{one['image']} {one['from']}", soft_wrap=True)
    for one in models:
        console().print(f"model {one['model']} {one['from'] or 'https://huggingface.co'}", soft_wrap=True)
