"""A feature store on Azure: its registry in Blob Storage, its history in Synapse, reached with its identity."""

from pulumi import Output, ResourceOptions

from components.core import Component
from components.feature_store.contract import FeatureStoreArgs
from components.feature_store.server import Sources, build

#: signs in with the pod's identity
DRIVER = "?driver=ODBC+Driver+18+for+SQL+Server&Authentication=ActiveDirectoryMsi&Encrypt=yes"


class AzureFeatureStore(Component):
    """See the module."""

    TOKEN = "domicile:feature_store/azure:FeatureStore"  # noqa: S105 a type token
    endpoint: Output[str]
    registry: Output[str]

    def __init__(self, name: str, args: FeatureStoreArgs, opts: ResourceOptions | None = None) -> None:
        """Create the store."""
        super().__init__(name, args, opts)
        self.registry = Output.concat(args.bucket_endpoint, args.bucket, "/registry.pb")
        host, database = Output.from_input(args.warehouse), args.database
        self.endpoint = build(
            self,
            args,
            Sources(
                registry={
                    "registry_store_type": "AzureRegistryStore",
                    "path": self.registry,
                },
                offline={
                    "type": "mssql",
                    "connection_string": Output.concat("mssql+pyodbc://", host, ":1433/", database, DRIVER),
                },
            ),
        )
        self.finish()
