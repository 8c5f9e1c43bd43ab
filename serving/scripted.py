"""Pods that run programs of ours: where the programs lie, and the container that fetches a version first."""

from collections.abc import Mapping
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import Input

from components import pods
from components.core import Component, manifest

MOUNT = {"name": "script", "mountPath": "/scripts", "readOnly": True}


def programs(
    owner: Component, called: str, place: dict[str, Any], scripts: Mapping[str, Input[str]]
) -> k8s.core.v1.ConfigMap:
    """The programs of a component's pods, by file, in a ConfigMap of this name."""
    return k8s.core.v1.ConfigMap(
        f"{owner.name}-script",
        metadata=manifest({"name": called, **place}),
        data={f"{file}.py": text for file, text in scripts.items()},
        opts=owner.child(),
    )


def stage(image: str, settings: dict[str, Input[str]], target: dict[str, Any]) -> dict[str, Any]:
    """The container that runs ``serving/scripts/stage.py``; ``target`` is where it puts what it fetched."""
    return {
        "name": "stage",
        "image": image,
        "command": ["python3", "/scripts/stage.py"],
        "env": [{"name": key, "value": value} for key, value in settings.items()],
        "resources": pods.resources("250m", "256Mi"),
        "securityContext": pods.container_security(),
        "volumeMounts": [MOUNT, target, pods.scratch_mount()],
    }
