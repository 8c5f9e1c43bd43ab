"""A server of a model that scores: Triton, with one version that was fetched and checked before it starts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import budgets, pods
from components.core import Component, manifest
from components.document_store.spec import PORT as DOCUMENTS_PORT
from components.ownership import PREFIX, Ownership
from serving import placing, scripted
from serving.engines.contract import Engine, Serve
from serving.engines.nvidia import REPOSITORY
from serving.engines.table import ENGINES

PORT = 8000
METRICS_PORT = 8002
FETCH_GIB_PER_S = 0.1
DRAIN_S = 15

Format = Literal["onnx", "xgboost", "tensorrt"]
#: Triton's backend of a format, and the file it looks for (docs.nvidia.com, Triton's model repository; FIL's README)
BACKENDS: dict[str, tuple[str, str]] = {
    "onnx": ("onnxruntime", "model.onnx"),
    "xgboost": ("fil", "xgboost.json"),
    "tensorrt": ("tensorrt", "model.plan"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A tensor of a model, without its first dimension, which counts requests."""

    name: str
    datatype: str
    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerSpec:
    """A model and its server. ``digest`` is that of its files (``serving/scripts/stage.py``), ``gib`` their size.

    ``gpus`` are 0 (processors alone) or 1 for each replica; ``batch`` requests are computed at once where they come
    together within ``gather_ms``.
    """

    name: str
    ownership: Ownership
    model: str
    version: int
    digest: str
    format: Format
    licence: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    batch: int
    gather_ms: float
    replicas: int
    gpus: int
    cpu: int
    memory_gib: int
    gib: float
    fetch_image: str
    clients: tuple[str, ...]
    gpu_label: tuple[str, str] | None = None
    node_labels: tuple[tuple[str, str], ...] = ()

    @property
    def runs(self) -> Engine:
        """The engine."""
        return ENGINES["triton"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerArgs:
    """The spec, where it lives, the store of models, and the programs that fetch from it, by file."""

    spec: ScorerSpec
    namespace: Input[str]
    documents: Input[str]
    scripts: Mapping[str, Input[str]]


def start_budget_s(gib: float) -> int:
    """How long a server may take to start: to fetch its model twice over, and what the engine needs."""
    return math.ceil(2 * gib / FETCH_GIB_PER_S) + ENGINES["triton"].start_s


def configuration(spec: ScorerSpec) -> str:
    """Triton's `config.pbtxt`."""
    backend, _ = BACKENDS[spec.format]
    lines = [f'name: "{spec.name}"', f'backend: "{backend}"', f"max_batch_size: {spec.batch}"]
    for kind, tensors in (("input", spec.inputs), ("output", spec.outputs)):
        for one in tensors:
            dims = ", ".join(map(str, one.dims))
            lines.append(f'{kind} {{ name: "{one.name}" data_type: TYPE_{one.datatype} dims: [ {dims} ] }}')
    lines.append(f"instance_group {{ count: 1 kind: KIND_{'GPU' if spec.gpus else 'CPU'} }}")
    lines.append(f"dynamic_batching {{ max_queue_delay_microseconds: {round(1000 * spec.gather_ms)} }}")
    lines.append(f"version_policy {{ specific {{ versions: [ {spec.version} ] }} }}")
    if spec.format == "xgboost":
        parameters = {"model_type": "xgboost_json", "predict_proba": "true", "output_class": "true"}
        lines += [
            f'parameters {{ key: "{key}" value {{ string_value: "{text}" }} }}' for key, text in parameters.items()
        ]
    return "\n".join(lines) + "\n"


class Scorer(Component):
    """See the module. A version that is not there, or not the approved one, never becomes ready; the old one stays."""

    TOKEN = "domicile:serving:Scorer"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: ScorerArgs, opts: ResourceOptions | None = None) -> None:
        """Create the server, its service, its disruption budget and its walls."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels, selector = spec.ownership.labels(spec.name), spec.ownership.selector(spec.name)
        place = {"namespace": args.namespace, "labels": labels}
        script = scripted.programs(self, f"{spec.name}-stage", place, args.scripts)
        targets = ((spec.ownership.selector("documents"), DOCUMENTS_PORT),)
        reach = k8s.networking.v1.NetworkPolicy(
            f"{name}-reach",
            **pods.reach(f"{spec.name}-reach", args.namespace, labels, selector, targets),
            opts=self.child(),
        )
        start = start_budget_s(spec.gib)
        # a GPU is not there twice while versions change; processors are
        strategy = {"maxSurge": 0, "maxUnavailable": 1} if spec.gpus else {"maxSurge": 1, "maxUnavailable": 0}
        scraped = pods.scraped(METRICS_PORT, spec.runs.metrics_path)
        deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=manifest({"name": spec.name, **place, "annotations": _model_card(spec)}),
            spec=manifest(
                {
                    "replicas": spec.replicas,
                    "selector": {"matchLabels": selector},
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": strategy},
                    "progressDeadlineSeconds": start + 300,
                    "template": {
                        "metadata": {"labels": labels, "annotations": scraped},
                        "spec": _pod(args, selector, start),
                    },
                }
            ),
            opts=self.child(depends_on=[script, reach]),
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"selector": selector, "ports": _ports("port")}),
            opts=self.child(depends_on=[deployment]),
        )
        budgets.one_at_a_time(self, spec.name, place, selector)
        clients = tuple(spec.ownership.selector(client) for client in spec.clients)
        wall = pods.allow(f"{spec.name}-clients", args.namespace, labels, selector, clients, PORT)
        wall["spec"]["ingress"].append(pods.scraping(METRICS_PORT))
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **wall, opts=self.child())
        self.endpoint = Output.from_input(f"http://{spec.name}:{PORT}")
        self.finish()


def _model_card(spec: ScorerSpec) -> dict[str, str]:
    return {
        f"{PREFIX}/model-source": f"documents/models/{spec.model}/{spec.version}",
        f"{PREFIX}/model-digest": spec.digest,
        f"{PREFIX}/model-licence": spec.licence,
    }


def _ports(key: str) -> list[dict[str, Any]]:
    return [{"name": "http", key: PORT}, {"name": "metrics", key: METRICS_PORT}]


def _pod(args: ScorerArgs, selector: dict[str, str], start: int) -> dict[str, Any]:
    spec, engine = args.spec, args.spec.runs
    serve = Serve(
        name=spec.name,
        path="",
        task="classify",
        precision="fp32",
        accelerators=max(1, spec.gpus),
        max_model_len=1,
        max_num_seqs=spec.batch,
    )
    wanted = (*((spec.gpu_label,) if spec.gpu_label else ()), *spec.node_labels)
    repository = {"name": "repository", "mountPath": REPOSITORY}
    ready = {"httpGet": {"path": engine.ready, "port": PORT}}
    live = {"httpGet": {"path": engine.live, "port": PORT}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": 2 * DRAIN_S + 30,
        **(placing.on_nodes(wanted, engine.tolerated) if spec.gpus else {}),
        "topologySpreadConstraints": pods.spread(selector, pods.ZONE),
        "initContainers": [_stage(args)],
        "containers": [
            {
                "name": engine.name,
                "image": engine.reference,
                "command": list(engine.command),
                "args": engine.started_with(serve),
                "ports": _ports("containerPort"),
                "resources": pods.resources(str(spec.cpu), f"{spec.memory_gib}Gi", spec.gpus),
                "securityContext": pods.container_security(),
                "startupProbe": {**ready, "periodSeconds": 5, "failureThreshold": math.ceil(start / 5)},
                "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 3},
                "livenessProbe": {**live, "periodSeconds": 10, "failureThreshold": 6},
                "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_S}}},
                "volumeMounts": [{**repository, "readOnly": True}, pods.scratch_mount()],
            }
        ],
        "volumes": [
            {"name": "repository", "emptyDir": {"sizeLimit": f"{math.ceil(spec.gib) + 1}Gi"}},
            {"name": "script", "configMap": {"name": f"{spec.name}-stage"}},
            pods.scratch(),
        ],
    }


def _stage(args: ScorerArgs) -> dict[str, Any]:
    spec = args.spec
    settings: dict[str, Input[str]] = {
        "DOCUMENTS": args.documents,
        "FOLDER": f"/models/{spec.model}/{spec.version}",
        "DIGEST": spec.digest,
        "VERSION": str(spec.version),
        "FILE": BACKENDS[spec.format][1],
        "TARGET": f"{REPOSITORY}/{spec.name}",
        "CONFIG": configuration(spec),
    }
    return scripted.stage(spec.fetch_image, settings, {"name": "repository", "mountPath": REPOSITORY})
