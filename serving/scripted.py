"""The first container of a pod that needs a version of something: fetched and checked, or the pod never starts."""

from typing import Any

from pulumi import Input

from components import pods

SCRIPTS = {"name": "script", "mountPath": "/scripts", "readOnly": True}


def container(image: str, settings: dict[str, Input[str]], target: dict[str, Any]) -> dict[str, Any]:
    """The container that runs ``serving/scripts/stage.py``; ``target`` is where it puts what it fetched."""
    return {
        "name": "stage",
        "image": image,
        "command": ["python3", "/scripts/stage.py"],
        "env": [{"name": key, "value": value} for key, value in settings.items()],
        "resources": pods.resources("250m", "256Mi"),
        "securityContext": pods.container_security(),
        "volumeMounts": [SCRIPTS, target, pods.scratch_mount()],
    }
