"""What is installed at a site, once: the agent, its account, and what it may do. Everything else the agent brings."""

import base64
from collections.abc import Sequence
from typing import Any

from components import pods, stateful
from components.namespace.admission import AdmissionSpec
from components.namespace.admission import objects as guards
from components.ownership import Ownership
from serving.decisions.spec import NAME as SERVICE
from serving.decisions.spec import PORT as SERVICE_PORT
from serving.fleet.files import site
from serving.fleet.spec import AGENT, SiteSpec

FOLDER = "/etc/site"
STATE_GIB = 20
DOCUMENTS, DOCUMENTS_PORT = "documents", 8888
VERBS = ["get", "list", "create", "patch", "delete"]
Thing = dict[str, Any]


def objects(
    spec: SiteSpec,
    ownership: Ownership,
    *,
    image: str,
    storage_class: str,
    hub: str,
    token: str,
    runs: Sequence[Thing],
    admission: AdmissionSpec | None,
) -> list[Thing]:
    """The objects to apply at a site; ``runs`` are those of the releases to come, ``token`` is the site's own."""
    labels, place = ownership.labels(AGENT), {"name": AGENT, "namespace": spec.namespace}
    metadata = {**place, "labels": labels}
    account = {"kind": "ServiceAccount", "name": AGENT, "namespace": spec.namespace}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": spec.namespace}},
        *(guards(admission, spec.namespace, ownership) if admission is not None else ()),
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        _role("Role", metadata, _may(runs)),
        _binding("RoleBinding", metadata, account),
        _role("ClusterRole", {"name": f"{AGENT}-{spec.namespace}", "labels": labels}, _may_see(spec.namespace)),
        _binding("ClusterRoleBinding", {"name": f"{AGENT}-{spec.namespace}", "labels": labels}, account),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": site(spec)},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "data": {"DOMICILE_SITE_TOKEN": base64.b64encode(token.encode()).decode()},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": metadata,
            "spec": {
                "serviceName": AGENT,
                "replicas": 1,
                "selector": {"matchLabels": ownership.selector(AGENT)},
                "template": {"metadata": {"labels": labels}, "spec": _pod(image, hub)},
                "volumeClaimTemplates": [stateful.claim("state", ownership.selector(AGENT), storage_class, STATE_GIB)],
            },
        },
    ]


def walls(ownership: Ownership) -> list[Thing]:
    """What lets the agent through the walls of what it runs; a part of every release."""
    space, labels, agent = ownership.workload, ownership.labels(AGENT), ownership.selector(AGENT)

    def let_in(name: str, port: int) -> Thing:
        found = pods.allow(f"{AGENT}-{name}", space, labels, ownership.selector(name), (agent,), port)
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", **found}

    own = pods.reach(
        AGENT,
        space,
        labels,
        agent,
        ((ownership.selector(SERVICE), SERVICE_PORT), (ownership.selector(DOCUMENTS), DOCUMENTS_PORT)),
    )
    own["spec"]["egress"].append(pods.to_api())
    return [
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", **own},
        let_in(SERVICE, SERVICE_PORT),
        let_in(DOCUMENTS, DOCUMENTS_PORT),
    ]


def _role(kind: str, metadata: Thing, rules: list[Thing]) -> Thing:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _binding(kind: str, metadata: Thing, account: Thing) -> Thing:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind.removesuffix("Binding"), "name": metadata["name"]}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": role,
        "subjects": [account],
    }


def _may(runs: Sequence[Thing]) -> list[Thing]:
    """What releases are made of, and what they themselves let their parts do: nobody may give what he has not."""
    groups: dict[str, set[str]] = {"": {"pods"}}
    given: list[Thing] = []
    for thing in runs:
        if thing["kind"] == "Namespace":
            continue
        group = thing["apiVersion"].rpartition("/")[0]
        groups.setdefault(group, set()).add(_plural(thing["kind"]))
        given += thing.get("rules", []) if thing["kind"] == "Role" else []
    own = [
        {"apiGroups": [group], "resources": sorted(found), "verbs": VERBS} for group, found in sorted(groups.items())
    ]
    return [*own, *(rule for index, rule in enumerate(given) if rule not in given[:index])]


def _may_see(namespace: str) -> list[Thing]:
    return [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "patch"], "resourceNames": [namespace]},
    ]


def _plural(kind: str) -> str:
    """A kind as the API's paths have it."""
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("cy") else f"{name}s"


def _pod(image: str, hub: str) -> Thing:
    settings = {
        "HOME": "/tmp",
        "PYTHONPATH": FOLDER,
        "DOMICILE_STATE": "/state",
        "DOMICILE_SETTINGS": f"{FOLDER}/settings.json",
        "DOMICILE_HUB": hub,
    }
    return {
        "serviceAccountName": AGENT,
        "enableServiceLinks": True,
        "securityContext": pods.pod_security(),
        "containers": [
            {
                "name": AGENT,
                "image": image,
                "command": ["python3", f"{FOLDER}/domicile_site.py"],
                "envFrom": [{"secretRef": {"name": AGENT}}],
                "env": [{"name": key, "value": text} for key, text in settings.items()],
                "resources": pods.resources("100m", "256Mi"),
                "securityContext": pods.container_security(),
                "volumeMounts": [
                    {"name": "config", "mountPath": FOLDER, "readOnly": True},
                    {"name": "state", "mountPath": "/state"},
                    pods.scratch_mount(),
                ],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": AGENT}}, pods.scratch()],
    }
