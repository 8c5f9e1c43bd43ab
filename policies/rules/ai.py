"""AI: what makes a model server safe to run, to change and to account for."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

from policies import limits, values
from policies.facts.kubernetes import (
    AutoscalerFact,
    EntranceFact,
    GatewayFact,
    NamespaceFact,
    NodePoolFact,
    ServiceFact,
    ServingFact,
    WorkloadFact,
)
from policies.limits import LIMITS
from policies.resource import Resource
from policies.rule import TEXTS, Problem, Rule, Settings, Severity, StackRule
from policies.values import get, is_map, items, section, text, truth

_REMOTE_CODE = re.compile(r"^--trust[-_]remote[-_]code(=(true|1))?$", re.IGNORECASE)
BASES = ("_API_BASE", "_BASE_URL")
REMOTE_VARIABLES = ("TRUST_REMOTE_CODE", "VLLM_TRUST_REMOTE_CODE", "HF_TRUST_REMOTE_CODE")
#: tags that move, or that nobody wrote
MOVING = ("", "latest", "main", "master", "nightly", "dev", "edge", "stable")
SERVERS = re.compile(
    r"(^|/)(vllm|sglang|text-generation-inference|tei|tritonserver|llama[.-]?cpp|ollama|lmdeploy|nim)", re.IGNORECASE
)
LICENCE, PROVENANCE = "domicile.dev/model-licence", "domicile.dev/model-source"
RISK, REVIEW, AUDIT = "domicile.dev/risk-class", "domicile.dev/human-review", "domicile.dev/audit-log"
WEIGHTS, LOAD = "domicile.dev/weights-gib", "domicile.dev/load-gib-per-second"


def is_model_server(workload: WorkloadFact) -> bool:
    """Whether a workload serves models: it has an accelerator, or an image that is known for it."""
    return any(one.gpus or SERVERS.search(one.image) for one in workload.containers(initial=False))


def _mutable(workload: WorkloadFact, settings: Settings) -> Iterator[Problem]:
    for one in workload.containers():
        image, digest = one.image.partition("@")[::2]
        tag = image.rpartition("/")[2].partition(":")[2]
        if digest.startswith("sha256:"):
            continue
        if tag in MOVING or settings["digests_only"]:
            yield Problem(f"image {one.image or '(none)'} may change under its name", f"{one.path}.image")


def _remote_code(workload: WorkloadFact, settings: Settings) -> Iterator[Problem]:
    del settings
    for one in workload.containers():
        for word in " ".join(one.words).split():
            if _REMOTE_CODE.match(word.strip("'\"\\")):
                yield Problem("it runs code that comes with the model", f"{one.path}.args")
        for path, name, value in one.environment:
            if name.upper() in REMOTE_VARIABLES and truth(value.lower()):
                yield Problem("it runs code that comes with the model", path)


def _provenance(workload: ServingFact, settings: Settings) -> Iterator[Problem]:
    if not is_model_server(workload):
        return
    notes = {**workload.notes, **section(workload.props, "spec.template.metadata.annotations")}
    for name in (LICENCE, PROVENANCE):
        if not notes.get(name):
            yield Problem(f"it serves a model and does not say {name}", "metadata.annotations")
    licence = str(notes.get(LICENCE, "")).lower()
    if licence and licence in {one.lower() for one in settings["refused_licences"]}:
        yield Problem(f"licence {licence} is refused", f"metadata.annotations.{LICENCE}")


def _probes(workload: ServingFact, settings: Settings) -> Iterator[Problem]:
    del settings
    if not is_model_server(workload):
        return
    for one in workload.containers(initial=False, following=False):
        if not one.gpus:
            continue
        missing = [
            name for name in ("startupProbe", "readinessProbe", "livenessProbe") if not values.present(one.props, name)
        ]
        if missing:
            yield Problem(f"it has no {', '.join(missing)}", one.path)
        budget = _budget(one.props)
        need = _load_seconds(workload)
        if budget is not None and need is not None and budget < need:
            text_ = f"it has {int(budget)} s to start, and its weights take {int(need)} s to load"
            yield Problem(text_, f"{one.path}.startupProbe")


def _budget(container: Any) -> float | None:
    probe = section(container, "startupProbe")
    if not probe:
        return None
    period, times = int(probe.get("periodSeconds", 10)), int(probe.get("failureThreshold", 3))
    return float(int(probe.get("initialDelaySeconds", 0)) + period * times)


def _load_seconds(workload: ServingFact) -> float | None:
    notes = {**workload.notes, **section(workload.props, "spec.template.metadata.annotations")}
    weights, speed = notes.get(WEIGHTS), notes.get(LOAD, "0.5")
    return float(str(weights)) / float(str(speed)) if weights is not None else None


def _bounds(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    del settings
    scalers = [fact for one in resources if (fact := AutoscalerFact.of(one)) is not None]
    for scaler in scalers:
        least, most = scaler.bounds
        if most is None:
            yield Problem("it has no upper bound", "spec", scaler.resource.urn)
        elif least is not None and most <= least:
            yield Problem(f"it never scales: from {least} to {most}", "spec", scaler.resource.urn)


def _shrink(pool: NodePoolFact, settings: Settings) -> Iterator[Problem]:
    del settings
    if pool.reserved and pool.may_shrink:
        yield Problem("reserved nodes may be consolidated away, and are paid for all the same", "spec.disruption")


def _authenticated(entrance: EntranceFact, settings: Settings) -> Iterator[Problem]:
    notes = entrance.notes
    if any(str(key).endswith(tuple(settings["auth_annotations"])) for key in notes):
        return
    names = {
        text(values.known(path, "spec.rules"), "backend.service.name")
        for rule in items(entrance.props, "spec.rules")
        for path in items(rule, "http.paths")
    }
    if names and names <= set(settings["authenticating_services"]):
        return
    yield Problem("anyone who finds it may use it: no annotation asks for authentication", "metadata.annotations")


INTERNAL = (
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "networking.gke.io/load-balancer-type",
    "cloud.google.com/load-balancer-type",
)


def _exposed(service: ServiceFact, settings: Settings) -> Iterator[Problem]:
    del settings
    if text(service.props, "spec.type") != "LoadBalancer":
        return
    notes = service.notes
    scheme = str(notes.get("service.beta.kubernetes.io/aws-load-balancer-scheme", ""))
    if scheme != "internal" and not any(str(notes.get(key, "")).lower() in ("true", "internal") for key in INTERNAL):
        yield Problem("its load balancer is open to the internet, without authentication", "spec.type")


def _fallback(gateway: GatewayFact, settings: Settings) -> Iterator[Problem]:
    del settings
    config = gateway.config
    router = {**section(config, "litellm_settings"), **section(config, "router_settings")}
    names = [str(one.get("model_name")) for one in gateway.models]
    listed = items(router, "fallbacks") + items(router, "default_fallbacks")
    covered = {str(name) for one in listed if is_map(one) for name in one}
    everything = any(isinstance(one, str) for one in listed)
    for name in dict.fromkeys(names):
        if names.count(name) < 2 and name not in covered and not everything:
            yield Problem(f"{name} has one server and no fallback", "data")


def _limited(gateway: GatewayFact, settings: Settings) -> Iterator[Problem]:
    del settings
    config = gateway.config
    general = {
        **section(config, "litellm_settings"),
        **section(config, "general_settings"),
        **section(config, "router_settings"),
    }
    if any(
        key in general
        for key in ("max_budget", "default_internal_user_params", "global_max_parallel_requests", "default_team_params")
    ):
        return
    for one in gateway.models:
        parameters = section(one, "litellm_params")
        if not any(key in parameters for key in ("rpm", "tpm", "max_parallel_requests")):
            yield Problem(f"{one.get('model_name')} has no limit of requests or tokens", "data")


def _hard_coded(workload: WorkloadFact, settings: Settings) -> Iterator[Problem]:
    for one in workload.containers(initial=False):
        for path, name, value in one.environment:
            host = urlparse(value).hostname if "://" in value else None
            inside = host is None or "." not in host or host.endswith((".svc", ".local"))
            if name.upper().endswith(BASES) and not inside and host not in settings["allowed_hosts"]:
                yield Problem(f"{name} sends model requests past the gateway, to {host}", path)


HIGH_RISK_NOTES = ((AUDIT, "where its events are recorded"), (REVIEW, "who reviews its decisions"))


def of_high_risk(settings: Settings) -> bool:
    """Whether what says nothing of its risk is of high risk by a law that is configured."""
    return any(law.high_risk for law in limits.profiles(settings))


def _high_risk(place: NamespaceFact, settings: Settings) -> Iterator[Problem]:
    told = str({**place.labels, **place.notes}.get(RISK, "")).lower()
    if told != "high" and (told or not of_high_risk(settings)):
        return
    for name, what in HIGH_RISK_NOTES:
        if not place.notes.get(name):
            yield Problem(f"it is of high risk and does not say {what} ({name})", "metadata.annotations")


def _rollback(workload: ServingFact, settings: Settings) -> Iterator[Problem]:
    del settings
    kept = get(workload.props, "spec.revisionHistoryLimit")
    if kept is not None and int(kept) == 0:
        yield Problem("it keeps no earlier version to go back to", "spec.revisionHistoryLimit")


_REFS = ("NIST AI RMF MEASURE 2.7", "ISO 42001 A.6.2.5")


MUTABLE = Rule(
    id="ai-image-pinned",
    title="Images do not change under their name",
    severity=Severity.HIGH,
    reads=WorkloadFact,
    problems=_mutable,
    remedy="Pin the image by a version, better by its digest.",
    refs=("NIST AI RMF MEASURE 2.7", "ISO 42001 A.10.3"),
    settings={"digests_only": {"type": "boolean", "default": False}},
)
REMOTE_CODE = Rule(
    id="ai-no-remote-code",
    title="No code runs that comes with a model",
    severity=Severity.CRITICAL,
    reads=WorkloadFact,
    problems=_remote_code,
    remedy="Leave the flag out; use a model that the server knows.",
    refs=_REFS,
)
MODEL_SOURCE = Rule(
    id="ai-model-provenance",
    title="A model's licence and source are told",
    severity=Severity.MEDIUM,
    reads=ServingFact,
    problems=_provenance,
    remedy=f"Set the annotations {LICENCE} and {PROVENANCE}.",
    refs=("ISO 42001 A.7.5", "AI Act Art. 13"),
    settings={"refused_licences": {**TEXTS, "default": []}},
)
PROBES = Rule(
    id="ai-probes",
    title="Model servers have probes, and time to load their weights",
    severity=Severity.HIGH,
    reads=ServingFact,
    problems=_probes,
    remedy="Add the probes; give the startup probe longer than the weights take to load.",
    refs=_REFS,
)
NEVER_SHRINK = Rule(
    id="ai-reserved-kept",
    title="Reserved nodes are never consolidated",
    severity=Severity.HIGH,
    reads=NodePoolFact,
    problems=_shrink,
    remedy="Set a disruption budget of 0 nodes, or consolidateAfter: Never.",
    refs=_REFS,
)
AUTHENTICATED = Rule(
    id="ai-authenticated",
    title="Entrances ask who comes",
    severity=Severity.HIGH,
    reads=EntranceFact,
    problems=_authenticated,
    remedy="Ask for authentication by annotation, or name the service that asks in authenticating_services.",
    refs=("ISO 42001 A.9.2", "AI Act Art. 15"),
    settings={
        "auth_annotations": {
            **TEXTS,
            "default": [
                "auth-url",
                "auth-type",
                "auth-tls-secret",
                "auth-signin",
                "alb.ingress.kubernetes.io/auth-type",
                "oauth2-proxy",
            ],
        },
        "authenticating_services": {**TEXTS, "default": ["gateway", "fleet-hub"]},
    },
)
EXPOSED = Rule(
    id="ai-not-exposed",
    title="No service is open to the internet by itself",
    severity=Severity.HIGH,
    reads=ServiceFact,
    problems=_exposed,
    remedy="Make the load balancer internal, and let an entrance with authentication stand before it.",
    refs=("AI Act Art. 15",),
)
FALLBACK = Rule(
    id="ai-fallback",
    title="Every model has a fallback",
    severity=Severity.LOW,
    reads=GatewayFact,
    problems=_fallback,
    remedy="Name a fallback in litellm_settings.fallbacks, or a second server.",
    refs=("NIST AI RMF MANAGE 4.1",),
)
RATE_LIMIT = Rule(
    id="ai-rate-limit",
    title="Every model has a limit of requests or tokens",
    severity=Severity.MEDIUM,
    reads=GatewayFact,
    problems=_limited,
    remedy="Set rpm or tpm of the model, or a budget for all.",
    refs=_REFS,
)
HARD_CODED = Rule(
    id="ai-no-hard-coded-endpoint",
    title="Model requests go through the gateway",
    severity=Severity.MEDIUM,
    reads=WorkloadFact,
    problems=_hard_coded,
    remedy="Use the gateway's address and a model's alias.",
    refs=_REFS,
    settings={"allowed_hosts": {**TEXTS, "default": []}},
)
HIGH_RISK = Rule(
    id="ai-high-risk",
    title="Uses of high risk are recorded, and people review them",
    severity=Severity.HIGH,
    reads=NamespaceFact,
    problems=_high_risk,
    remedy=f"Set {AUDIT} to the audit sink and {REVIEW} to the team that reviews.",
    refs=("AI Act Art. 12", "AI Act Art. 14", "AI Act Art. 26"),
    settings={**LIMITS},
)
ROLLBACK = Rule(
    id="ai-rollback",
    title="There is an earlier version to go back to",
    severity=Severity.MEDIUM,
    reads=ServingFact,
    problems=_rollback,
    remedy="Keep at least one revision.",
    refs=("NIST AI RMF MANAGE 4.1",),
)
BOUNDS = StackRule(
    id="ai-autoscaling-bounds",
    title="Autoscalers have bounds, and room between them",
    severity=Severity.MEDIUM,
    problems=_bounds,
    remedy="Set the most replicas, above the least.",
    refs=_REFS,
)
RULES = (
    MUTABLE, REMOTE_CODE, MODEL_SOURCE, PROBES, NEVER_SHRINK, AUTHENTICATED, EXPOSED, FALLBACK, RATE_LIMIT, HARD_CODED,
    HIGH_RISK, ROLLBACK, BOUNDS,
)  # fmt: skip
