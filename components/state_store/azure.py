"""Pulumi's state on Azure: a container in an account under our key, and a key for secrets in the state."""

import pulumi_azure_native as azure
from pulumi import Output, ResourceOptions

from components.clouds.azure import account
from components.clouds.azure.group import BLOB_CONTRIBUTOR, KEY_USER, Group, role
from components.core import Component
from components.keys.azure import AzureKeys
from components.keys.contract import KeysArgs
from components.keys.spec import KeysSpec
from components.state_store.contract import StateStoreArgs
from components.state_store.spec import OLD_VERSIONS_DAYS

CONTAINER = "state"


class AzureStateStore(Component):
    """See the module."""

    TOKEN = "domicile:state_store/azure:StateStore"  # noqa: S105 a type token
    backend: Output[str]
    secrets_provider: Output[str]

    def __init__(self, name: str, args: StateStoreArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the store; operators reach it from where they are, signed in and over TLS."""
        super().__init__(name, args, opts)
        spec = args.spec
        keys = AzureKeys(
            f"{name}-keys",
            KeysArgs(
                spec=KeysSpec(
                    name=spec.name,
                    ownership=spec.ownership,
                    region=spec.region,
                    data_classes=("bucket", "secrets"),
                    rotation_days=spec.rotation_days,
                )
            ),
            group,
            self.child(),
        )
        group.identity, group.client, group.disks = keys.identity, keys.client, keys.disks
        key = keys.keys.apply(lambda found: found["bucket"])
        shape = account.Shape(tags=spec.ownership.tags("state"), key=key, reachable=True)
        kept = account.build(self, f"state{spec.name}", group, shape)
        account.versions(self, group, kept, OLD_VERSIONS_DAYS, None)
        container = azure.storage.BlobContainer(
            f"{name}-container",
            resource_group_name=group.name,
            account_name=kept.name,
            container_name=CONTAINER,
            public_access=azure.storage.PublicAccess.NONE,
            opts=self.child(protect=True),
        )
        for index, operator in enumerate(spec.operators):
            for part, scope, definition in (("state", kept.id, BLOB_CONTRIBUTOR), ("secrets", keys.vault, KEY_USER)):
                azure.authorization.RoleAssignment(
                    f"{name}-operator-{index}-{part}",
                    scope=scope,
                    principal_id=operator,
                    principal_type="Group",
                    role_definition_id=role(group.subscription, definition),
                    opts=self.child(),
                )
        self.backend = Output.concat("azblob://", container.name, "?storage_account=", kept.name)
        secrets = keys.keys.apply(lambda found: found["secrets"].removeprefix("https://"))
        self.secrets_provider = Output.concat("azurekeyvault://", secrets)
        self.finish()
