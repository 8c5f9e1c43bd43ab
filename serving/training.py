"""A training run: pods that work together, go on from checkpoints when they are lost, and hand over what is good."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import outside, pods
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.ownership import Ownership
from serving import placing, scripted
from serving.engines.contract import WEIGHTS_PATH
from serving.weights import REGISTRY_TOKEN

NAME = "training"
RENDEZVOUS = 29_500
DATA, CHECKPOINTS = "/data", "/checkpoints"
#: what the program ends with when a model is not good enough: trying again would not change it
NOT_GOOD_ENOUGH = 3
#: how long a pod that must go may take to write a last checkpoint
GRACE_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """A run of ``nodes`` pods with ``gpus`` each; `{nodes}`, `{gpus}`, `{first}` in its ``command`` are theirs.

    ``dataset`` is its folder in the document store, ``digest`` that of its files, ``file`` one that must be among them.
    ``gates`` are JSON objects of `measure` and `at_least` or `at_most`; ``lineage`` stands in the model's card. With a
    ``schedule`` it runs again and again. ``queue`` is Kueue's, empty where there is none. What passes
    its gates is ``registered_as`` that in the MLflow ``registry`` too, if there is one.
    """

    ownership: Ownership
    image: str
    fetch_image: str
    run: str
    nodes: int
    gpus: int
    gpu_label: tuple[str, str]
    node_labels: tuple[tuple[str, str], ...]
    cpu: int
    memory_gib: int
    command: tuple[str, ...]
    base: str
    dataset: str
    digest: str
    file: str
    data_gib: int
    checkpoints_gib: int
    storage_class: str
    deadline_s: int
    attempts: int
    model: str
    measures: str
    gates: str
    lineage: str
    schedule: str = ""
    time_zone: str = "Etc/UTC"
    queue: str = ""
    registry: str = ""
    registered_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingArgs:
    """The spec, where it lives, the store of data and models, the volume of base models, and its programs by file."""

    spec: TrainingSpec
    namespace: Input[str]
    documents: Input[str]
    weights_claim: Input[str]
    scripts: Mapping[str, Input[str]]


class Training(Component):
    """See the module."""

    TOKEN = "domicile:serving:Training"  # noqa: S105 a type token
    run: Output[str]

    def __init__(self, name: str, args: TrainingArgs, opts: ResourceOptions | None = None) -> None:
        """Create the run, the volume of its checkpoints, and the walls around it."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(NAME), spec.ownership.selector(NAME)
        place = {"namespace": args.namespace, "labels": labels}
        script = scripted.programs(self, NAME, place, args.scripts)
        volume = k8s.core.v1.PersistentVolumeClaim(
            f"{name}-checkpoints",
            metadata=manifest({"name": "checkpoints", **place}),
            spec=manifest(
                {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": spec.storage_class,
                    "resources": {"requests": {"storage": f"{spec.checkpoints_gib}Gi"}},
                }
            ),
            opts=self.child(),
        )
        # without a head of its own the service gives each pod a name
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": NAME, **place, "annotations": {"pulumi.com/skipAwait": "true"}}),
            spec=manifest(
                {
                    "clusterIP": "None",
                    "publishNotReadyAddresses": True,
                    "selector": selector,
                    "ports": [{"name": "rendezvous", "port": RENDEZVOUS}],
                }
            ),
            opts=self.child(),
        )
        walls = self._walls(name, args, labels, selector)
        ready = self.child(depends_on=[script, volume, *walls])
        if spec.schedule:
            k8s.batch.v1.CronJob(
                f"{name}-schedule",
                metadata=manifest({"name": NAME, **place}),
                spec=manifest(
                    {
                        "schedule": spec.schedule,
                        "timeZone": spec.time_zone,
                        "concurrencyPolicy": "Forbid",
                        "successfulJobsHistoryLimit": 3,
                        "failedJobsHistoryLimit": 3,
                        "jobTemplate": {"metadata": {"labels": {**labels, **_queue(spec)}}, "spec": _job(args, labels)},
                    }
                ),
                opts=ready,
            )
        else:
            k8s.batch.v1.Job(
                f"{name}-run",
                metadata=manifest(
                    {
                        "name": f"{NAME}-{spec.run}",
                        "namespace": args.namespace,
                        "labels": {**labels, **_queue(spec)},
                        # a run takes days: whoever starts it does not wait
                        "annotations": {"pulumi.com/skipAwait": "true"},
                    }
                ),
                spec=manifest(_job(args, labels)),
                opts=ready,
            )
        self.run = Output.from_input(spec.run)
        self.finish()

    def _walls(
        self, name: str, args: TrainingArgs, labels: dict[str, str], selector: dict[str, str]
    ) -> list[k8s.networking.v1.NetworkPolicy]:
        """Pods of the run reach each other and the store, nothing else."""
        spec = args.spec
        inside = pods.allow(f"{NAME}-peers", args.namespace, labels, selector, (selector,), RENDEZVOUS)
        # the ports on which accelerators' libraries talk are theirs to choose
        del inside["spec"]["ingress"][0]["ports"]
        targets = ((spec.ownership.selector("documents"), DOCUMENTS_PORT),)
        reach = pods.reach(f"{NAME}-reach", args.namespace, labels, selector, targets)
        reach["spec"]["egress"].append({"to": [{"podSelector": {"matchLabels": selector}}]})
        if spec.registry:
            reach["spec"]["egress"].append(outside.way(spec.registry))
        return [
            k8s.networking.v1.NetworkPolicy(f"{name}-peers", **inside, opts=self.child()),
            k8s.networking.v1.NetworkPolicy(f"{name}-reach", **reach, opts=self.child()),
        ]


