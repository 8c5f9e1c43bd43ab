"""A model store on Azure: a premium account under our key, as NFS shares; as blobs where reads must be parallel."""

from collections.abc import Mapping

from pulumi import Input, Output, ResourceOptions

from components.clouds.azure import account, endpoint
from components.clouds.azure.group import Group
from components.core import Component, first
from components.model_store import shared
from components.model_store.contract import ModelStoreArgs


class AzureModelStore(Component):
    """See the module."""

    TOKEN = "domicile:model_store/azure:ModelStore"  # noqa: S105 a type token
    storage_class: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: ModelStoreArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the account and its class."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("models")
        kind, driver, door = (
            ("BlockBlobStorage", "blob.csi.azure.com", "blob")
            if spec.parallel
            else ("FileStorage", "file.csi.azure.com", "file")
        )
        kept = account.build(
            self,
            f"models{spec.name}",
            group,
            account.Shape(
                tags=tags,
                key=args.key,
                kind=kind,
                sku="Premium_ZRS",
                folders=spec.parallel,
                encrypted_transfer=False,
            ),
        )
        subnet = first(args.subnets)
        endpoint.build(self, door, group, endpoint.Door(kind=door, resource=kept.id, subnet=subnet, tags=tags))
        parameters: Mapping[str, Input[str]] = {
            "protocol": "nfs",
            "storageAccount": kept.name,
            "resourceGroup": group.name,
            "networkEndpointType": "privateEndpoint",
        }
        self.storage_class = shared.build(self, spec, driver, parameters)
        self.resource = kept.id
        self.finish()
