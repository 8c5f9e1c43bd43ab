"""The model store of an attached cluster: the shared storage class it has."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.model_store.contract import ModelStoreArgs


class KubernetesModelStore(Component):
    """See the module."""

    TOKEN = "domicile:model_store/kubernetes:ModelStore"  # noqa: S105 a type token
    storage_class: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: ModelStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Tell about the class; nothing is made."""
        super().__init__(name, args, opts)
        self.storage_class = Output.from_input(args.spec.storage_class)
        self.resource = Output.from_input(args.spec.storage_class)
        self.finish()
