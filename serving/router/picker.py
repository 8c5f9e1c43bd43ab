"""How the endpoint picker of the Gateway API Inference Extension is started. Pure.

It runs without the extension's own objects: it is told which pods there are by their labels, and weighs, for each
request, which of them has seen the prompt's beginning, how many requests wait there, and how full its cache is.
Source: gateway-api-inference-extension v1.2.0, `cmd/epp` and `config/charts/inferencepool`. Its chart gives a queue the
weight 2: then requests wait at a full replica while others are free.
"""

import json

from serving.engines import metrics
from serving.engines.metrics import Metric
from serving.router.spec import METRICS_PORT, PICKER_HEALTH_PORT, PICKER_PORT, RouterSpec

#: where none need wait, the prompt's beginning counts most; nobody waits for it while another replica is free
WEIGHTS = {"queue-scorer": 4, "kv-cache-utilization-scorer": 2, "prefix-cache-scorer": 3}
ADAPTERS = {"lora-affinity-scorer": 1}


def configuration(spec: RouterSpec) -> str:
    """What is weighed, and how heavily."""
    weights = {**WEIGHTS, **(ADAPTERS if spec.adapters else {})}
    return json.dumps(
        {
            "apiVersion": "inference.networking.x-k8s.io/v1alpha1",
            "kind": "EndpointPickerConfig",
            "plugins": [{"type": name} for name in weights],
            "schedulingProfiles": [
                {
                    "name": "default",
                    "plugins": [{"pluginRef": name, "weight": weight} for name, weight in weights.items()],
                }
            ],
        }
    )


def arguments(spec: RouterSpec) -> list[str]:
    """The command line; what is said again after it counts instead."""
    known = metrics.of(spec.engine, spec.release)
    vllm = spec.engine == "vllm"
    said = {
        "endpoint-selector": ",".join(f"{key}={value}" for key, value in spec.selector),
        "endpoint-target-ports": spec.port,
        "model-server-metrics-port": spec.metrics_port,
        "model-server-metrics-path": spec.metrics_path,
        "total-queued-requests-metric": _named(known.get("waiting")),
        "kv-cache-usage-percentage-metric": _named(known.get("kv_cache")),
        "lora-info-metric": "vllm:lora_requests_info" if vllm and spec.adapters else "",
        "cache-info-metric": "vllm:cache_config_info" if vllm else "",
        "config-text": configuration(spec),
        "secure-serving": "false",
        "metrics-endpoint-auth": "false",
        "enable-pprof": "false",
        "tracing": "false",
        "zap-encoder": "json",
        "v": 1,
        "grpc-port": PICKER_PORT,
        "grpc-health-port": PICKER_HEALTH_PORT,
        "metrics-port": METRICS_PORT,
    }
    return [f"--{name}={value}" for name, value in said.items()]


def _named(metric: Metric | None) -> str:
    """A metric as the picker takes it: labels without quotes; empty for one that the engine does not tell."""
    if metric is None:
        return ""
    selector = metric.selector.replace('"', "")
    return f"{metric.name}{{{selector}}}" if selector else metric.name
