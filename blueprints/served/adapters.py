"""What a model has learnt beside its weights: LoRA adapters, each under an alias of its own. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from blueprints.pinned import Digest, RegisteredModel
from blueprints.refusal import Reason
from blueprints.served.roles import Part, Role
from blueprints.written import Name, Written
from serving.engines.table import ENGINES
from serving.gateway.spec import Alias
from serving.weights import Pin

#: the ranks that vLLM keeps room for (docs.vllm.ai, `--max-lora-rank`)
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
DEFAULT = 16


class Adapter(Written):
    """An adapter of a model of this blueprint, from an MLflow registry. Its answers count for the model's load."""

    alias: Name
    of: Annotated[str, Field(description="The alias of the model that it was learnt for.")]
    registry: RegisteredModel
    digest: Digest = ""
    rank: Annotated[int, Field(gt=0, le=512, description="Of its matrices, at the most.")] = DEFAULT

    @property
    def folder(self) -> str:
        """Where its files are in the volume of weights."""
        return f"adapters/{self.alias}"

    @property
    def pin(self) -> Pin:
        """As the job that fetches takes it."""
        return self.registry.pin(self.folder, self.digest)


def of(adapters: Sequence[Adapter], role: str) -> tuple[tuple[str, str], ...]:
    """A server's adapters, by alias and folder."""
    return tuple((one.alias, one.folder) for one in adapters if one.of == role)


def rank(adapters: Sequence[Adapter], role: str) -> int:
    """The rank that a server keeps room for."""
    most = max((one.rank for one in adapters if one.of == role), default=DEFAULT)
    return next(known for known in RANKS if known >= most)


def aliases(adapters: Sequence[Adapter], known: Sequence[Alias]) -> tuple[Alias, ...]:
    """Their aliases: as their models', whose servers know them by their own names."""
    by_name: Mapping[str, Alias] = {one.name: one for one in known}
    return tuple(
        replace(
            by_name[one.of],
            name=one.alias,
            backends=tuple(replace(backend, model=one.alias) for backend in by_name[one.of].backends),
            canary=None,
            escalate="",
        )
        for one in adapters
        if one.of in by_name
    )


def refused(adapters: Sequence[Adapter], roles: Sequence[Role], *, sleeps: bool) -> Iterator[Reason]:
    """Adapters of models that are not there or cannot have any, and aliases that mean two things."""
    able = {role.name: role for role in roles if role.generates and role.part is not Part.CANDIDATE}
    taken = [role.name for role in roles]
    for index, one in enumerate(adapters):
        at = ("adapters", index)
        if one.alias in taken:
            yield Reason((*at, "alias"), f"'{one.alias}' stands there twice: give each its own")
        taken.append(one.alias)
        role = able.get(one.of)
        if role is None:
            yield Reason((*at, "of"), f"'{one.of}' is no model that answers; there are {', '.join(able) or 'none'}")
        elif "adapters" not in ENGINES[role.engine].capabilities:
            yield Reason((*at, "of"), f"{role.engine} serves no adapters: choose vllm or sglang for '{one.of}'")
        elif sleeps and role.part is Part.MAIN:
            yield Reason((*at, "of"), f"'{one.of}' sleeps when nobody asks for it, whoever asks for its adapters")
