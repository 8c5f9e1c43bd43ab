"""A server for one model: an engine, accelerators, weights from a shared read-only volume, probes sized from them."""

import math
from dataclasses import dataclass, replace
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource, ResourceOptions

from components import budgets, pods
from components.core import Component, manifest
from components.ownership import PREFIX, Ownership
from serving import groups, placing
from serving.engines.contract import WEIGHTS_PATH, Engine, Serve, Task
from serving.engines.table import ENGINES

PORT = 8000
LOAD_GIB_PER_S = 0.2
MAX_START_S = 1800
DRAIN_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServerSpec:
    """One model and its replicas. ``task`` is `generate` or `embed`; ``answer_s`` is the longest answer's time.

    ``engine`` is one of ``serving.engines.table``; ``adapters`` are LoRA adapters by name and folder in the volume,
    of ``adapter_rank`` at the most.
    ``licence`` is the model's, as the catalog has it, ``digest`` that of its files, if they were approved; empty where
    it is not known. ``gpus`` are those of a replica, on all of its ``nodes`` together; memory and processors are those
    of a pod, which reads ``load_gib_per_s`` of weights.
    """

    name: str
    ownership: Ownership
    engine: str = "vllm"
    model: str
    licence: str
    task: Task
    precision: str
    replicas: int
    gpus: int
    gpu_label: tuple[str, str]
    memory_gib: int
    cpu: int
    max_model_len: int
    max_num_seqs: int
    weights_gib: float
    answer_s: int
    clients: tuple[str, ...]
    scaled: bool
    node_labels: tuple[tuple[str, str], ...] = ()
    adapters: tuple[tuple[str, str], ...] = ()
    adapter_rank: int = 16
    nodes: int = 1
    load_gib_per_s: float = LOAD_GIB_PER_S
    digest: str = ""

    @property
    def read_gib(self) -> float:
        """What one pod reads of the weights: on several nodes each has its part of the layers."""
        return round(self.weights_gib / self.nodes, 2)

    @property
    def start_s(self) -> int:
        """How long it may take to start."""
        return start_budget_s(self.read_gib, self.engine, self.load_gib_per_s)

    @property
    def runs(self) -> Engine:
        """The engine."""
        return ENGINES[self.engine]

    @property
    def serve(self) -> Serve:
        """What the engine is asked to serve."""
        return Serve(
            name=self.name,
            path=f"{WEIGHTS_PATH}/{self.model}",
            task=self.task,
            precision=self.precision,
            accelerators=self.gpus,
            max_model_len=self.max_model_len,
            max_num_seqs=self.max_num_seqs,
            adapters=tuple((name, f"{WEIGHTS_PATH}/{folder}") for name, folder in self.adapters),
            adapter_rank=self.adapter_rank,
            nodes=self.nodes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServerArgs:
    """The spec, where it lives, and the volume with the weights."""

    spec: ModelServerSpec
    namespace: Input[str]
    weights_claim: Input[str]


def start_budget_s(weights_gib: float, engine: str = "vllm", gib_per_s: float = LOAD_GIB_PER_S) -> int:
    """How long a server may take to start: twice the time to read its weights, and what the engine itself needs."""
    return math.ceil(2 * weights_gib / gib_per_s) + ENGINES[engine].start_s


def grace_s(answer_s: int) -> int:
    """How long a server may take to stop: half as much again as the drain and the longest answer together."""
    return math.ceil(1.5 * (DRAIN_S + answer_s))


class ModelServer(Component):
    """See the module."""

    TOKEN = "domicile:serving:ModelServer"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: ModelServerArgs, opts: ResourceOptions | None = None) -> None:
        """Create the server, its service, its disruption budget and its wall."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(spec.name), spec.ownership.selector(spec.name)
        place = {"namespace": args.namespace, "labels": labels}
        asked = selector if spec.nodes == 1 else {**selector, groups.PLACE: groups.LEADS}
        served_by = self._one_by_one(name, args) if spec.nodes == 1 else self._in_groups(name, args)
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"selector": asked, "ports": _ports(spec.runs, "port")}),
            opts=self.child(depends_on=[served_by]),
        )
        budgets.one_at_a_time(self, spec.name, place, selector)
        clients = tuple(spec.ownership.selector(client) for client in spec.clients)
        wall = pods.allow(f"{spec.name}-clients", args.namespace, labels, selector, clients, spec.runs.port)
        wall["spec"]["ingress"].append(pods.scraping(spec.runs.metrics_port))
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **wall, opts=self.child())
        self.endpoint = Output.from_input(f"http://{spec.name}:{PORT}/v1")
        self.finish()

    def _one_by_one(self, name: str, args: ModelServerArgs) -> Resource:
        """A pod for each replica."""
        spec = args.spec
        labels, selector = spec.ownership.labels(spec.name), spec.ownership.selector(spec.name)
        return k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=manifest(
                {"name": spec.name, "namespace": args.namespace, "labels": labels, "annotations": _model_card(spec)}
            ),
            spec=manifest(
                {
                    "replicas": spec.replicas,
                    "selector": {"matchLabels": selector},
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                    "progressDeadlineSeconds": spec.start_s + 300,
                    "template": _template(args),
                }
            ),
            opts=self.child(ignore_changes=["spec.replicas"] if spec.scaled else None),
        )

    def _in_groups(self, name: str, args: ModelServerArgs) -> Resource:
        """A group of pods for each replica, one on each node, and what lets them speak to one another."""
        spec = args.spec
        leads, follows = _template(args), _template(args, follows=True)
        made = groups.build(self, spec, args.namespace, (leads, follows), _model_card(spec))
        k8s.networking.v1.NetworkPolicy(f"{name}-group-walls", **groups.walls(spec, args.namespace), opts=self.child())
        return made


def _template(args: ModelServerArgs, *, follows: bool = False) -> dict[str, Any]:
    """A pod: of a replica alone, of one that leads a group, or of one that follows in it."""
    spec = args.spec
    labels = spec.ownership.labels(spec.name)
    if spec.nodes == 1:
        metadata = {"labels": labels, "annotations": pods.scraped(spec.runs.metrics_port, spec.runs.metrics_path)}
        return {"metadata": metadata, "spec": _pod(args)}
    place = groups.FOLLOWS if follows else groups.LEADS
    scraped = {} if follows else {"annotations": pods.scraped(spec.runs.metrics_port, spec.runs.metrics_path)}
    pod = groups.together(_pod(args), spec)
    if follows:
        groups.behind(pod["containers"][0], spec.runs.started_with(replace(spec.serve, follows=True)))
    return {"metadata": {"labels": {**labels, groups.PLACE: place}, **scraped}, "spec": pod}


def _model_card(spec: ModelServerSpec) -> dict[str, str]:
    """What an auditor asks of a model: where it is from, under which licence, and how long it takes to load."""
    return {
        f"{PREFIX}/model-source": f"huggingface.co/{spec.model}",
        f"{PREFIX}/model-licence": spec.licence or "unknown",
        **({f"{PREFIX}/model-digest": spec.digest} if spec.digest else {}),
        f"{PREFIX}/weights-gib": str(spec.read_gib),
        f"{PREFIX}/load-gib-per-second": str(spec.load_gib_per_s),
    }


def _ports(engine: Engine, key: str) -> list[dict[str, Any]]:
    """The ports of the service (``port``) or of the container (``containerPort``)."""
    found: list[dict[str, Any]] = [{"name": "http", key: engine.port}]
    if engine.metrics_port != engine.port:
        found.append({"name": "metrics", key: engine.metrics_port})
    return found


def _labels(spec: ModelServerSpec) -> tuple[tuple[str, str], ...]:
    product = (spec.gpu_label,) if spec.runs.resource == "nvidia.com/gpu" else ()
    return (*product, *spec.node_labels)


def _pod(args: ModelServerArgs) -> dict[str, Any]:
    spec = args.spec
    engine = spec.runs
    live = {"httpGet": {"path": engine.live, "port": engine.port}}
    ready = {"httpGet": {"path": engine.ready, "port": engine.port}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": grace_s(spec.answer_s),
        **placing.on_nodes(_labels(spec), engine.tolerated),
        "topologySpreadConstraints": pods.spread(spec.ownership.selector(spec.name), pods.ZONE),
        "containers": [
            {
                "name": engine.name,
                "image": engine.reference,
                **({"command": list(engine.command)} if engine.command else {}),
                "args": engine.started_with(spec.serve),
                "env": [{"name": key, "value": text} for key, text in engine.environment],
                "ports": _ports(engine, "containerPort"),
                "resources": pods.resources(str(spec.cpu), f"{spec.memory_gib}Gi", spec.serve.on_node, engine.resource),
                "securityContext": pods.container_security(),
                "startupProbe": {**ready, "periodSeconds": 10, "failureThreshold": math.ceil(spec.start_s / 10)},
                "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 3},
                "livenessProbe": {**live, "periodSeconds": 10, "failureThreshold": 6},
                "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_S}}},
                "volumeMounts": [
                    {"name": "weights", "mountPath": WEIGHTS_PATH, "readOnly": True},
                    {"name": "shm", "mountPath": "/dev/shm"},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [
            {"name": "weights", "persistentVolumeClaim": {"claimName": args.weights_claim, "readOnly": True}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{4 * spec.serve.on_node}Gi"}},
            pods.scratch("10Gi"),
        ],
    }
