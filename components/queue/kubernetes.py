"""A queue on Kubernetes: Kafka by the Strimzi operator, over TLS, on encrypted storage."""

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components.core import Component, manifest
from components.queue.contract import QueueArgs

PORT = 9093
BROKERS = 3
API = "kafka.strimzi.io/v1"


class KubernetesQueue(Component):
    """See the module."""

    TOKEN = "domicile:queue/kubernetes:Queue"  # noqa: S105 a type token
    endpoint: Output[str]
    topic: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: QueueArgs, namespace: Input[str], opts: ResourceOptions | None = None) -> None:
        """Create the brokers and the topic."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = {**spec.ownership.labels("queue"), "strimzi.io/cluster": spec.name}
        place = {"namespace": namespace, "labels": labels}
        storage = {"type": "persistent-claim", "size": f"{spec.storage_gib}Gi", "class": spec.storage_class}
        pool = k8s.apiextensions.CustomResource(
            f"{name}-brokers",
            api_version=API,
            kind="KafkaNodePool",
            metadata=manifest({"name": f"{spec.name}-brokers", **place}),
            spec={
                "replicas": BROKERS,
                "roles": ["controller", "broker"],
                "storage": {"type": "jbod", "volumes": [{"id": 0, **storage, "kraftMetadata": "shared"}]},
                "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
            },
            opts=self.child(),
        )
        made = k8s.apiextensions.CustomResource(
            f"{name}-kafka",
            api_version=API,
            kind="Kafka",
            metadata=manifest({"name": spec.name, **place}),
            spec={
                "kafka": {
                    "listeners": [
                        {
                            "name": "tls",
                            "port": PORT,
                            "type": "internal",
                            "tls": True,
                            "authentication": {"type": "tls"},
                        }
                    ],
                    "authorization": {"type": "simple"},
                    "config": {
                        "default.replication.factor": BROKERS,
                        "min.insync.replicas": BROKERS - 1,
                        "auto.create.topics.enable": False,
                    },
                },
                "entityOperator": {"topicOperator": {}, "userOperator": {}},
            },
            opts=self.child(depends_on=[pool]),
        )
        k8s.apiextensions.CustomResource(
            f"{name}-topic",
            api_version=API,
            kind="KafkaTopic",
            metadata=manifest({"name": "events", **place}),
            spec={
                "partitions": spec.partitions,
                "replicas": BROKERS,
                "config": {"retention.ms": spec.retention_hours * 3_600_000},
            },
            opts=self.child(depends_on=[made]),
        )
        self.endpoint = Output.concat(spec.name, "-kafka-bootstrap.", namespace, f":{PORT}")
        self.topic = Output.from_input("events")
        self.resource = Output.from_input(spec.name)
        self.finish()
