"""Manifests in a directory instead of objects in a cluster, named as pulumi-kubernetes names them."""

from pathlib import Path

from engine.providers.kubernetes import objects
from engine.state.files import write_atomic
from engine.values import Props, reveal, without_internal

DEFINITIONS = "0-crd"
MANIFESTS = "1-manifest"


def write_manifest(folder: Path, inputs: Props, *, remove: bool = False) -> Path:
    """Write (or remove) one object's file; returns its path.

    Secrets are written in plain text, as an applied object needs them: files have mode 0600.
    """
    import yaml

    own = objects.metadata(inputs)
    group = str(inputs.get("apiVersion", "v1")).replace("/", "_")
    parts = [group, str(inputs.get("kind")).lower(), str(own.get("namespace") or "default"), str(own.get("name"))]
    sub = DEFINITIONS if inputs.get("kind") == "CustomResourceDefinition" else MANIFESTS
    path = folder / sub / ("-".join(parts) + ".yaml")
    if remove:
        path.unlink(missing_ok=True)
    else:
        write_atomic(path, yaml.safe_dump(without_internal(reveal(inputs)), sort_keys=True).encode())
    return path
