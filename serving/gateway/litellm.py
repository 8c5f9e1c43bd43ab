"""LiteLLM's configuration, from the spec: routes, weights, retries, fallbacks, cooldown and cache."""

from pathlib import Path
from typing import Any

from serving.gateway.spec import Backend, GatewaySpec, canary_of, model_id

HOOKS = Path(__file__).parent / "hooks"
#: seconds between tries: LiteLLM's own are made for hosted APIs, and hold a request that a neighbour could answer
ENVIRONMENT = {
    "INITIAL_RETRY_DELAY": "0.1",
    "MAX_RETRY_DELAY": "1",
    "JITTER": "0.1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
PROGRAMS = tuple(sorted(file.name for file in HOOKS.glob("domicile_*.py")))


def configuration(spec: GatewaySpec, endpoints: dict[str, str]) -> dict[str, Any]:
    """The configuration; ``endpoints`` are the base URLs of the workload's servers by name."""
    fallbacks = [{alias.name: list(alias.fallbacks)} for alias in spec.aliases if alias.fallbacks]
    canaries = [(alias, alias.canary) for alias in spec.aliases if alias.canary]
    fallbacks += [{canary_of(alias.name): [alias.name, *alias.fallbacks]} for alias, _ in canaries]
    return {
        "model_list": [
            *(
                _model(alias.name, alias.task, backend, endpoints)
                for alias in spec.aliases
                for backend in alias.backends
                if backend.weight
            ),
            *(_model(canary_of(alias.name), alias.task, backend, endpoints) for alias, backend in canaries),
        ],
        "router_settings": {
            "routing_strategy": "simple-shuffle",
            "num_retries": spec.retries,
            "retry_after": 0,
            "allowed_fails": spec.failures,
            "cooldown_time": spec.cooldown_s,
            "fallbacks": fallbacks,
            "enable_pre_call_checks": False,
        },
        "litellm_settings": {
            "callbacks": ["domicile_gateway.hooks", "prometheus"],
            "drop_params": True,
            "turn_off_message_logging": True,
            "require_auth_for_metrics_endpoint": False,
            "request_timeout": spec.longest_s,
            "cache": True,
            "cache_params": {
                "type": "redis",
                "mode": "default_off",
                "host": "os.environ/REDIS_HOST",
                "port": "os.environ/REDIS_PORT",
                "password": "os.environ/REDIS_PASSWORD",
                "namespace": "domicile-answers",
                "supported_call_types": ["acompletion", "aembedding"],
            },
        },
        "general_settings": {
            "master_key": "os.environ/LITELLM_MASTER_KEY",
            "custom_auth": "domicile_gateway.authenticate",
            "disable_spend_logs": True,
            "disable_master_key_return": True,
        },
    }


def _model(alias: str, task: str, backend: Backend, endpoints: dict[str, str]) -> dict[str, Any]:
    where: dict[str, Any] = {"model": backend.hosted}
    if not backend.hosted:
        address = backend.address or endpoints[backend.name]
        where = {"model": f"hosted_vllm/{backend.model or backend.name}", "api_base": address, "api_key": "none"}
    elif backend.address:
        where["api_base"] = backend.address
    if backend.key_variable:
        where["api_key"] = f"os.environ/{backend.key_variable}"
    return {
        "model_name": alias,
        "litellm_params": {
            **where,
            "timeout": backend.timeout_s,
            "stream_timeout": backend.timeout_s,
            "max_parallel_requests": backend.parallel,
            "weight": backend.weight,
            "max_retries": 0,
        },
        "model_info": {
            "id": model_id(alias, backend.name),
            "mode": "embedding" if task == "embed" else "chat",
            "input_cost_per_token": backend.usd_input / 1e6,
            "output_cost_per_token": backend.usd_output / 1e6,
        },
    }
