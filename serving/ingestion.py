"""Brings documents into the vector store on a schedule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods, stateful
from components.core import Component, manifest
from components.ownership import Ownership
from serving import libraries, scripted

NAME = "ingestion"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionSpec:
    """When it runs and what it fills. ``alias`` is the embedding model's name at the gateway.

    ``permissions`` are the source's, or everyone reads everything; ``quality`` is what a document must be like;
    ``formats`` are read beside texts. What answers were made from is kept for ``keep_days``.
    """

    ownership: Ownership
    image: str
    schedule: str
    collection: str
    alias: str
    permissions: str
    quality: tuple[tuple[str, float], ...]
    keep_days: int
    reaches: tuple[tuple[str, int], ...]
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionArgs:
    """The spec, where it lives, what it talks to, and its programs by file."""

    spec: IngestionSpec
    namespace: Input[str]
    documents: Input[str]
    vectors: Input[str]
    gateway: Input[str]
    key_secret: Input[str]
    scripts: Mapping[str, Input[str]]


class Ingestion(Component):
    """See the module."""

    TOKEN = "domicile:serving:Ingestion"  # noqa: S105 a type token
    schedule: Output[str]

    def __init__(self, name: str, args: IngestionArgs, opts: ResourceOptions | None = None) -> None:
        """Create the schedule."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.labels(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        scripted.programs(self, NAME, place, args.scripts)
        targets = tuple((spec.ownership.selector(part), port) for part, port in spec.reaches)
        k8s.networking.v1.NetworkPolicy(
            f"{name}-reach",
            **pods.reach("ingestion-reach", args.namespace, labels, spec.ownership.selector(NAME), targets),
            opts=self.child(),
        )
        if spec.formats:
            libraries.build(self, NAME, place, {"pypdf.zip": libraries.archive("pypdf")})
        told = {
            "permissions": spec.permissions,
            "quality": dict(spec.quality),
            "keep_days": spec.keep_days,
            "formats": list(spec.formats),
        }
        environment = {
            "INGESTION": json.dumps(told, sort_keys=True),
            "DOCUMENTS": args.documents,
            "VECTORS": args.vectors,
            "GATEWAY": args.gateway,
            "COLLECTION": spec.collection,
            "ALIAS": spec.alias,
        }
        pod = {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": pods.pod_security(),
            "containers": [
                {
                    "name": "ingest",
                    "image": spec.image,
                    "command": ["python3", "/scripts/ingest.py"],
                    "envFrom": [{"secretRef": {"name": args.key_secret}}],
                    "env": [{"name": key, "value": value} for key, value in environment.items()],
                    "resources": pods.resources("500m", "1Gi"),
                    "securityContext": pods.container_security(),
                    "volumeMounts": [
                        scripted.MOUNT,
                        pods.scratch_mount(),
                        *([libraries.MOUNT] if spec.formats else []),
                    ],
                }
            ],
            "volumes": [
                {"name": "script", "configMap": {"name": NAME}},
                pods.scratch(),
                *([libraries.volume(NAME)] if spec.formats else []),
            ],
        }
        k8s.batch.v1.CronJob(
            f"{name}-schedule",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(stateful.schedule(spec.schedule, labels, pod)),
            opts=self.child(),
        )
        self.schedule = Output.from_input(spec.schedule)
        self.finish()
