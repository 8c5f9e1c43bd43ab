"""Keys on Azure: a vault of one region with a key for each class of data, and who may encrypt with them."""

from collections.abc import Mapping
from typing import Any

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.clouds.azure.group import KEY_ENCRYPTION_USER, Group, role
from components.core import Component
from components.keys.contract import KeysArgs
from components.ownership import digest

OPERATIONS = ("wrapKey", "unwrapKey")


class AzureKeys(Component):
    """See the module."""

    TOKEN = "domicile:keys/azure:Keys"  # noqa: S105 a type token
    keys: Output[Mapping[str, str]]
    vault: Output[str]
    identity: Output[str]
    client: Output[str]
    disks: Output[Mapping[str, str]]

    def __init__(self, name: str, args: KeysArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the vault, the keys and the identity that uses them."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("keys")
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-identity", **group.place, resource_name_=f"{spec.name}-encryption", tags=tags, opts=self.child()
        )
        vault = azure.keyvault.Vault(
            f"{name}-vault",
            **group.place,
            vault_name=f"{spec.name[:15].strip('-')}-{digest(spec.name + group.subscription)[:8]}",
            properties={
                "tenant_id": group.tenant,
                "sku": {"family": "A", "name": azure.keyvault.SkuName.PREMIUM},
                "enable_rbac_authorization": True,
                "enable_purge_protection": True,
                "enable_soft_delete": True,
                "soft_delete_retention_in_days": 90,
                "public_network_access": "Disabled",
                "network_acls": {"bypass": "AzureServices", "default_action": "Deny"},
            },
            tags=tags,
            opts=self.child(),
        )
        leave = azure.authorization.RoleAssignment(
            f"{name}-encrypts",
            scope=vault.id,
            principal_id=identity.principal_id,
            principal_type="ServicePrincipal",
            role_definition_id=role(group.subscription, KEY_ENCRYPTION_USER),
            opts=self.child(),
        )
        made: dict[str, Output[str]] = {}
        sets: list[Output[tuple[str, str]]] = []
        for kind in spec.data_classes:
            key = self._key(kind, args, group, vault)
            made[kind] = key.key_uri
            if not spec.disks:
                continue
            disks = azure.compute.DiskEncryptionSet(
                f"{name}-{kind}-disks",
                **group.place,
                disk_encryption_set_name=f"{spec.name}-{kind}",
                encryption_type="EncryptionAtRestWithPlatformAndCustomerKeys",
                active_key={"key_url": key.key_uri_with_version},
                rotation_to_latest_key_version_enabled=True,
                identity={"type": "UserAssigned", "user_assigned_identities": [identity.id]},
                tags=tags,
                opts=self.child(depends_on=[leave]),
            )
            sets.append(Output.all(key.key_uri, disks.id).apply(lambda pair: (str(pair[0]), str(pair[1]))))
        self.keys = Output.all(**made)
        self.vault = vault.id
        self.identity = identity.id
        self.client = identity.client_id
        self.disks = Output.all(*sets).apply(dict)
        self.finish()

    def _key(self, kind: str, args: KeysArgs, group: Group, vault: azure.keyvault.Vault) -> azure.keyvault.Key:
        spec = args.spec
        rotate: Any = {
            "lifetime_actions": [
                {
                    "action": {"type": azure.keyvault.KeyRotationPolicyActionType.ROTATE},
                    "trigger": {"time_after_create": f"P{spec.rotation_days}D"},
                }
            ],
            "attributes": {"expiry_time": f"P{spec.rotation_days + 365}D"},
        }
        return azure.keyvault.Key(
            f"{self.name}-{kind}",
            resource_group_name=group.name,
            vault_name=vault.name,
            key_name=kind,
            properties={
                "kty": "RSA-HSM",
                "key_size": 3072,
                "key_ops": list(OPERATIONS),
                "rotation_policy": rotate,
            },
            tags={**spec.ownership.tags("keys"), "data-class": kind},
            opts=self.child(),
        )
