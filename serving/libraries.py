"""Libraries that pods of ours need and their images lack, as archives that Python imports from."""

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

import pulumi_kubernetes as k8s

from components.core import Component, manifest

#: where a pod has them
FOLDER = "/libraries"
BEGINNING = (1980, 1, 1, 0, 0, 0)


def archive(*packages: str, needed: Callable[[tuple[str, ...]], bool] | None = None) -> bytes:
    """Installed packages as one archive, those of their files that are ``needed``; the same give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for package in packages:
            for file in sorted(metadata.files(package) or (), key=str):
                # some packages ask for their own version, which stands in METADATA
                wanted = file.suffix == ".py" or file.name == "METADATA"
                if wanted and (needed is None or needed(file.parts)):
                    out.writestr(zipfile.ZipInfo(str(file), BEGINNING), file.read_text(), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def named(part: str) -> str:
    """The name of the ConfigMap with a part's archives."""
    return f"{part}-libraries"


def build(owner: Component, part: str, place: dict[str, Any], archives: Mapping[str, bytes]) -> k8s.core.v1.ConfigMap:
    """The archives of a part's pods, by file, in a ConfigMap."""
    return k8s.core.v1.ConfigMap(
        f"{owner.name}-libraries",
        metadata=manifest({"name": named(part), **place}),
        binary_data={file: base64.b64encode(content).decode() for file, content in archives.items()},
        opts=owner.child(),
    )


def volume(part: str) -> dict[str, Any]:
    """The volume that a part's pods have them in."""
    return {"name": "libraries", "configMap": {"name": named(part)}}


MOUNT = {"name": "libraries", "mountPath": FOLDER, "readOnly": True}
