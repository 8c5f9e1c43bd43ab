"""Keys beside an attached cluster: named in the KMS or Vault that holds them."""

from collections.abc import Mapping

from pulumi import Output, ResourceOptions

from components.core import Component
from components.keys.contract import KeysArgs


class KubernetesKeys(Component):
    """See the module."""

    TOKEN = "domicile:keys/kubernetes:Keys"  # noqa: S105 a type token
    keys: Output[Mapping[str, str]]

    def __init__(self, name: str, args: KeysArgs, opts: ResourceOptions | None = None) -> None:
        """Name the keys; they are made by who runs the KMS."""
        super().__init__(name, args, opts)
        spec = args.spec
        self.keys = Output.from_input({kind: f"{spec.external}/{spec.name}-{kind}" for kind in spec.data_classes})
        self.finish()
