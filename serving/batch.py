"""Work that is done in a window of the day: a job that lets the models run, asks them, and lets them go."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods, rights
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.ownership import Ownership
from serving import scripted
from serving.gateway.spec import NAME as GATEWAY
from serving.gateway.spec import PORT as GATEWAY_PORT

NAME = "batch"
#: how long a job that is to end may take to give the models back
GRACE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSpec:
    """When it runs, what it asks, and the servers that run for it: their names and replicas.

    ``task`` is `requests` (files of OpenAI's Batch API) or `documents` (``fields`` of each, as JSON, by the
    ``instruction``). ``deadline_s`` is the window's length, ``start_s`` how long the models may take to answer first.
    ``door`` is the name that the gateway's pods carry.
    """

    ownership: Ownership
    image: str
    schedule: str
    time_zone: str
    deadline_s: int
    start_s: int
    alias: str
    task: str
    servers: tuple[tuple[str, int], ...]
    parallel: int
    keep_days: int
    attempts: int = 5
    instruction: str = ""
    fields: str = "[]"
    door: str = GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchArgs:
    """The spec, where it lives, what it talks to, and its programs by file."""

    spec: BatchSpec
    namespace: Input[str]
    documents: Input[str]
    gateway: Input[str]
    key_secret: Input[str]
    scripts: Mapping[str, Input[str]]


class Batch(Component):
    """See the module. A run that is ended loses the answers under way; the next one goes on."""

    TOKEN = "domicile:serving:Batch"  # noqa: S105 a type token
    schedule: Output[str]

    def __init__(self, name: str, args: BatchArgs, opts: ResourceOptions | None = None) -> None:
        """Create the schedule, and the right to scale the servers."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        scripted.programs(self, NAME, place, args.scripts)
        scales = {
            "apiGroups": ["apps"],
            "resources": ["deployments/scale"],
            "resourceNames": [server for server, _ in spec.servers],
            "verbs": ["get", "patch"],
        }
        binding = rights.grant(self, name, {"name": NAME, **place}, [scales])
        targets = (
            (spec.ownership.selector("documents"), DOCUMENTS_PORT),
            (spec.ownership.selector(spec.door), GATEWAY_PORT),
        )
        reach = pods.reach("batch-reach", args.namespace, labels, selector, targets)
        reach["spec"]["egress"].append(pods.to_api())
        wall = k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child())
        k8s.batch.v1.CronJob(
            f"{name}-schedule",
            metadata=manifest({"name": NAME, **place}),
            spec=manifest(
                {
                    "schedule": spec.schedule,
                    "timeZone": spec.time_zone,
                    "concurrencyPolicy": "Forbid",
                    "startingDeadlineSeconds": spec.deadline_s // 2,
                    "successfulJobsHistoryLimit": 3,
                    "failedJobsHistoryLimit": 3,
                    "jobTemplate": {
                        "spec": {
                            "backoffLimit": 6,
                            "activeDeadlineSeconds": spec.deadline_s + 2 * GRACE_S,
                            "template": {"metadata": {"labels": labels}, "spec": _pod(args)},
                        }
                    },
                }
            ),
            opts=self.child(depends_on=[binding, wall]),
        )
        self.schedule = Output.from_input(spec.schedule)
        self.finish()


def _pod(args: BatchArgs) -> dict[str, Any]:
    spec = args.spec
    settings: dict[str, Any] = {
        "DOCUMENTS": args.documents,
        "GATEWAY": args.gateway,
        "ALIAS": spec.alias,
        "TASK": spec.task,
        "INSTRUCTION": spec.instruction,
        "FIELDS": spec.fields,
        "PARALLEL": str(spec.parallel),
        "ATTEMPTS": str(spec.attempts),
        "DEADLINE_S": str(spec.deadline_s),
        "START_S": str(spec.start_s),
        "KEEP_DAYS": str(spec.keep_days),
        "SERVERS": json.dumps(dict(spec.servers)),
    }
    namespace = {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    return {
        "restartPolicy": "Never",
        "serviceAccountName": NAME,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_S,
        "securityContext": pods.pod_security(),
        "containers": [
            {
                "name": "batch",
                "image": spec.image,
                "command": ["python3", "/scripts/batch.py"],
                "envFrom": [{"secretRef": {"name": args.key_secret}}],
                "env": [namespace, *({"name": key, "value": value} for key, value in settings.items())],
                "resources": pods.resources("500m", "1Gi"),
                "securityContext": pods.container_security(),
                "volumeMounts": [scripted.MOUNT, pods.scratch_mount()],
            }
        ],
        "volumes": [{"name": "script", "configMap": {"name": NAME}}, pods.scratch()],
    }
