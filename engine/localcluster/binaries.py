"""The control plane's executables: found on this machine, or built once with Go and kept in the user's cache.

Order: ``KUBEBUILDER_ASSETS``, then PATH, when every component is there; else built. The official envtest archive has
no controller manager and no scheduler, so it can serve only as a part of ``KUBEBUILDER_ASSETS``.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.localcluster import golang
from engine.localcluster.golang import Progress

KUBERNETES_VERSION = "v1.35.4"
KWOK_VERSION = "v0.8.0"
SOURCE = Path(__file__).parent / "plane"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
ON_PATH = f", or put {', '.join(COMPONENTS)} and kwok on PATH"
STAGES = (
    "node/fast/node-initialize.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """How to start each component. ``simulator`` is empty when the plane was not built here."""

    commands: dict[str, tuple[str, ...]]
    kwok: str
    stages: tuple[Path, ...]
    simulator: tuple[str, ...]


def cache_folder() -> Path:
    """The project's folder in the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "domicile"


def ensure(progress: Progress) -> Binaries:
    """Find or build everything; ``progress`` is told what happens and how far it is.

    Raises:
        ClusterError: something is missing and cannot be built; says what and how to get it.
    """
    kwok, stages = _kwok(progress)
    plane = _plane(progress)
    found = _installed()
    commands = found or {name: (str(plane), name) for name in COMPONENTS}
    return Binaries(commands, str(kwok), stages, (str(plane), "cloud-simulator"))


def _installed() -> dict[str, tuple[str, ...]] | None:
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    paths = {name: shutil.which(name, path=folder) if folder else None for name in COMPONENTS}
    if not all(paths.values()):
        paths = {name: shutil.which(name) for name in COMPONENTS}
    return {name: (path,) for name, path in paths.items() if path} if all(paths.values()) else None


def _plane(progress: Progress) -> Path:
    sources = sorted([*SOURCE.glob("*.go"), SOURCE / "go.mod", SOURCE / "go.sum"])
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    target = cache_folder() / "plane" / f"{KUBERNETES_VERSION}-{digest}" / "plane"
    if target.exists():
        return target
    major, minor = KUBERNETES_VERSION.removeprefix("v").split(".")[:2]
    version = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    flags = " ".join(
        ["-s", "-w", *(f"-X k8s.io/component-base/version.{key}={value}" for key, value in version.items())]
    )
    with golang.building(target) as aside:
        golang.build(
            ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(aside), "."],
            SOURCE,
            f"control plane {KUBERNETES_VERSION}",
            progress,
            otherwise=ON_PATH,
        )
    return target


def _kwok(progress: Progress) -> tuple[Path, tuple[Path, ...]]:
    folder = cache_folder() / "kwok" / KWOK_VERSION
    target = folder / "kwok"
    stages = tuple(folder / "stages" / name.replace("/", "-") for name in STAGES)
    if target.exists() and all(path.exists() for path in stages):
        return target, stages
    module = f"sigs.k8s.io/kwok/cmd/kwok@{KWOK_VERSION}"
    with golang.building(target) as aside, tempfile.TemporaryDirectory() as out:
        what = f"KWOK {KWOK_VERSION}"
        install = ["install", "-v", "-trimpath", module]
        golang.build(install, folder, what, progress, {"GOBIN": out}, otherwise=ON_PATH)
        shutil.move(str(Path(out) / "kwok"), aside)
        modules = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
        origin = Path(modules) / f"sigs.k8s.io/kwok@{KWOK_VERSION}" / "kustomize" / "stage"
        (folder / "stages").mkdir(exist_ok=True)
        for name, stage in zip(STAGES, stages, strict=True):
            shutil.copyfile(origin / name, stage)
    return target, stages