def _queue(spec: TrainingSpec) -> dict[str, str]:
    return {"kueue.x-k8s.io/queue-name": spec.queue} if spec.queue else {}


def _job(args: TrainingArgs, labels: dict[str, str]) -> dict[str, Any]:
    spec = args.spec
    return {
        "completionMode": "Indexed",
        "completions": spec.nodes,
        "parallelism": spec.nodes,
        "backoffLimit": spec.attempts,
        "activeDeadlineSeconds": spec.deadline_s,
        **({"suspend": True} if spec.queue else {}),
        "podFailurePolicy": {
            "rules": [
                # a node that is taken away counts as no failure: the run goes on from its checkpoint
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [NOT_GOOD_ENOUGH]}},
            ]
        },
        "template": {"metadata": {"labels": labels}, "spec": _pod(args)},
    }


def _pod(args: TrainingArgs) -> dict[str, Any]:
    spec = args.spec
    # a schedule's runs go by their names, a run by itself by its number
    job = {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    index = {"fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}
    settings: dict[str, Input[str]] = {
        "HOME": "/tmp",
        "HF_HUB_OFFLINE": "1",
        "CHECKPOINTS": f"{CHECKPOINTS}/$(JOB)",
        "OUTPUT": f"{CHECKPOINTS}/$(JOB)/output",
        "DATA": DATA,
        "BASE": f"{WEIGHTS_PATH}/{spec.base}",
        "COMMAND": _command(spec),
        "MEASURES": spec.measures,
        "GATES": spec.gates,
        "LINEAGE": spec.lineage,
        "MODEL": spec.model,
        "DOCUMENTS": args.documents,
        **({"REGISTRY": spec.registry, "REGISTERED_AS": spec.registered_as} if spec.registry else {}),
    }
    return {
        "subdomain": NAME,
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": GRACE_S,
        **placing.on_nodes((spec.gpu_label, *spec.node_labels), ("nvidia.com/gpu",)),
        "initContainers": [_stage(args)],
        "containers": [
            {
                "name": "trainer",
                "image": spec.image,
                "command": ["python3", "/scripts/train.py"],
                "env": [
                    {"name": "JOB", "valueFrom": job},
                    {"name": "INDEX", "valueFrom": index},
                    *({"name": key, "value": value} for key, value in settings.items()),
                    *([REGISTRY_TOKEN] if spec.registry else []),
                ],
                "resources": pods.resources(str(spec.cpu), f"{spec.memory_gib}Gi", spec.gpus),
                "securityContext": pods.container_security(),
                "volumeMounts": [
                    scripted.MOUNT,
                    {"name": "data", "mountPath": DATA, "readOnly": True},
                    {"name": "checkpoints", "mountPath": CHECKPOINTS},
                    {"name": "weights", "mountPath": WEIGHTS_PATH, "readOnly": True},
                    {"name": "shm", "mountPath": "/dev/shm"},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [
            {"name": "script", "configMap": {"name": NAME}},
            {"name": "data", "emptyDir": {"sizeLimit": f"{spec.data_gib + 1}Gi"}},
            {"name": "checkpoints", "persistentVolumeClaim": {"claimName": "checkpoints"}},
            {"name": "weights", "persistentVolumeClaim": {"claimName": args.weights_claim, "readOnly": True}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{math.ceil(spec.memory_gib / 4)}Gi"}},
            pods.scratch("20Gi"),
        ],
    }


def _command(spec: TrainingSpec) -> str:
    """The trainer's command; the shell of Kubernetes puts the run's name in, which schedules make."""
    said = {"{nodes}": str(spec.nodes), "{gpus}": str(spec.gpus), "{first}": f"$(JOB)-0.{NAME}:{RENDEZVOUS}"}
    words: list[str] = []
    for word in spec.command:
        found = word
        for mark, text in said.items():
            found = found.replace(mark, text)
        words.append(found)
    return json.dumps(words)


def _stage(args: TrainingArgs) -> dict[str, Any]:
    """The dataset is fetched and checked before anything is trained on it."""
    spec = args.spec
    settings: dict[str, Input[str]] = {
        "DOCUMENTS": args.documents,
        "FOLDER": spec.dataset,
        "DIGEST": spec.digest,
        "FILE": spec.file,
        "TARGET": DATA,
    }
    return scripted.stage(spec.fetch_image, settings, {"name": "data", "mountPath": DATA})
