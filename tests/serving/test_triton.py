"""NVIDIA's Triton itself takes what we tell it: arguments, configuration, requests; its metrics have the table's names.

The server is the one that the package pytriton brings (`make triton`). It has the backend for models in Python alone, so
the model here is one; arguments, configuration and protocol are those of pods.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import decided
import httpx
import pytest
from conftest import ROOT
from decided import Running, World, until
from prometheus_client.parser import text_string_to_metric_families

from blueprints import load
from blueprints.scored.resolve import ScoredPlan
from engine import processes
from serving.decisions.spec import DecisionsSpec
from serving.engines import metrics
from serving.engines.contract import Serve
from serving.engines.table import ENGINES
from serving.scorer import ScorerSpec, configuration
from serving.scripts import modelfiles

HOME = ROOT / ".venv" / "triton"
MODEL = b"""
import numpy
import triton_python_backend_utils as backend


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            values = backend.get_input_tensor_by_name(request, "input__0").as_numpy()
            unknown = numpy.isnan(values).any(axis=1)
            score = numpy.where(unknown, 0.7, 0.2).astype(numpy.float32)
            both = numpy.stack([1 - score, score], axis=1)
            answers.append(backend.InferenceResponse([backend.Tensor("output__0", both)]))
        return answers
"""


def planned() -> tuple[ScorerSpec, DecisionsSpec]:
    """A fraud detection's server and its service."""
    plan = load.governed(ROOT / "blueprints" / "fraud_detection" / "examples" / "fraud.yaml")[1]
    assert isinstance(plan, ScoredPlan)
    return plan.scorers[0], plan.service


@dataclass(slots=True)
class Triton:
    """The server, with a repository that a pod's first container laid out."""

    process: subprocess.Popen[bytes]
    address: str
    metrics: str

    def counted(self, name: str) -> float:
        """What a metric of the model says."""
        families = text_string_to_metric_families(httpx.get(self.metrics).text)
        # the parser gives every counter the suffix that Triton's do not have
        found = [one for family in families for one in family.samples if one.name.removesuffix("_total") == name]
        return sum(one.value for one in found if one.labels.get("model") == "scorer")


@pytest.fixture(scope="module")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    site = next(iter(HOME.glob("lib/python*/site-packages")), HOME)
    server = site / "pytriton" / "tritonserver"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / version / "triton_python_backend_stub"
    libraries = Path(str(sysconfig.get_config_var("LIBDIR")))
    if not (server / "bin" / "tritonserver").exists():
        pytest.skip("NVIDIA's Triton is not installed: `make triton`")
    if not stub.exists() or not list(libraries.glob(f"libpython{version}.so*")):
        pytest.skip(f"Triton's backend needs libpython{version}.so, which this Python does not have")
    folder = tmp_path_factory.mktemp("triton")
    backends = folder / "backends"
    shutil.copytree(server / "backends", backends)
    shutil.copy(stub, backends / "python")
    (backends / "python" / stub.name).chmod(0o755)
    (server / "bin" / "tritonserver").chmod(0o755)
    repository = folder / "repository"
    staged(repository / "scorer")
    ports = processes.free_ports(3)
    serve = Serve(
        name="scorer", path="", task="classify", precision="fp32", accelerators=1, max_model_len=1, max_num_seqs=8
    )
    arguments = ENGINES["triton"].started_with(serve)
    for old, new in (("/models/repository", str(repository)), *zip(("=8000", "=8001", "=8002"), (f"={port}" for port in ports), strict=True)):  # fmt: skip
        arguments = [one.replace(old, new) for one in arguments]
    environment = {
        # the backend's interpreter is that of the first python3 it finds
        "PATH": f"{HOME / 'bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{libraries}:{site / 'nvidia_pytriton.libs'}",
    }
    log = folder / "log"
    with log.open("wb") as out:
        command = [str(server / "bin" / "tritonserver"), f"--backend-directory={backends}", *arguments]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    found = Triton(process, f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[2]}/metrics")
    engine = ENGINES["triton"]
    try:
        assert until(lambda: process.poll() is not None or answers(found.address + engine.ready)), log.read_text()
        assert process.poll() is None, log.read_text()[-2000:]
        yield found
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def staged(target: Path) -> None:
    """What the pod's first container does, with the configuration of the plan; only the backend is another."""
    spec, _ = planned()
    with decided.world() as address:
        World.files["/models/card-fraud/14/model.py"] = MODEL
        told = {
            "DOCUMENTS": address,
            "FOLDER": "/models/card-fraud/14",
            "DIGEST": f"sha256:{modelfiles.digest({'model.py': hashlib.sha256(MODEL).hexdigest()})}",
            "VERSION": "14",
            "FILE": "model.py",
            "TARGET": str(target),
            "CONFIG": configuration(replace(spec, format="onnx")).replace('"onnxruntime"', '"python"'),
        }
        command = [sys.executable, str(ROOT / "serving" / "scripts" / "stage.py")]
        subprocess.run(command, env=told, check=True)


def test_decisions_are_made_by_triton_and_by_rules_when_it_is_gone(triton: Triton, tmp_path: Path) -> None:
    _, service = planned()
    features = service.features
    assert features is not None
    with decided.world() as world:
        # on a machine that tests at the same time, a model may take longer than in production
        running = Running(tmp_path, replace(service, within_ms=20_000), triton.address, world).start()
        try:
            inputs = {"card": "4111", "country": "DE", "amount": 20.0, "hour": 12}
            first = running.decided(inputs)
            assert (first["outcome"], first["by"]) == ("look", "model"), (
                "a feature that is not known is a NaN to Triton"
            )
            card = World.asked[0][1]["entities"]["card"][0]
            World.known[card] = [120.0, 1.0]
            second = running.decided(inputs)
            assert (second["outcome"], second["by"]) == ("approve", "model")
            assert second["score"] == pytest.approx(0.2)
            counted = metrics.of("triton", ENGINES["triton"].release)
            assert triton.counted(counted["finished"].name) == 2
            assert triton.counted(counted["steps"].name) == 2
            assert triton.counted(counted["failed"].name) == 0
            assert triton.counted(counted["waiting"].name) == 0
            triton.process.kill()
            triton.process.wait()
            third = running.decided(inputs)
            assert (third["outcome"], third["by"]) == ("approve", "rules")
        finally:
            running.close()
