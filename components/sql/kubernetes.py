"""PostgreSQL on Kubernetes: a cluster of the CloudNativePG operator."""

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components.core import Component, manifest
from components.sql.contract import SqlArgs

PORT = 5432


class KubernetesSql(Component):
    """See the module."""

    TOKEN = "domicile:sql/kubernetes:Sql"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    database: Output[str]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: SqlArgs, namespace: Input[str], opts: ResourceOptions | None = None) -> None:
        """Create the database; the operator gives it certificates and its user a secret."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels("sql")
        size = {"cpu": str(spec.cpus), "memory": f"{spec.memory_gib}Gi"}
        made = k8s.apiextensions.CustomResource(
            f"{name}-cluster",
            api_version="postgresql.cnpg.io/v1",
            kind="Cluster",
            metadata=manifest({"name": spec.name, "namespace": namespace, "labels": labels}),
            spec={
                "instances": 1 + spec.standbys,
                "imageName": spec.image,
                "enableSuperuserAccess": False,
                "inheritedMetadata": {"labels": labels},
                "storage": {"size": f"{spec.storage_gib}Gi", "storageClass": spec.storage_class},
                "walStorage": {"size": "20Gi", "storageClass": spec.storage_class},
                "resources": {"requests": size, "limits": {"memory": size["memory"]}},
                "affinity": {"enablePodAntiAffinity": True, "topologyKey": "topology.kubernetes.io/zone"},
                "bootstrap": {
                    "initdb": {
                        "database": spec.database,
                        "owner": "domicile",
                        "dataChecksums": True,
                        "postInitApplicationSQL": ["CREATE EXTENSION IF NOT EXISTS vector"],
                    }
                },
                "postgresql": {
                    "parameters": {"ssl_min_protocol_version": "TLSv1.2", "log_connections": "on"},
                    "pg_hba": ["hostnossl all all all reject"],
                },
                "monitoring": {"enablePodMonitor": False},
            },
            opts=self.child(),
        )
        k8s.apiextensions.CustomResource(
            f"{name}-backup",
            api_version="postgresql.cnpg.io/v1",
            kind="ScheduledBackup",
            metadata=manifest({"name": spec.name, "namespace": namespace, "labels": labels}),
            spec={
                "schedule": "0 30 2 * * *",
                "cluster": {"name": spec.name},
                "method": "volumeSnapshot",
                "backupOwnerReference": "cluster",
            },
            opts=self.child(depends_on=[made]),
        )
        self.endpoint = Output.concat(spec.name, "-rw.", namespace)
        self.port = Output.from_input(PORT)
        self.database = Output.from_input(spec.database)
        self.secret = Output.from_input(f"{spec.name}-app")
        self.resource = Output.from_input(spec.name)
        self.finish()
