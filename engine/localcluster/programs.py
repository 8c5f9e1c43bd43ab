"""Programs of others that are built for this machine from their Go modules: what a gateway of Envoy and routers run."""

import logging
from dataclasses import dataclass
from pathlib import Path

from engine.localcluster import golang
from engine.localcluster.binaries import cache_folder
from engine.localcluster.definitions import SOURCES, Source
from engine.localcluster.golang import Progress


@dataclass(frozen=True, slots=True)
class Program:
    """A module's command `cmd/<name>`, and the folder of the cache in which its versions lie."""

    what: str
    folder: str
    name: str
    source: Source

    @property
    def file(self) -> Path:
        """Where it is once it is built."""
        return cache_folder() / self.folder / self.source.version / self.name

    def ensure(self, progress: Progress) -> None:
        """Build it unless it is there; the longest takes about as long as the control plane.

        Raises:
            ClusterError: there is no Go, its module cannot be had, or it cannot be built.
        """
        target, source = self.file, self.source
        if target.exists():
            return
        folder = golang.download(source.module, source.version, source.checksum, progress)
        with golang.building(target) as aside:
            if not target.exists():
                flags = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", str(aside)]
                golang.build(["build", *flags, f"./cmd/{self.name}"], folder, f"{self.what} {source.version}", progress)


#: Envoy AI Gateway's own program for a single machine: it makes of a gateway's objects what Envoy is told
AIGW = Program("Envoy AI Gateway", "aigw", "aigw", SOURCES["envoy-ai-gateway"])
#: the endpoint picker of the Gateway API Inference Extension: what routers ask
PICKER = Program("the endpoint picker", "picker", "epp", SOURCES["inference-extension"])

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for one in (AIGW, PICKER):
        one.ensure(logging.info)
