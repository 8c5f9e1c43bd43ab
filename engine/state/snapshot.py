"""A stack's recorded state: resources in dependency order, and operations that were under way."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from engine.errors import StateError
from engine.state import resource as resource_json
from engine.state.resource import ResourceState
from engine.state.secrets import Crypter, provider_record
from engine.values import Props, is_map

VERSION = 3
CREATING = "creating"
UPDATING = "updating"
DELETING = "deleting"
READING = "reading"
IMPORTING = "importing"


@dataclass(slots=True)
class PendingOperation:
    """An operation that had begun when the state was written; its outcome is not known."""

    resource: ResourceState
    type: str


@dataclass(slots=True)
class Snapshot:
    """The latest deployment of a stack."""

    resources: list[ResourceState] = field(default_factory=list[ResourceState])
    pending: list[PendingOperation] = field(default_factory=list[PendingOperation])
    metadata: Props = field(default_factory=dict[str, Any])

    def find(self, urn: str) -> ResourceState | None:
        """The live resource of that name, if there is one."""
        return next((one for one in self.resources if one.urn == urn and not one.delete), None)

    def outputs(self) -> Props:
        """The outputs of the root stack resource."""
        root = next((one for one in self.resources if one.type == "pulumi:pulumi:Stack"), None)
        return root.outputs if root else {}

    def check(self) -> None:
        """Refuse a state that would lead to loss: Pulumi's VerifyIntegrity.

        Raises:
            StateError: names the resource and what is wrong with it.
        """
        seen: set[str] = set()
        live: set[str] = set()
        for one in self.resources:
            problem = _problem(one, seen, live)
            if problem:
                message = (
                    f"the state is not consistent: {one.urn or 'a resource'} {problem}. "
                    "Restore a copy from .pulumi/backups with `domicile state import`, or repair an export of it."
                )
                raise StateError(message)
            seen.add(one.urn)
            if not one.delete:
                live.add(one.urn)


def _problem(one: ResourceState, seen: set[str], live: set[str]) -> str | None:
    if not one.urn or not one.type:
        return "has no name or no type"
    if one.urn in live and not one.delete:
        return "is recorded twice"
    if not one.custom and one.id:
        return "is a component and has an id"
    if one.custom and not one.id and not one.delete and not one.external:
        return "has no id"
    for needed in sorted(one.references()):
        if needed not in seen:
            return f"needs {needed}, which is not recorded before it"
    return None


def to_json(snapshot: Snapshot, stack: str, crypter: Crypter, version: str, time: str) -> Props:
    """Write a checkpoint; ``stack`` is the full name, ``organization/<project>/<stack>``."""
    return {
        "version": VERSION,
        "checkpoint": {"stack": stack, "latest": deployment_json(snapshot, crypter, version, time)},
    }


def deployment_json(snapshot: Snapshot, crypter: Crypter, version: str, time: str) -> Props:
    """Write a deployment, the part that `pulumi stack export` shows."""

    def record(one: ResourceState) -> Props:
        made = resource_json.to_json(one)
        return {
            **made,
            **{key: crypter.seal(made[key], f"{one.urn}.{key}") for key in ("inputs", "outputs") if key in made},
        }

    deployment: Props = {
        "manifest": {"time": time, "magic": hashlib.sha256(version.encode()).hexdigest(), "version": version},
        "secrets_providers": provider_record(crypter),
        "resources": [record(one) for one in snapshot.resources],
        "pending_operations": [{"resource": record(one.resource), "type": one.type} for one in snapshot.pending],
        "metadata": snapshot.metadata,
    }
    return {key: value for key, value in deployment.items() if value != [] or key == "metadata"}


def deployment_of(document: Props, where: str) -> Props:
    """The deployment inside a checkpoint or an export.

    Raises:
        StateError: it is of a version this engine does not know, or not a checkpoint at all.
    """
    version = document.get("version")
    inner: Any = document.get("checkpoint", document)
    if version not in (VERSION, 4) or not is_map(inner):
        message = f"{where}: checkpoint version {version!r} is not known here; this engine reads version {VERSION}"
        raise StateError(message)
    holder = inner
    if version == 4 and holder.get("features"):
        names = ", ".join(map(str, holder["features"]))
        message = f"{where}: the checkpoint uses features this engine does not know: {names}; use the Pulumi CLI"
        raise StateError(message)
    deployment: Any = holder.get("latest") if "checkpoint" in document else holder.get("deployment")
    return deployment or {}


def from_json(deployment: Props, crypter: Crypter) -> Snapshot:
    """Read a deployment and open its secrets.

    Raises:
        StateError: a secret cannot be opened.
    """

    def load(record: Props) -> ResourceState:
        one = resource_json.from_json(record)
        one.inputs = crypter.unseal(one.inputs, f"{one.urn}.inputs")
        one.outputs = crypter.unseal(one.outputs, f"{one.urn}.outputs")
        return one

    resources: list[Props] = deployment.get("resources") or []
    pending: list[Props] = deployment.get("pending_operations") or []
    return Snapshot(
        resources=[load(record) for record in resources],
        pending=[PendingOperation(load(record["resource"]), record["type"]) for record in pending],
        metadata=deployment.get("metadata") or {},
    )


def salt_of(deployment: Props) -> str | None:
    """The salt of the passphrase provider, if the deployment names one.

    Raises:
        StateError: its secrets are held by another provider.
    """
    provider: Props = deployment.get("secrets_providers") or {}
    if not provider or not provider.get("type"):
        return None
    if provider["type"] != "passphrase":
        message = (
            f"the stack's secrets are held by the '{provider['type']}' provider; this engine opens 'passphrase' only. "
            "Use the Pulumi CLI, or change it with `pulumi stack change-secrets-provider passphrase`"
        )
        raise StateError(message)
    return provider["state"]["salt"]
