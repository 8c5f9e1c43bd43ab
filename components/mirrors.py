"""Images from a registry of one's own: every pod's, whatever made it. For installations without a line to the world."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pulumi

#: where pods, and what operators make pods of, name images
LISTS, NAMES = {"containers", "initContainers"}, {"imageName"}


def mirrored(image: str, registry: str) -> str:
    """An image's name in the registry: its own, with its host, below the registry's path."""
    return image if image.startswith(f"{registry}/") else f"{registry}/{image}"


def rewritten(props: Any, registry: str) -> Any:
    """Properties of a Kubernetes object with every image's name in the registry."""
    return _renamed(props, lambda image: mirrored(image, registry))


def images(props: Any) -> list[str]:
    """Every image that an object names; what is not known yet names none."""
    found: list[str] = []

    def seen(image: str) -> str:
        found.append(image)
        return image

    _renamed(props, seen)
    return found


def _renamed(props: Any, rename: Callable[[str], str]) -> Any:
    """Properties with every image's name as another one makes it."""
    if isinstance(props, pulumi.Output):
        return cast("pulumi.Output[Any]", props).apply(lambda known: _renamed(known, rename))
    if isinstance(props, Mapping):
        return {key: _value(str(key), value, rename) for key, value in cast("Mapping[Any, Any]", props).items()}
    if isinstance(props, Sequence) and not isinstance(props, str):
        return [_renamed(one, rename) for one in cast("Sequence[Any]", props)]
    return props


def _value(key: str, value: Any, rename: Callable[[str], str]) -> Any:
    if key in NAMES and isinstance(value, str):
        return rename(value)
    found = _renamed(value, rename)
    if key in LISTS and isinstance(found, list):
        containers = cast("list[dict[str, Any]]", found)
        return [{**one, "image": rename(one["image"])} if one.get("image") else one for one in containers]
    return found


def use(registry: str) -> None:
    """Have every Kubernetes object of the stack name its images in the registry."""

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        return pulumi.ResourceTransformResult(props=rewritten(args.props, registry), opts=args.opts)

    pulumi.runtime.register_resource_transform(transform)
