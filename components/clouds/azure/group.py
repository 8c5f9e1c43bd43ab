"""What every Azure component of a platform needs: where it goes, and the identity that reaches the keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi import Input, Output

#: built-in roles. Source: Azure, "Built-in roles"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
KEY_ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
KEY_USER = "12338af0-0e69-4776-bea7-57ae8d297424"


@dataclass(slots=True, kw_only=True)
class Group:
    """A resource group in a region.

    ``identity`` may use the keys, ``client`` is its client id, ``disks`` are disk encryption sets by key, ``names``
    are private DNS zones by their name: they are filled in as the kit makes what they come from.
    """

    name: Input[str]
    region: str
    subscription: str
    tenant: str
    identity: Input[str] = ""
    client: Input[str] = ""
    disks: Input[Mapping[str, str]] = field(default_factory=dict[str, str])
    names: dict[str, Output[str]] = field(default_factory=dict[str, Output[str]])

    @property
    def place(self) -> dict[str, Any]:
        """The resource group and the region of a resource."""
        return {"resource_group_name": self.name, "location": self.region}

    def may_use_keys(self) -> Any:
        """The identity block of a resource that encrypts with our key."""
        return {"type": "UserAssigned", "user_assigned_identities": [self.identity]}

    def may_use_keys_by_id(self) -> Any:
        """The same, for resources that take identities as a map."""
        return {"type": "UserAssigned", "user_assigned_identities": Output.from_input(self.identity).apply(_keyed)}

    def disk_set(self, key: Input[str]) -> Output[str]:
        """The disk encryption set of a key."""
        return Output.all(key, self.disks).apply(lambda found: str(found[1][found[0]]))


def _keyed(identity: str) -> dict[str, dict[str, str]]:
    return {identity: {}}


def vault_of(key: Input[str]) -> Output[str]:
    """The vault of a key, from the key's URI `https://<vault>/keys/<name>`."""
    return Output.from_input(key).apply(lambda uri: uri.partition("/keys/")[0])


def name_of(key: Input[str]) -> Output[str]:
    """The name of a key, from its URI."""
    return Output.from_input(key).apply(lambda uri: uri.partition("/keys/")[2].partition("/")[0])


def role(subscription: str, id_: str) -> str:
    """The id of a built-in role."""
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id_}"
