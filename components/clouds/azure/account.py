"""A storage account that is private, of one region, encrypted with our key."""

import re
from dataclasses import dataclass
from typing import Any

import pulumi_azure_native as azure
from pulumi import Input

from components.clouds.azure import group as groups
from components.clouds.azure.group import Group, vault_of
from components.core import Component
from components.ownership import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``kind`` is StorageV2, FileStorage or BlockBlobStorage; ``folders`` makes its blobs files and directories.

    ``reachable`` lets in who is signed in from anywhere; otherwise only private endpoints do.
    ``suffix`` sets the name of a second account apart.
    """

    tags: dict[str, str]
    key: Input[str]
    kind: str = "StorageV2"
    sku: str = "Standard_ZRS"
    folders: bool = False
    encrypted_transfer: bool = True
    reachable: bool = False
    suffix: str = ""


def short(text: str) -> str:
    """A storage account's name from a text: 3 to 24 lower-case letters and digits, the same for the same text."""
    return f"{re.sub(r'[^a-z0-9]', '', text.lower())[:16]}{digest(text)[:8]}"


def name_of(seed: str, group: Group) -> str:
    """The name of the account that is made from a seed in a group's subscription."""
    return short(f"{seed}{group.subscription}")


def build(owner: Component, seed: str, group: Group, shape: Shape) -> azure.storage.StorageAccount:
    """Create the account as a child of a component; ``seed`` is what its name is made from."""
    encryption: Any = {
        "key_source": "Microsoft.Keyvault",
        "require_infrastructure_encryption": True,
        "key_vault_properties": {"key_vault_uri": vault_of(shape.key), "key_name": groups.name_of(shape.key)},
        "encryption_identity": {"encryption_user_assigned_identity": group.identity},
        "services": {kind: {"enabled": True, "key_type": "Account"} for kind in ("blob", "file")},
    }
    action = azure.storage.DefaultAction
    default = action.ALLOW if shape.reachable else action.DENY
    return azure.storage.StorageAccount(
        f"{owner.name}{shape.suffix}-account",
        **group.place,
        account_name=name_of(seed, group),
        kind=shape.kind,
        sku={"name": shape.sku},
        access_tier=None if shape.kind == "FileStorage" else azure.storage.AccessTier.HOT,
        allow_blob_public_access=False,
        allow_cross_tenant_replication=False,
        allow_shared_key_access=False,
        default_to_o_auth_authentication=True,
        public_network_access="Enabled" if shape.reachable else "Disabled",
        network_rule_set={"bypass": "AzureServices", "default_action": default},
        enable_https_traffic_only=shape.encrypted_transfer,
        minimum_tls_version="TLS1_2",
        is_hns_enabled=shape.folders or None,
        encryption=encryption,
        identity=group.may_use_keys(),
        tags=shape.tags,
        opts=owner.child(),
    )


def versions(  # noqa: PLR0917 the parts of one sentence
    owner: Component,
    group: Group,
    kept: azure.storage.StorageAccount,
    old_days: int,
    cold_days: int | None,
    suffix: str = "",
) -> None:
    """Keep versions and deleted blobs a while; move what is old to cheaper storage."""
    azure.storage.BlobServiceProperties(
        f"{owner.name}{suffix}-versions",
        resource_group_name=group.name,
        account_name=kept.name,
        blob_services_name="default",
        is_versioning_enabled=True,
        change_feed={"enabled": True},
        delete_retention_policy={"enabled": True, "days": min(365, max(7, old_days))},
        container_delete_retention_policy={"enabled": True, "days": 30},
        opts=owner.child(),
    )
    actions: dict[str, Any] = {"version": {"delete": {"days_after_creation_greater_than": old_days}}}
    if cold_days is not None:
        actions["base_blob"] = {"tier_to_cold": {"days_after_modification_greater_than": cold_days}}
    definition: Any = {"actions": actions, "filters": {"blob_types": ["blockBlob"]}}
    azure.storage.ManagementPolicy(
        f"{owner.name}{suffix}-lifecycle",
        resource_group_name=group.name,
        account_name=kept.name,
        management_policy_name="default",
        policy={
            "rules": [
                {
                    "name": "age",
                    "enabled": True,
                    "type": "Lifecycle",
                    "definition": definition,
                }
            ]
        },
        opts=owner.child(),
    )
