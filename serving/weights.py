"""Model weights on a volume all servers read: fetched once by a job, never baked into an image."""

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsSpec:
    """Which models, and the volume that holds them. ``image`` brings the Hugging Face command line.

    ``hub`` is where they are fetched if not at Hugging Face's own.
    """

    ownership: Ownership
    image: str
    models: tuple[str, ...]
    storage_gib: int
    storage_class: str
    fetch_timeout_s: int
    hub: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsArgs:
    """The spec, and where it lives."""

    spec: WeightsSpec
    namespace: Input[str]


class Weights(Component):
    """See the module."""

    TOKEN = "domicile:serving:Weights"  # noqa: S105 a type token
    claim: Output[str]

    def __init__(self, name: str, args: WeightsArgs, opts: ResourceOptions | None = None) -> None:
        """Create the volume and fill it."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels("weights")
        place = {"namespace": args.namespace, "labels": labels}
        volume = k8s.core.v1.PersistentVolumeClaim(
            f"{name}-volume",
            metadata=manifest({"name": "weights", **place}),
            spec=manifest(
                {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": spec.storage_class,
                    "resources": {"requests": {"storage": f"{spec.storage_gib}Gi"}},
                }
            ),
            opts=self.child(),
        )
        reach = k8s.networking.v1.NetworkPolicy(
            f"{name}-reach",
            metadata=manifest({"name": "weights-fetch", **place}),
            spec=manifest(
                {
                    "podSelector": {"matchLabels": spec.ownership.selector("weights")},
                    "policyTypes": ["Egress"],
                    "egress": [
                        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]}
                    ],
                }
            ),
            opts=self.child(),
        )
        fetch = " && ".join(f'hf download {model} --local-dir "/models/{model}"' for model in spec.models)
        job = k8s.batch.v1.Job(
            f"{name}-fetch",
            metadata=manifest({**place}),
            spec=manifest(
                {
                    "backoffLimit": 3,
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {
                            "restartPolicy": "OnFailure",
                            "automountServiceAccountToken": False,
                            "enableServiceLinks": False,
                            "securityContext": pods.pod_security(),
                            "containers": [
                                {
                                    "name": "fetch",
                                    "image": spec.image,
                                    "command": ["/bin/sh", "-euc", fetch],
                                    "env": [
                                        {"name": "HOME", "value": "/tmp"},
                                        *([{"name": "HF_ENDPOINT", "value": spec.hub}] if spec.hub else []),
                                    ],
                                    "resources": pods.resources("1", "2Gi"),
                                    "securityContext": pods.container_security(),
                                    "volumeMounts": [{"name": "weights", "mountPath": "/models"}, pods.scratch_mount()],
                                }
                            ],
                            "volumes": [
                                {
                                    "name": "weights",
                                    "persistentVolumeClaim": {"claimName": volume.metadata.apply(_name)},
                                },
                                pods.scratch("10Gi"),
                            ],
                        },
                    },
                }
            ),
            opts=self.child(
                depends_on=[reach],
                custom_timeouts={"create": f"{spec.fetch_timeout_s}s"},
            ),
        )
        self.claim = Output.all(volume.metadata.apply(_name), job.id).apply(lambda found: str(found[0]))
        self.finish()


def _name(metadata: k8s.meta.v1.outputs.ObjectMeta) -> str:
    return metadata.name or ""
