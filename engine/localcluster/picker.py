"""The endpoint picker of the Gateway API Inference Extension, built for this machine: what routers ask."""

import logging
from pathlib import Path

from engine.localcluster import golang
from engine.localcluster.binaries import cache_folder
from engine.localcluster.definitions import SOURCES
from engine.localcluster.golang import Progress

SOURCE = SOURCES["inference-extension"]


def program() -> Path:
    """Where it is once it is built."""
    return cache_folder() / "picker" / SOURCE.version / "epp"


def ensure(progress: Progress) -> Path:
    """Build it unless it is there.

    Raises:
        ClusterError: there is no Go, its module cannot be had, or it cannot be built.
    """
    target = program()
    if target.exists():
        return target
    folder = golang.download(SOURCE.module, SOURCE.version, SOURCE.checksum, progress)
    with golang.building(target) as aside:
        if not target.exists():
            flags = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
            what = f"the endpoint picker {SOURCE.version}"
            golang.build(["build", *flags, "-o", str(aside), "./cmd/epp"], folder, what, progress)
    return target


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    ensure(logging.info)
