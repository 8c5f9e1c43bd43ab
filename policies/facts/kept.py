"""What keeps data, and with whose key."""

import functools
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from policies import values
from policies.resource import Resource, base_type
from policies.tables import rows


class Paths(NamedTuple):
    """Of ``always`` one must name a key; of each block in ``blocks`` one must, where the block is there."""

    always: tuple[str, ...]
    blocks: dict[str, tuple[str, ...]]


class KeptFact:
    """A resource whose SDK lets it be encrypted with a key of one's own."""

    def __init__(self, resource: Resource, paths: Paths) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource
        self._paths = paths

    @classmethod
    def of(cls, resource: Resource) -> "KeptFact | None":
        """The fact of a type in the table of keys."""
        paths = table().get(base_type(resource.type))
        return cls(resource, paths) if paths is not None else None

    def missing(self) -> Iterator[str]:
        """Where a key should stand and none does. A key that is computed is there."""
        props = self.resource.props
        always, blocks = self._paths
        if always and not any(values.present(props, path) for path in always):
            yield min(always, key=len)
        for block, leaves in blocks.items():
            if not block.endswith("[]") and self._elsewhere(block):
                continue
            for at, inside in values.each(props, block):
                if not values.unknown(inside) and not any(values.present(inside, leaf) for leaf in leaves):
                    yield f"{at}.{min(leaves, key=len)}"

        if values.truth(props.get("performanceInsightsEnabled")) and not props.get("performanceInsightsKmsKeyId"):
            yield "performanceInsightsKmsKeyId"

    def _elsewhere(self, block: str) -> bool:
        """Whether a key stands deeper in the block, where a list of it holds the data instead."""
        inner = [(other, leaf) for other, leaves in self._paths.blocks.items() for leaf in leaves]
        return any(
            values.present(self.resource.props, f"{other}.{leaf}")
            for other, leaf in inner
            if other.startswith(f"{block}.")
        )


@functools.cache
def table() -> dict[str, Paths]:
    """The paths of each type, by its token."""
    found: dict[str, Paths] = {}
    for row in rows("keys"):
        cut = [_cut(path) for path in row["where_present"].split()]
        groups = {
            block: tuple(leaf for _, leaf in pairs)
            for block, pairs in itertools.groupby(sorted(cut), lambda one: one[0])
        }
        found[row["type"]] = Paths(tuple(row["always"].split()), groups)
    return found


def _cut(path: str) -> tuple[str, str]:
    """The block that holds data, and the way from it to the key."""
    head, mark, tail = path.rpartition("[].")
    if mark:
        return f"{head}[]", tail
    first, _, rest = path.partition(".")
    return first, rest
