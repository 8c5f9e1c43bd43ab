"""What is told of an object that is refused, that does not become ready, or that does not go."""

import re
from typing import Any

from engine.providers.kubernetes import objects, readiness
from engine.providers.kubernetes.api import Answer, Connection
from engine.providers.kubernetes.objects import Kind
from engine.values import Props, is_map

#: keeps a claim while a pod mounts it
CLAIMED = "kubernetes.io/pvc-protection"
MOST = 3


def refusal(kind: Kind, inputs: Props, answer: Answer) -> str:
    """Why the cluster did not take an object, and what helps against another owner of its fields."""
    name = f"{kind.kind} '{objects.identity(inputs)}'"
    conflicts = [one for one in answer.causes if one.get("reason") == "FieldManagerConflict"]
    if answer.status == 409 and conflicts:
        held = "; ".join(f"{one.get('field')} ({one.get('message')})" for one in conflicts)
        return (
            f"{name}: another manager owns fields this program sets: {held}. Leave the field to it (remove it here, or "
            f"use ignore_changes), or take it over with the annotation {objects.PATCH_FORCE}: 'true'"
        )
    return f"{name}: the cluster refused it: {answer.message}"


def immutable(answer: Answer) -> list[str]:
    """The fields the server will not change in place."""
    fields = [
        str(one.get("field", ""))
        for one in answer.causes
        if re.search(r"immutable|forbidden|may not be changed|cannot be changed", str(one.get("message", "")).lower())
    ]
    return [field for field in dict.fromkeys(fields) if field]


def missing_namespace(answer: Answer) -> bool:
    """Whether the cluster lacks an object's namespace."""
    details = answer.body.get("details")
    return answer.status == 404 and is_map(details) and details.get("kind") == "namespaces"


def not_ready(api: Connection, kind: Kind, live: Props) -> list[str]:
    """The pods that do not run, and the last warnings of the object."""
    own = objects.metadata(live)
    namespace = own.get("namespace")
    if not namespace:
        return []
    found: list[str] = []
    selector = live.get("spec", {}).get("selector")
    labels: Any = selector.get("matchLabels", selector) if is_map(selector) else None
    if is_map(labels) and labels and kind.group in ("apps", "batch", "core"):
        query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
        pods = api.items(f"/api/v1/namespaces/{namespace}/pods", query)
        found += [trouble for pod in pods if (trouble := readiness.pod_trouble(pod))][:MOST]
    events = api.items(
        f"/api/v1/namespaces/{namespace}/events", {"fieldSelector": f"involvedObject.name={own['name']}"}
    )
    warnings = [f"{one.get('reason')}: {one.get('message')}" for one in events if one.get("type") == "Warning"]
    return found + warnings[-MOST:]


def not_gone(api: Connection, live: Props) -> str:
    """What keeps an object that is being deleted: its finalizers, and what they wait for where that can be told."""
    own = objects.metadata(live)
    finalizers: list[str] = own.get("finalizers") or []
    text = f"{live.get('kind')} '{objects.identity(live)}' is being deleted, and is held by "
    text += ", ".join(finalizers) or "its dependants"
    if CLAIMED in finalizers and (pods := _mounting(api, own)):
        named = ", ".join(pods[:MOST]) + (f" and {len(pods) - MOST} more" if len(pods) > MOST else "")
        return f"{text}: mounted by {named}; delete what made them"
    status: Props = live.get("status", {})
    conditions: list[Props] = status.get("conditions", [])
    said = [str(one["message"]) for one in conditions if one.get("status") == "True" and one.get("message")]
    return f"{text}: {'; '.join(said)}" if said else text


def _mounting(api: Connection, own: Props) -> list[str]:
    """Pods that mount a claim, each with what made it."""
    found: list[str] = []
    for pod in api.items(f"/api/v1/namespaces/{own['namespace']}/pods"):
        volumes: list[Props] = pod["spec"].get("volumes", [])
        if any(one.get("persistentVolumeClaim", {}).get("claimName") == own["name"] for one in volumes):
            meta = objects.metadata(pod)
            made = "".join(f" of {one['kind']} '{one['name']}'" for one in meta.get("ownerReferences") or ())
            found.append(f"pod '{meta['name']}'{made}")
    return found
