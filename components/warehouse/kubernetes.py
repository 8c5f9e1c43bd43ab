"""A warehouse on Kubernetes: an installation of the ClickHouse operator, on encrypted storage."""

import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

from components.core import Component, manifest
from components.warehouse.contract import WarehouseArgs

PORT = 9440
HTTPS_PORT = 8443


class KubernetesWarehouse(Component):
    """See the module."""

    TOKEN = "domicile:warehouse/kubernetes:Warehouse"  # noqa: S105 a type token
    endpoint: Output[str]
    database: Output[str]
    resource: Output[str]
    access: Output[str]

    def __init__(
        self, name: str, args: WarehouseArgs, namespace: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the warehouse."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels("warehouse")
        password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=self.child())
        secret = k8s.core.v1.Secret(
            f"{name}-password",
            metadata=manifest({"name": spec.name, "namespace": namespace, "labels": labels}),
            string_data={"password": password.result},
            opts=self.child(),
        )
        k8s.apiextensions.CustomResource(
            f"{name}-installation",
            api_version="clickhouse.altinity.com/v1",
            kind="ClickHouseInstallation",
            metadata=manifest({"name": spec.name, "namespace": namespace, "labels": labels}),
            spec={
                "configuration": {
                    "clusters": [{"name": "main", "secure": "yes", "layout": {"shardsCount": 1, "replicasCount": 1}}],
                    "settings": {"tcp_port_secure": PORT, "https_port": HTTPS_PORT},
                    "users": {
                        "domicile/k8s_secret_password": Output.concat(namespace, "/", spec.name, "/password"),
                        "domicile/networks/ip": ["::/0"],
                        "default/networks/ip": ["127.0.0.1", "::1"],
                    },
                },
                "defaults": {"templates": {"podTemplate": "pod", "dataVolumeClaimTemplate": "data"}},
                "templates": {
                    "podTemplates": [
                        {
                            "name": "pod",
                            "metadata": {"labels": labels},
                            "spec": {"containers": [{"name": "clickhouse", "image": spec.image}]},
                        }
                    ],
                    "volumeClaimTemplates": [
                        {
                            "name": "data",
                            "spec": {
                                "accessModes": ["ReadWriteOnce"],
                                "storageClassName": spec.storage_class,
                                "resources": {"requests": {"storage": f"{spec.storage_gib}Gi"}},
                            },
                        }
                    ],
                },
            },
            opts=self.child(depends_on=[secret]),
        )
        self.endpoint = Output.concat("clickhouse-", spec.name, ".", namespace, f":{PORT}")
        self.database = Output.from_input("default")
        self.resource = Output.from_input(spec.name)
        self.access = Output.from_input(spec.name)
        self.finish()
