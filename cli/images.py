"""`domicile images`: what a stack fetches from outside its cluster."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from blueprints import load
from catalog.documents import DocumentError
from cli.check import planned
from cli.output import as_json as print_json
from cli.output import console
from cli.subject import blueprint_of
from components.mirrors import LISTS, NAMES


def run(stack: str, folder: Path, *, as_json: bool) -> None:
    """List the images of a stack's pods, each once, and the models that its jobs fetch.

    Raises:
        DocumentError: the stack has no plan.
    """
    plan = planned.plan(folder, stack)
    if plan.error:
        raise DocumentError(plan.error)
    target = load.load(blueprint_of(stack, folder)).blueprint.target
    mirror = getattr(target, "mirror", None)
    prefix = f"{mirror.images}/" if mirror is not None else ""
    found = sorted({image for one in plan.resources for image in _images(one.props)})
    images = [{"image": image.removeprefix(prefix), "from": image} for image in found]
    models = [{"model": name, "from": mirror.models if mirror else ""} for name in sorted(_models(plan))]
    if as_json:
        print_json({"images": images, "models": models})
        return
    for one in images:
        console().print(f"{one['image']} {one['from']}", soft_wrap=True)
    for one in models:
        console().print(f"model {one['model']} {one['from'] or 'https://huggingface.co'}", soft_wrap=True)


def _images(props: Any) -> Iterator[str]:
    """Every image that an object names."""
    if isinstance(props, Mapping):
        for key, value in cast("Mapping[str, Any]", props).items():
            if key in NAMES and isinstance(value, str):
                yield value
            elif key in LISTS and isinstance(value, list):
                containers = cast("list[dict[str, Any]]", value)
                yield from (str(one["image"]) for one in containers if one.get("image"))
            else:
                yield from _images(value)
    elif isinstance(props, Sequence) and not isinstance(props, str):
        for one in cast("Sequence[Any]", props):
            yield from _images(one)


def _models(plan: planned.Planned) -> set[str]:
    """Models that a job fetches from a hub, as its command names them."""
    words = (
        str(word).split()
        for one in plan.resources
        if one.type.endswith(":Job") and one.name.startswith("weights")
        for container in one.props["spec"]["template"]["spec"]["containers"]
        for word in container["command"]
    )
    return {found[at + 1] for found in words for at, word in enumerate(found) if word == "download"}
