"""A model store on Google Cloud: Filestore through a storage class, zonal where reads must be fast."""

from collections.abc import Mapping

from pulumi import Input, Output, ResourceOptions

from components.core import Component
from components.model_store import shared
from components.model_store.contract import ModelStoreArgs


class GcpModelStore(Component):
    """See the module."""

    TOKEN = "domicile:model_store/gcp:ModelStore"  # noqa: S105 a type token
    storage_class: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: ModelStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the class; a volume of it is a Filestore instance, made when it is asked for."""
        super().__init__(name, args, opts)
        spec = args.spec
        network = Output.from_input(args.network).apply(lambda found: found.rpartition("/")[2])
        parameters: Mapping[str, Input[str]] = {
            "tier": "zonal" if spec.parallel else "enterprise",
            "network": network,
            "connect-mode": "PRIVATE_SERVICE_ACCESS",
            "instance-encryption-kms-key": args.key,
            "labels": ",".join(f"{key}={value}" for key, value in spec.ownership.google_labels("models").items()),
        }
        self.storage_class = shared.build(self, spec, "filestore.csi.storage.gke.io", parameters)
        self.resource = network
        self.finish()
