"""When an object is ready, in words when it is not. Pure."""

from collections.abc import Callable
from typing import Any

from engine.values import Props, is_map

Verdict = str | None
"""None when ready, else what is still missing."""


class FailedForGoodError(Exception):
    """The object will not become ready by waiting; the text says why."""


def verdict(key: str, live: Props) -> Verdict:
    """What an object still lacks; ``key`` is ``group/Kind``. A kind without a rule is ready when it exists.

    Raises:
        FailedForGoodError: waiting is of no use.
    """
    rule = _RULES.get(key)
    return rule(live) if rule else None


def awaits_endpoints(live: Props) -> bool:
    """Whether a Service must have a ready endpoint to be of use."""
    spec = _map(live, "spec")
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None"


def _map(value: Props, key: str) -> Props:
    found = value.get(key)
    return found if is_map(found) else {}


def _condition(live: Props, type_: str) -> Props:
    conditions: list[Props] = _map(live, "status").get("conditions") or []
    for one in conditions:
        if one.get("type") == type_:
            return one
    return {}


def _observed(live: Props) -> Verdict:
    generation = live.get("metadata", {}).get("generation", 0)
    seen = _map(live, "status").get("observedGeneration", 0)
    return None if seen >= generation else "the controller has not seen the change yet"


def _count(live: Props, wanted: int, *fields: str) -> Verdict:
    status = _map(live, "status")
    for field in fields:
        have = int(status.get(field) or 0)
        if have < wanted:
            return f"{have} of {wanted} {field.removesuffix('Replicas').removesuffix('Number').lower()} replicas"
    return None


def _deployment(live: Props) -> Verdict:
    progressing = _condition(live, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        raise FailedForGoodError(str(progressing.get("message") or "the rollout made no progress"))
    wanted = int(_map(live, "spec").get("replicas", 1))
    waiting = _observed(live) or _count(live, wanted, "updatedReplicas", "availableReplicas")
    if waiting:
        return waiting
    extra = int(_map(live, "status").get("replicas") or 0) - wanted
    return f"{extra} old replicas still run" if extra > 0 else None


def _stateful_set(live: Props) -> Verdict:
    wanted = int(_map(live, "spec").get("replicas", 1))
    status = _map(live, "status")
    waiting = _observed(live) or _count(live, wanted, "readyReplicas", "updatedReplicas")
    if waiting is None and wanted and status.get("currentRevision") != status.get("updateRevision"):
        return "the new revision is rolling out"
    return waiting


def _daemon_set(live: Props) -> Verdict:
    wanted = int(_map(live, "status").get("desiredNumberScheduled") or 0)
    return _observed(live) or _count(live, wanted, "updatedNumberScheduled", "numberAvailable")


def _job(live: Props) -> Verdict:
    failed = _condition(live, "Failed")
    if failed.get("status") == "True":
        message = f"the job failed: {failed.get('reason')}: {failed.get('message')}"
        raise FailedForGoodError(message)
    if _map(live, "spec").get("suspend"):
        return None
    return None if _condition(live, "Complete").get("status") == "True" else "the job has not completed"


def _pod(live: Props) -> Verdict:
    phase = _map(live, "status").get("phase")
    if phase == "Succeeded" or _condition(live, "Ready").get("status") == "True":
        return None
    if phase == "Failed":
        message = f"the pod failed: {_map(live, 'status').get('message') or 'see its log'}"
        raise FailedForGoodError(message)
    return f"the pod is {phase or 'Pending'}"


def _claim(live: Props) -> Verdict:
    phase = _map(live, "status").get("phase")
    return None if phase == "Bound" else f"the claim is {phase or 'Pending'}"


def _service(live: Props) -> Verdict:
    spec, status = _map(live, "spec"), _map(live, "status")
    if spec.get("type") == "LoadBalancer" and not _map(status, "loadBalancer").get("ingress"):
        return "the load balancer has no address"
    return None


def _ingress(live: Props) -> Verdict:
    return None if _map(_map(live, "status"), "loadBalancer").get("ingress") else "the ingress has no address"


def _definition(live: Props) -> Verdict:
    accepted = _condition(live, "NamesAccepted")
    if accepted.get("status") == "False":
        raise FailedForGoodError(str(accepted.get("message") or "its names are taken"))
    return None if _condition(live, "Established").get("status") == "True" else "the definition is not established"


def _namespace(live: Props) -> Verdict:
    return None if _map(live, "status").get("phase") == "Active" else "the namespace is not active"


_RULES: dict[str, Callable[[Props], Verdict]] = {
    "apps/Deployment": _deployment,
    "apps/StatefulSet": _stateful_set,
    "apps/DaemonSet": _daemon_set,
    "batch/Job": _job,
    "core/Pod": _pod,
    "core/PersistentVolumeClaim": _claim,
    "core/Service": _service,
    "core/Namespace": _namespace,
    "networking.k8s.io/Ingress": _ingress,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
}


def pod_trouble(pod: Props) -> str | None:
    """Why a pod is not running, from its conditions and containers."""
    name = pod.get("metadata", {}).get("name")
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"pod {name} is not scheduled: {scheduled.get('message')}"
    statuses: list[Any] = _map(pod, "status").get("containerStatuses") or []
    for one in statuses:
        waiting = _map(_map(one, "state"), "waiting")
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return f"pod {name}, container {one.get('name')}: {waiting.get('reason')}: {waiting.get('message', '')}"
    return None
