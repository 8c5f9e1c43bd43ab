"""Images from a registry of one's own."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
import yaml
from conftest import ROOT
from rehearsed import changed
from typer.testing import CliRunner

from cli.check import planned
from cli.main import app
from components import mirrors
from components.targets import KubernetesTarget

REGISTRY = "registry.example.com:5000/mirror"
POD: dict[str, Any] = {
    "initContainers": [{"name": "a", "image": "docker.io/library/python:3"}],
    "containers": [{"name": "b", "image": "ghcr.io/x/y@sha256:0"}, {"name": "c"}],
}


def test_every_image_is_named_in_the_registry_and_nothing_else_changes() -> None:
    props = {"spec": {"jobTemplate": {"spec": POD}, "imageName": "ghcr.io/pg:17", "image": "not-of-a-pod"}}
    found = mirrors.rewritten(props, REGISTRY)
    assert found == {
        "spec": {
            "jobTemplate": {
                "spec": {
                    "initContainers": [{"name": "a", "image": f"{REGISTRY}/docker.io/library/python:3"}],
                    "containers": [{"name": "b", "image": f"{REGISTRY}/ghcr.io/x/y@sha256:0"}, {"name": "c"}],
                }
            },
            "imageName": f"{REGISTRY}/ghcr.io/pg:17",
            "image": "not-of-a-pod",
        }
    }
    assert mirrors.rewritten(found, REGISTRY) == found
    assert props["spec"]["imageName"] == "ghcr.io/pg:17"


@pytest.mark.parametrize("registry", ["https://registry.example.com", "registry.example.com/", "", "a b"])
def test_what_is_no_registry_is_refused(registry: str) -> None:
    with pytest.raises(ValueError, match=r"mirror\.images"):
        KubernetesTarget.model_validate({"cluster": "c", "mirror": {"images": registry}})


@pytest.mark.parametrize(
    "kind", ["knowledge_assistant/examples/handbook", "fraud_detection/examples/fraud", "fine_tuning/examples/tuning"]
)
def test_a_stack_with_a_mirror_names_no_image_and_no_hub_outside(tmp_path: Path, kind: str) -> None:
    file = ROOT / "blueprints" / f"{kind}.yaml"
    target = yaml.safe_load(file.read_text(encoding="utf-8"))["target"]
    mirror = {"images": REGISTRY, "models": "https://models.example.com"}
    blueprint = changed(tmp_path, file, {"target": {**target, "mirror": mirror}})
    plan = planned.plan(ROOT, "local", {"domicile:blueprint": blueprint})
    assert plan.error == ""
    images = [
        container["image"]
        for one in plan.resources
        for pod in _pods(one.props)
        for container in [*pod.get("initContainers", []), *pod["containers"]]
    ]
    assert len(images) > 4
    assert all(image.startswith(f"{REGISTRY}/") for image in images)
    hub = {"name": "HF_ENDPOINT", "value": "https://models.example.com"}
    fetching = [pod for one in plan.resources if one.name == "weights-fetch" for pod in _pods(one.props)]
    assert all(hub in pod["containers"][0]["env"] for pod in fetching)
    assert len(fetching) == (0 if "fraud" in kind else 1)


def _pods(props: Any) -> list[dict[str, Any]]:
    """Every pod's specification in an object."""
    if isinstance(props, list):
        return [pod for one in cast("list[Any]", props) for pod in _pods(one)]
    if not isinstance(props, dict):
        return []
    found = cast("dict[str, Any]", props)
    return [found] if "containers" in found else [pod for one in found.values() for pod in _pods(one)]


def test_what_a_stack_fetches_is_listed() -> None:
    done = CliRunner().invoke(app, ["images", "handbook-onprem-munich"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert "docker.io/vllm/vllm-openai:v0.30.0 docker.io/vllm/vllm-openai:v0.30.0" in lines
    assert "model Qwen/Qwen3-8B https://huggingface.co" in lines
    assert len(lines) == len(set(lines))
    missing = CliRunner().invoke(app, ["images", "no-such-stack"])
    assert missing.exit_code != 0


def test_an_output_is_rewritten_when_it_is_known() -> None:
    async def known() -> Any:
        return await mirrors.rewritten(pulumi.Output.from_input(POD), REGISTRY).future()

    assert asyncio.run(known()) == mirrors.rewritten(POD, REGISTRY)
