"""A vLLM server for one model: GPUs, weights from a shared read-only volume, probes sized from the weights."""

import math
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from components.ownership import PREFIX, Ownership

PORT = 8000
LOAD_GIB_PER_S = 0.2
START_OVERHEAD_S = 90
MAX_START_S = 1800
DRAIN_S = 30
WEIGHTS_PATH = "/models"


#: taints that clouds put on pools of spot nodes and of a compute class, beside that of the accelerator
POOL_TAINTS = ("cloud.google.com/compute-class", "kubernetes.azure.com/scalesetpriority")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServerSpec:
    """One model and its replicas. ``task`` is `generate` or `embed`; ``answer_s`` is the longest answer's time.

    ``licence`` is the model's, as the catalog has it; empty where it is not known.
    """

    name: str
    ownership: Ownership
    image: str
    model: str
    licence: str
    task: str
    precision: str
    replicas: int
    gpus: int
    gpu_product: str
    memory_gib: int
    cpu: int
    max_model_len: int
    max_num_seqs: int
    weights_gib: float
    answer_s: int
    clients: tuple[str, ...]
    scaled: bool
    node_labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServerArgs:
    """The spec, where it lives, and the volume with the weights."""

    spec: ModelServerSpec
    namespace: Input[str]
    weights_claim: Input[str]


def start_budget_s(weights_gib: float) -> int:
    """How long a server may take to start: twice the time to read its weights, and what vLLM itself needs."""
    return math.ceil(2 * weights_gib / LOAD_GIB_PER_S) + START_OVERHEAD_S


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
        start = start_budget_s(spec.weights_gib)
        template = {"metadata": {"labels": labels, "annotations": _scraped()}, "spec": _pod(args, start)}
        deployment = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=manifest({"name": spec.name, **place, "annotations": _model_card(spec)}),
            spec=manifest(
                {
                    "replicas": spec.replicas,
                    "selector": {"matchLabels": selector},
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                    "progressDeadlineSeconds": start + 300,
                    "template": template,
                }
            ),
            opts=self.child(ignore_changes=["spec.replicas"] if spec.scaled else None),
        )
        k8s.core.v1.Service(
            f"{name}-service",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"selector": selector, "ports": [{"name": "http", "port": PORT}]}),
            opts=self.child(depends_on=[deployment]),
        )
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-budget",
            metadata=manifest({"name": spec.name, **place}),
            spec=manifest({"maxUnavailable": 1, "selector": {"matchLabels": selector}}),
            opts=self.child(),
        )
        k8s.networking.v1.NetworkPolicy(
            f"{name}-clients",
            **pods.allow(
                f"{spec.name}-clients",
                args.namespace,
                labels,
                selector,
                tuple(spec.ownership.selector(client) for client in spec.clients),
                PORT,
            ),
            opts=self.child(),
        )
        self.endpoint = Output.from_input(f"http://{spec.name}:{PORT}/v1")
        self.finish()


def _model_card(spec: ModelServerSpec) -> dict[str, str]:
    """What an auditor asks of a model: where it is from, under which licence, and how long it takes to load."""
    return {
        f"{PREFIX}/model-source": f"huggingface.co/{spec.model}",
        f"{PREFIX}/model-licence": spec.licence or "unknown",
        f"{PREFIX}/weights-gib": str(spec.weights_gib),
        f"{PREFIX}/load-gib-per-second": str(LOAD_GIB_PER_S),
    }


def _scraped() -> dict[str, str]:
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT), "prometheus.io/path": "/metrics"}


def command(spec: ModelServerSpec) -> list[str]:
    """VLLM's arguments for a spec."""
    common = [
        f"{WEIGHTS_PATH}/{spec.model}",
        f"--served-model-name={spec.name}",
        f"--port={PORT}",
        f"--tensor-parallel-size={spec.gpus}",
        f"--max-model-len={spec.max_model_len}",
        "--gpu-memory-utilization=0.90",
        "--disable-access-log-for-endpoints=/health,/metrics,/ping",
    ]
    if spec.task == "embed":
        return [*common, "--runner=pooling"]
    quantization = ["--quantization=fp8"] if spec.precision == "fp8" else []
    return [*common, f"--max-num-seqs={spec.max_num_seqs}", *quantization]


def _pod(args: ModelServerArgs, start: int) -> dict[str, Any]:
    spec = args.spec
    health = {"httpGet": {"path": "/health", "port": PORT}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "terminationGracePeriodSeconds": grace_s(spec.answer_s),
        "tolerations": [
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"},
            *({"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in POOL_TAINTS),
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {
                            "matchExpressions": [
                                {"key": key, "operator": "In", "values": [value]}
                                for key, value in (("nvidia.com/gpu.product", spec.gpu_product), *spec.node_labels)
                            ]
                        }
                    ]
                }
            }
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": spec.ownership.selector(spec.name)},
            }
        ],
        "containers": [
            {
                "name": "vllm",
                "image": spec.image,
                "args": command(spec),
                "env": [
                    {"name": "HF_HUB_OFFLINE", "value": "1"},
                    {"name": "HOME", "value": "/tmp"},
                    {"name": "PYTHONHASHSEED", "value": "0"},
                    {"name": "VLLM_NO_USAGE_STATS", "value": "1"},
                ],
                "ports": [{"name": "http", "containerPort": PORT}],
                "resources": pods.resources(str(spec.cpu), f"{spec.memory_gib}Gi", spec.gpus),
                "securityContext": pods.container_security(),
                "startupProbe": {**health, "periodSeconds": 10, "failureThreshold": math.ceil(start / 10)},
                "readinessProbe": {**health, "periodSeconds": 5, "failureThreshold": 3},
                "livenessProbe": {**health, "periodSeconds": 10, "failureThreshold": 6},
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
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{4 * spec.gpus}Gi"}},
            pods.scratch("10Gi"),
        ],
    }
