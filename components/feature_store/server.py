"""Feast on any cluster: servers, the store of fresh values, the job that fills it. A target says where history is."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods, servers, stateful
from components.cache.contract import CacheArgs
from components.cache.kubernetes import KubernetesCache
from components.core import Component, manifest
from components.feature_store.contract import FeatureStoreArgs
from components.ownership import PREFIX, digest

PORT = 6566
PART = "features"
FOLDER = "/feast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the registry and the history are, in Feast's own words; ``secrets`` are variables: (name, Secret, key)."""

    registry: dict[str, Input[str]]
    offline: dict[str, Any]
    environment: tuple[tuple[str, Input[str]], ...] = ()
    secrets: tuple[tuple[str, Input[str], str], ...] = ()


def build(owner: Component, args: FeatureStoreArgs, sources: Sources) -> Output[str]:
    """Create everything as children of a component; returns the endpoint."""
    spec = args.spec
    labels = spec.ownership.labels(PART)
    place = {"namespace": args.namespace, "labels": labels}
    online = KubernetesCache(
        f"{owner.name}-online",
        CacheArgs(spec=spec.online, key=args.key, network="", subnets=[]),
        args.namespace,
        ResourceOptions(parent=owner),
    )
    written = Output.all(sources.registry, sources.offline, online.endpoint).apply(
        lambda found: _settings(spec.name, *found)
    )
    account = servers.account(owner, spec, place, args.annotations)
    config = k8s.core.v1.ConfigMap(
        f"{owner.name}-settings",
        metadata=manifest({"name": spec.name, **place}),
        data={"feature_store.yaml": written},
        opts=owner.child(),
    )
    pod, after = _pods(args, sources, written.apply(digest)), (account, config)
    endpoint = servers.build(owner, spec, PART, args.namespace, PORT, pod["server"], after)
    filling = {**spec.ownership.labels(f"{PART}-materialize"), **pods.USES_IDENTITY}
    k8s.batch.v1.CronJob(
        f"{owner.name}-materialize",
        metadata=manifest({"name": f"{spec.name}-materialize", **place}),
        spec=manifest(stateful.schedule(spec.materialize, filling, pod["job"])),
        opts=owner.child(depends_on=after),
    )
    return endpoint


def _settings(name: str, registry: dict[str, str], offline: dict[str, Any], online: str) -> str:
    """feature_store.yaml: JSON is YAML; what is secret comes from variables, which Feast puts in."""
    store = f"{online}:6379,ssl=true,ssl_ca_certs=/tls/ca.crt,password=${{ONLINE_PASSWORD}}"
    settings = {
        "project": name.replace("-", "_"),
        "provider": "local",
        "entity_key_serialization_version": 3,
        "registry": {**registry, "cache_ttl_seconds": 60},
        "offline_store": offline,
        "online_store": {"type": "redis", "connection_string": store},
    }
    return json.dumps(settings, indent=2, sort_keys=True)


def _pods(args: FeatureStoreArgs, sources: Sources, version: Output[str]) -> dict[str, Any]:
    """The servers' template and the job's pod: one image, one account, one configuration."""
    spec = args.spec
    secrets = (("ONLINE_PASSWORD", spec.online.name, "password"), *sources.secrets)
    probe = {"httpGet": {"path": "/health", "port": PORT}}
    container: dict[str, Any] = {
        "image": spec.image,
        "env": [
            *({"name": key, "value": text} for key, text in (("HOME", "/tmp"), ("FEAST_USAGE", "False"))),
            *({"name": key, "value": text} for key, text in sources.environment),
            *({"name": key, "valueFrom": {"secretKeyRef": {"name": of, "key": at}}} for key, of, at in secrets),
        ],
        "resources": pods.resources("500m", "1Gi"),
        "securityContext": pods.container_security(),
        "volumeMounts": [
            {"name": "settings", "mountPath": FOLDER, "readOnly": True},
            {"name": "tls", "mountPath": "/tls", "readOnly": True},
            pods.scratch_mount(),
        ],
    }
    trusted = {"secretName": f"{spec.online.name}-tls", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    common: dict[str, Any] = {
        "serviceAccountName": spec.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pods.pod_security(),
        "volumes": [
            {"name": "settings", "configMap": {"name": spec.name}},
            {"name": "tls", "secret": trusted},
            pods.scratch(),
        ],
    }
    serve = ["feast", "-c", FOLDER, "serve", "-h", "0.0.0.0", "-p", str(PORT), "--no-access-log"]  # noqa: S104 in a pod
    fill = ["/bin/sh", "-euc", f"feast -c {FOLDER} materialize-incremental $(date -u +%Y-%m-%dT%H:%M:%S)"]
    server = {
        **container,
        "name": "feast",
        "command": serve,
        "ports": [{"name": "http", "containerPort": PORT}],
        "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {**probe, "periodSeconds": 5},
        "livenessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 6},
    }
    job = {**container, "name": "materialize", "command": fill}
    labels = {**spec.ownership.labels(PART), **pods.USES_IDENTITY}
    apart = pods.spread(spec.ownership.selector(PART), pods.ZONE)
    changed = {f"{PREFIX}/config": version}
    return {
        "server": {
            "metadata": {"labels": labels, "annotations": changed},
            "spec": {**common, "containers": [server], "topologySpreadConstraints": apart},
        },
        "job": {**common, "containers": [job], "restartPolicy": "Never"},
    }
