"""`domicile destroy --proof`: what was deleted, looked at again, and what is left, as a statement for later."""

import datetime as dt
import getpass
import hashlib
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blueprints import load
from blueprints.governed import Governed
from catalog.documents import DocumentError
from cli.subject import blueprint_of
from engine import urn as urns
from engine.errors import EngineError
from engine.providers.contract import Provider, Subject
from engine.session import Session
from engine.state.resource import ResourceState
from engine.values import Props, reveal

GONE, THERE, UNSEEN = "gone", "still there", "not looked at"
#: packages whose resources are nowhere but in the state
NOWHERE = {"pulumi", "random", "tls", "command"}
SETS, CLAIM, VOLUME = "kubernetes:apps/v1:StatefulSet", "core/v1:PersistentVolumeClaim", "core/v1:PersistentVolume"
#: what outlives its deletion, by type. Sources: the vendors' documentation of deleting keys and vaults
OUTLIVES: dict[str, Callable[[Props], str]] = {
    "aws:kms/key:Key": lambda one: f"AWS deletes a key {one.get('deletionWindowInDays') or 30} days later",
    "gcp:kms/cryptoKey:CryptoKey": lambda _: "Google Cloud keeps a key's name and destroys its versions later",
    "azure-native:keyvault:Vault": lambda _: "Azure keeps a deleted vault until its soft-delete days are over",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource that was deleted, and what a look at its place found."""

    urn: str
    type: str
    id: str
    seen: str
    why: str = ""


class Witness:
    """Remembers a stack before it is destroyed, and looks again afterwards."""

    def __init__(self, session: Session) -> None:
        """Remember its resources, and the volumes that its sets of pods claimed: no state has these."""
        self.session = session
        self.begun = _now()
        self.resources = session.store.load().resources
        with _asking(session, self.resources) as ask:
            self.volumes = tuple(_volumes(ask, self.resources))

    def statement(self, *, ok: bool) -> dict[str, Any]:
        """What became of everything; ``complete`` where all of it was seen to be gone. What ``outlives`` it is told."""
        left = {one.urn for one in self.session.store.load().resources} if self.session.store.exists() else set[str]()
        with _asking(self.session, self.resources) as ask:
            deleted = [_seen(ask, one, kept=one.urn in left) for one in self.resources if _counts(one)]
            volumes = [(claim, volume, _there(ask, beside, VOLUME, volume)) for claim, volume, beside in self.volumes]
        remains = [
            f"{one.id}: {OUTLIVES[one.type](reveal(one.inputs))}" for one in self.resources if one.type in OUTLIVES
        ]
        remains += [f"{one.id}: kept on purpose (retainOnDelete)" for one in self.resources if one.retain_on_delete]
        found: dict[str, Any] = {
            "stack": self.session.stack,
            "project": self.session.project.name,
            **self._blueprint(),
            "by": getpass.getuser(),
            "begun": self.begun,
            "ended": _now(),
            "rehearsal": self.session.rehearsal is not None,
            "deleted": [asdict(one) for one in deleted],
            "volumes": [{"claim": claim, "volume": volume, "seen": seen} for claim, volume, seen in volumes],
            "outlives": remains,
            "complete": ok and all(one.seen == GONE for one in deleted) and all(seen == GONE for *_, seen in volumes),
        }
        text = json.dumps(found, sort_keys=True, ensure_ascii=False)
        return {**found, "sha256": hashlib.sha256(text.encode()).hexdigest()}

    def _blueprint(self) -> dict[str, Any]:
        """Whose it was, and which data it had."""
        try:
            file = blueprint_of(self.session.stack, self.session.project.root)
            content = load.load(file).blueprint
        except (EngineError, DocumentError, OSError):
            return {}
        told: dict[str, Any] = {
            "blueprint": str(file.relative_to(self.session.project.root)),
            "blueprint_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        if isinstance(content, Governed):
            data = content.data
            told |= {
                "owner": content.owner.model_dump(),
                "data": {"class": data.class_, "jurisdictions": list(data.jurisdictions)},
            }
        return told


def words(statement: dict[str, Any], file: Path) -> Iterator[str]:
    """What a person is told of a statement."""
    kinds = {name: sum(one["seen"] == name for one in statement["deleted"]) for name in (GONE, THERE, UNSEEN)}
    told = ", ".join(f"{count} {name}" for name, count in kinds.items() if count)
    yield f"{file}: {told or 'nothing was there'}; {'complete' if statement['complete'] else 'not complete'}"
    for one in statement["deleted"]:
        if one["seen"] != GONE:
            yield f"  {one['seen']}: {one['type']} {one['id']} {one['why']}".rstrip()
    for one in statement["volumes"]:
        if one["seen"] != GONE:
            yield f"  {one['seen']}: volume {one['volume']} of {one['claim']}: delete it, its class does not"
    yield from (f"  outlives it: {one}" for one in statement["outlives"])


Asks = Callable[[ResourceState], Provider | None]


@contextmanager
def _asking(session: Session, resources: list[ResourceState]) -> Generator[Asks]:
    """Providers that answer while it lasts."""
    registry = session.registry(dry=False)
    registry.remember(resources)
    try:
        yield lambda state: registry.of(state.provider, state.type)
    finally:
        registry.close()


def _counts(state: ResourceState) -> bool:
    package = state.type.partition(":")[0]
    return state.custom and not state.external and not urns.is_provider(state.type) and package not in NOWHERE


def _seen(ask: Asks, state: ResourceState, *, kept: bool) -> Seen:
    """Whether a resource is still where it was; who may not ask says so."""
    why = "the state still has it" if kept else ""
    try:
        provider = ask(state)
        if provider is None:
            return Seen(state.urn, state.type, state.id, UNSEEN, why or "nobody here can read it")
        subject = Subject(state.urn, state.type, urns.name_of(state.urn), state.id)
        found = provider.read(subject, reveal(state.inputs), reveal(state.outputs))
    except EngineError as error:
        return Seen(state.urn, state.type, state.id, UNSEEN, str(error))
    return Seen(state.urn, state.type, state.id, GONE if found is None else THERE, why)


def _volumes(ask: Asks, resources: list[ResourceState]) -> Iterator[tuple[str, str, ResourceState]]:
    """Claims of pods with the volumes behind them, and a resource of the same cluster to ask by."""
    for state in resources:
        for namespace, name in _claims(state):
            claim: Any = _read(ask, state, CLAIM, f"{namespace}/{name}")
            volume = str(claim["spec"].get("volumeName") or "") if claim else ""
            if volume:
                yield f"{namespace}/{name}", volume, state


def _claims(state: ResourceState) -> Iterator[tuple[str, str]]:
    """The claims that a set of pods makes by itself, and those that the stack made."""
    outputs: Any = reveal(state.outputs)
    meta: Props = outputs.get("metadata") or {}
    spec: Props = outputs.get("spec") or {}
    if state.type == f"kubernetes:{CLAIM}":
        yield meta["namespace"], meta["name"]
    elif state.type == SETS:
        for template in spec.get("volumeClaimTemplates") or ():
            for number in range(int(spec.get("replicas") or 1)):
                yield meta["namespace"], f"{template['metadata']['name']}-{meta['name']}-{number}"


def _there(ask: Asks, state: ResourceState, kind: str, name: str) -> str:
    try:
        return GONE if _read(ask, state, kind, name) is None else THERE
    except EngineError:
        return UNSEEN


def _read(ask: Asks, state: ResourceState, kind: str, name: str) -> Props | None:
    """An object of the cluster that a resource is in; None where it is not there."""
    provider = ask(state)
    if provider is None:
        return None
    found = provider.read(Subject(state.urn, f"kubernetes:{kind}", name, name), {}, {})
    return found.outputs if found is not None else None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
