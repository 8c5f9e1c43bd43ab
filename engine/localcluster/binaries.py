"""The control plane's executables: found on this machine, or built once with Go and kept in the user's cache.

Order: ``KUBEBUILDER_ASSETS``, then PATH, when every component is there; else built. The official envtest archive has
no controller manager and no scheduler, so it can serve only as a part of ``KUBEBUILDER_ASSETS``.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from engine.localcluster.errors import ClusterError

KUBERNETES_VERSION = "v1.35.4"
KWOK_VERSION = "v0.8.0"
SOURCE = Path(__file__).parent / "plane"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
STAGES = (
    "node/fast/node-initialize.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
Progress = Callable[[str], None]


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
    with _building(target) as aside:
        _go(
            ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(aside), "."],
            SOURCE,
            f"control plane {KUBERNETES_VERSION}",
            progress,
        )
    return target


def _kwok(progress: Progress) -> tuple[Path, tuple[Path, ...]]:
    folder = cache_folder() / "kwok" / KWOK_VERSION
    target = folder / "kwok"
    stages = tuple(folder / "stages" / name.replace("/", "-") for name in STAGES)
    if target.exists() and all(path.exists() for path in stages):
        return target, stages
    module = f"sigs.k8s.io/kwok/cmd/kwok@{KWOK_VERSION}"
    with _building(target) as aside, tempfile.TemporaryDirectory() as out:
        _go(["install", "-v", "-trimpath", module], folder, f"KWOK {KWOK_VERSION}", progress, {"GOBIN": out})
        shutil.move(str(Path(out) / "kwok"), aside)
        modules = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
        origin = Path(modules) / f"sigs.k8s.io/kwok@{KWOK_VERSION}" / "kustomize" / "stage"
        (folder / "stages").mkdir(exist_ok=True)
        for name, stage in zip(STAGES, stages, strict=True):
            shutil.copyfile(origin / name, stage)
    return target, stages


@contextlib.contextmanager
def _building(target: Path) -> Generator[Path]:
    """Build aside and move into place, one process at a time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            if target.exists():
                aside.write_bytes(b"")
            yield aside
            if not target.exists():
                aside.chmod(0o755)
                aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)


def _go(
    arguments: list[str], folder: Path, what: str, progress: Progress, environment: dict[str, str] | None = None
) -> None:
    go = shutil.which("go")
    if go is None:
        message = (
            f"{what} must be built once and Go is not on PATH. Install Go 1.25 or newer (https://go.dev/dl), or put "
            f"{', '.join(COMPONENTS)} and kwok on PATH"
        )
        raise ClusterError(message)
    started = time.monotonic()
    tail: list[str] = []
    count = 0
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(5):
            progress(f"building {what}: {count} packages, {time.monotonic() - started:.0f} s")

    reporter = threading.Thread(target=report, daemon=True)
    progress(f"building {what}, once: this takes several minutes on two cores")
    reporter.start()
    with subprocess.Popen(  # noqa: S603 the Go tool
        [go, *arguments],
        cwd=folder,
        env={**os.environ, "CGO_ENABLED": "0", **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr or ():
            count += 1
            tail = [*tail[-20:], line]
    ended.set()
    reporter.join()
    if process.returncode != 0:
        message = (
            f"{what} could not be built with Go:\n{''.join(tail)}Check the network and the disk, then run it again"
        )
        raise ClusterError(message)
    progress(f"built {what} in {time.monotonic() - started:.0f} s")
