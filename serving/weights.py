"""Model weights on a volume all servers read: fetched once by a job, never baked into an image."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import outside, pods
from components.core import Component, manifest
from components.ownership import Ownership
from serving import scripted

FETCH = "weights-fetch"
#: what a registry asks for, where it does: an operator makes the Secret
REGISTRY_TOKEN = {
    "name": "REGISTRY_TOKEN",
    "valueFrom": {"secretKeyRef": {"name": "model-registry", "key": "token", "optional": True}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A version of a model in an MLflow registry; ``path`` is where its files begin.

    It is served when the alias ``approved`` stands for it and its tag `licence` says ``licence``; empty asks neither.
    """

    address: str
    name: str
    version: int
    path: str = ""
    approved: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A model as it was approved: its revision at the hub, and the digest of its files; either may be empty.

    One that is ``registered`` comes from there, not from the hub.
    """

    model: str
    revision: str = ""
    digest: str = ""
    registered: Registered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsSpec:
    """Which models, and the volume that holds them. ``image`` brings the Hugging Face command line.

    ``hub`` is where they are fetched if not at Hugging Face's own. One whose files are not those of its pin is not
    served.
    """

    ownership: Ownership
    image: str
    models: tuple[str, ...]
    storage_gib: int
    storage_class: str
    fetch_timeout_s: int
    hub: str = ""
    pins: tuple[Pin, ...] = ()

    @property
    def wanted(self) -> str:
        """As `scripts/weights.py` takes it."""
        known = {pin.model: pin for pin in self.pins}
        found = [known.get(model, Pin(model=model)) for model in self.models]
        return json.dumps([_told(one) for one in found])

    @property
    def registries(self) -> tuple[str, ...]:
        """The addresses of the registries it asks."""
        found = (pin.registered.address for pin in self.pins if pin.registered and pin.model in self.models)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsArgs:
    """The spec, where it lives, and the programs of the job that fetches, by file."""

    spec: WeightsSpec
    namespace: Input[str]
    scripts: Mapping[str, Input[str]]


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
                        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
                        *(outside.way(address) for address in spec.registries),
                    ],
                }
            ),
            opts=self.child(),
        )
        programs = scripted.programs(self, FETCH, place, args.scripts)
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
                                    "command": ["python3", "/scripts/weights.py"],
                                    "env": [
                                        {"name": "HOME", "value": "/tmp"},
                                        {"name": "MODELS", "value": spec.wanted},
                                        {"name": "TARGET", "value": "/models"},
                                        *([{"name": "HF_ENDPOINT", "value": spec.hub}] if spec.hub else []),
                                        *([REGISTRY_TOKEN] if spec.registries else []),
                                    ],
                                    "resources": pods.resources("1", "2Gi"),
                                    "securityContext": pods.container_security(),
                                    "volumeMounts": [
                                        {"name": "weights", "mountPath": "/models"},
                                        scripted.MOUNT,
                                        pods.scratch_mount(),
                                    ],
                                }
                            ],
                            "volumes": [
                                {
                                    "name": "weights",
                                    "persistentVolumeClaim": {"claimName": volume.metadata.apply(_name)},
                                },
                                {"name": "script", "configMap": {"name": FETCH}},
                                pods.scratch("10Gi"),
                            ],
                        },
                    },
                }
            ),
            opts=self.child(
                depends_on=[reach, programs],
                custom_timeouts={"create": f"{spec.fetch_timeout_s}s"},
            ),
        )
        self.claim = Output.all(volume.metadata.apply(_name), job.id).apply(lambda found: str(found[0]))
        self.finish()


def _told(pin: Pin) -> dict[str, Any]:
    found = pin.registered
    where = {"registry": {**dataclasses.asdict(found), "version": str(found.version)}} if found else {}
    return {"model": pin.model, "revision": pin.revision, "digest": pin.digest, **where}


def _name(metadata: k8s.meta.v1.outputs.ObjectMeta) -> str:
    return metadata.name or ""
