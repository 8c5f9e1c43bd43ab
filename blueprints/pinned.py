"""Models that somebody has approved: by revision, by digest, or as a version of a registry. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from blueprints.refusal import Reason
from blueprints.written import Country, Written
from components import outside
from serving.weights import Pin, Registered

Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$", description="Of its files: others are not served.")]


class Registry(Written):
    """An MLflow registry, and where it keeps what it has."""

    address: Annotated[
        str,
        Field(
            pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._-]+)*$",
            description="As https://mlflow.example.com, or http://mlflow.ml.svc:5000 in the cluster.",
        ),
    ]
    country: Annotated[Country, Field(description="Where it keeps models.")]


#: registries, each with the place where a blueprint names it
Registries = tuple[tuple[tuple[str | int, ...], Registry], ...]


class RegisteredModel(Registry):
    """A version of a model in an MLflow registry."""

    name: Annotated[str, Field(pattern=r"^[^/:]{1,200}$")]
    version: Annotated[int, Field(gt=0)]
    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]*$", description="Where its files begin.")] = ""
    approved: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]*$", description="The alias that must stand for the version.")
    ] = ""
    licence: Annotated[str, Field(description="What the version's tag `licence` must say.")] = ""

    def pin(self, model: str, digest: str) -> Pin:
        """As the job that fetches takes it, into the folder of a model."""
        return Pin(model=model, digest=digest, registered=Registered(**self.model_dump(exclude={"country"})))


class Pinned(Written):
    """A model as it was approved. `domicile digest` says a folder's digest, the job that fetches says it in its log.

    One of a ``registry`` comes from there: tuned, it is sized as the model that it was tuned from.
    """

    model: Annotated[str, Field(description="As the blueprint names it.")]
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40})?$", description="A commit at the hub.")] = ""
    digest: Digest = ""
    registry: RegisteredModel | None = None

    @property
    def pin(self) -> Pin:
        """As the job that fetches takes it."""
        if self.registry:
            return self.registry.pin(self.model, self.digest)
        return Pin(model=self.model, revision=self.revision, digest=self.digest)


def unregistered(registries: Registries, jurisdictions: Sequence[str]) -> Iterator[Reason]:
    """Registries that keep models where data may not be, or are asked in the open."""
    for path, one in registries:
        if one.country not in jurisdictions:
            text = (
                f"it keeps models in {one.country}, what was learnt from data must stay in {', '.join(jurisdictions)}"
            )
            yield Reason((*path, "country"), f"{text}: use a registry there")
        if outside.in_the_open(one.address):
            text = f"outside the cluster it is asked over TLS: {outside.REMEDY}"
            yield Reason((*path, "address"), text)


def pinned_from(pinned: Sequence[Pinned]) -> Registries:
    """The registries that pinned models come from, with their places."""
    return tuple((("pinned", index, "registry"), one.registry) for index, one in enumerate(pinned) if one.registry)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a platform shares of this: the address of its registry, blank where it has none, and who may ask it."""

    platform: str
    address: str
    namespaces: tuple[str, ...]


def closed(registries: Registries, shared: Shared, namespace: str) -> Iterator[Reason]:
    """Registries in the platform's namespace that are not there, or do not let this namespace in."""
    for path, one in registries:
        host = urlsplit(one.address).hostname or ""
        if not outside.inside(one.address) or host.split(".")[1] != shared.platform:
            continue
        at = (*path, "address")
        if not shared.address:
            text = f"the platform '{shared.platform}' has no registry of models: give it stores.tracking"
            yield Reason(at, text)
        elif one.address != shared.address:
            yield Reason(at, f"the registry of the platform '{shared.platform}' is {shared.address}")
        elif namespace not in shared.namespaces:
            text = f"it answers the namespaces of the platform's identities, and '{namespace}' has none: add one there"
            yield Reason(at, text)


def unpinned(pinned: Sequence[Pinned], used: Sequence[str]) -> Iterator[Reason]:
    """Pins of models that the blueprint does not use, or that say nothing."""
    for index, one in enumerate(pinned):
        if one.model not in used:
            text = f"'{one.model}' is no model of this blueprint; it has {', '.join(used)}"
            yield Reason(("pinned", index, "model"), text)
        elif one.registry and one.revision:
            text = "a version of a registry has no revision at the hub: leave one of them out"
            yield Reason(("pinned", index, "revision"), text)
        elif not one.revision and not one.digest and not one.registry:
            yield Reason(
                ("pinned", index), "it pins nothing: state the revision, the digest or both, or a registry's version"
            )
