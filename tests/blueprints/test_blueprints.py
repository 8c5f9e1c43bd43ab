"""Blueprints: the golden plan, refusals with every reason, malformed input."""

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from blueprints import load
from blueprints.images import IMAGES
from catalog.documents import DocumentError
from serving.gateway.files import files

EXAMPLE = ROOT / "blueprints" / "knowledge_assistant" / "examples" / "handbook.yaml"
GOLDEN = Path(__file__).parent / "golden" / "handbook.json"


def write(tmp_path: Path, change: dict[str, Any]) -> Path:
    content: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for path, value in change.items():
        *parents, last = path.split(".")
        at = content
        for part in parents:
            at = at[part]
        if value is None:
            at.pop(last)
        else:
            at[last] = value
    file = tmp_path / "blueprint.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def test_the_example_has_its_golden_plan() -> None:
    made = json.loads(json.dumps(dataclasses.asdict(load.plan(EXAMPLE)), default=str))
    if not GOLDEN.exists():
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert made == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_a_plan_is_a_function_of_its_blueprint() -> None:
    assert load.plan(EXAMPLE) == load.plan(EXAMPLE)


def test_every_image_is_pinned() -> None:
    for image in IMAGES.values():
        tag = image.rsplit(":", 1)[-1]
        assert tag not in ("latest", "main", "stable")
        assert any(character.isdigit() for character in tag)


def test_refusals_come_all_at_once_with_their_places(tmp_path: Path) -> None:
    file = write(tmp_path, {"data.jurisdictions": ["IN"], "models.chat": "nobody/knows-it", "budget.monthly_usd": 10})
    with pytest.raises(DocumentError) as found:
        load.plan(file)
    lines = str(found.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{file}:") for line in lines)
    assert "data.jurisdictions: the cluster 'local' stands in DE" in lines[0]
    assert "models.chat: the catalog does not know 'nobody/knows-it'" in lines[1]
    assert "budget.monthly_usd: the plan costs" in lines[2]


def test_a_budget_can_warn_instead(tmp_path: Path) -> None:
    plan = load.serving(write(tmp_path, {"budget": {"monthly_usd": 10, "when_exceeded": "warn"}}))[1]
    assert any("the budget is 10 USD" in text for text in plan.warnings)


def test_a_fallback_model_is_planned_and_routed(tmp_path: Path) -> None:
    plan = load.serving(write(tmp_path, {"fallback": {"kind": "smaller-model", "model": "Qwen/Qwen3-4B"}}))[1]
    assert [one.role for one in plan.decisions] == ["embedding", "chat", "chat-small"]
    assert {one.name: one.fallbacks for one in plan.gateway.aliases}["chat"] == ("chat-small",)


ENDPOINT = {
    "kind": "endpoint", "address": "https://api.runpod.ai/v2/abc/openai/v1", "model": "qwen3-8b", "country": "DE",
    "usd_per_million_tokens": 0.4,
}  # fmt: skip


def test_an_endpoint_outside_answers_where_the_law_lets_it(tmp_path: Path) -> None:
    plan = load.serving(write(tmp_path, {"fallback": ENDPOINT}))[1]
    aliases = {one.name: one for one in plan.gateway.aliases}
    assert aliases["chat"].fallbacks == ("chat-outside",)
    (backend,) = aliases["chat-outside"].backends
    assert (backend.hosted, backend.address) == ("openai/qwen3-8b", ENDPOINT["address"])
    served = files(plan.gateway, {one.name: f"http://{one.name}" for one in plan.servers})
    outside = next(
        one["litellm_params"]
        for one in yaml.safe_load(served["config.yaml"])["model_list"]
        if one["model_name"] == "chat-outside"
    )
    assert outside["api_base"] == ENDPOINT["address"]
    assert outside["api_key"] == "os.environ/OUTSIDE_API_KEY"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fallback": {**ENDPOINT, "country": "US"}}, "fallback.country: it computes in US, the data must stay in DE"),
        ({"fallback": ENDPOINT, "data.class": "restricted"}, "fallback.kind: data of the class `restricted` go to no"),
        ({"fallback": {**ENDPOINT, "address": "http://x"}}, "fallback.address"),
    ],
)
def test_an_endpoint_outside_is_refused_where_the_data_may_not_go(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        load.plan(write(tmp_path, change))
    assert words in str(refused.value)


NODES = "- {name: h100, count: 2, accelerator: {product: NVIDIA-H100-80GB-HBM3, memory_gib: 80, count: 8}}"


@pytest.mark.parametrize(
    ("provider", "region", "label", "basis"),
    [
        (
            "lambda",
            "europe-central-1",
            ("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"),
            "price of lambda gpu_8x_h100",
        ),
        ("coreweave", "eu-south-03", ("gpu.nvidia.com/class", "H100_NVLINK_80GB"), "no price is known"),
        (
            "",
            "eu-central-1",
            ("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"),
            "no price is known for NVIDIA-H100-80GB-HBM3 in eu-central-1",
        ),
    ],
)
def test_a_gpu_cloud_has_labels_and_prices_of_its_own(
    tmp_path: Path, provider: str, region: str, label: tuple[str, str], basis: str
) -> None:
    (tmp_path / "nodes.yaml").write_text(
        f"region: {region}\ncountry: DE\nprovider: '{provider}'\npools:\n  {NODES}\n", encoding="utf-8"
    )
    change = {"target.inventory": "nodes.yaml", "budget.monthly_usd": 90_000}
    plan = load.serving(write(tmp_path, change))[1]
    assert {one.gpu_label for one in plan.servers} == {label}
    assert all(basis in line.basis for line in plan.cost.lines[:2]), plan.cost.lines


def test_an_accelerator_a_gpu_cloud_has_no_name_for_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "nodes.yaml").write_text(
        f"region: x\ncountry: DE\nprovider: coreweave\npools:\n  {NODES.replace('NVIDIA-H100-80GB-HBM3', 'NVIDIA-A10')}\n",
        encoding="utf-8",
    )
    with pytest.raises(DocumentError, match="it is not known by which label coreweave names NVIDIA-A10"):
        load.plan(write(tmp_path, {"target.inventory": "nodes.yaml"}))


def test_a_candidate_has_gpus_of_its_own_and_is_nobodys_alias(tmp_path: Path) -> None:
    plan = load.serving(write(tmp_path, {"models.candidate": {"model": "Qwen/Qwen3-4B"}}))[1]
    assert [one.role for one in plan.decisions] == ["embedding", "chat", "chat-next"]
    aliases = {one.name: one for one in plan.gateway.aliases}
    assert set(aliases) == {"embedding", "chat"}
    assert aliases["chat"].canary is not None
    assert aliases["chat"].canary.name == "chat-next"
    assert all("chat-next" not in team.aliases for team in plan.gateway.teams)


def test_a_candidate_without_gpus_to_spare_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"models.candidate: .* finds no place"):
        load.plan(write(tmp_path, {"models.candidate": {"model": "meta-llama/Llama-3.1-405B-Instruct"}}))


def test_a_candidate_may_be_another_engine(tmp_path: Path) -> None:
    candidate = {"model": "Qwen/Qwen3-4B", "engine": "trtllm", "precision": "bf16"}
    assert load.serving(write(tmp_path, {"models.candidate": candidate}))[1].servers[-1].engine == "trtllm"


def test_a_model_that_does_not_fit_is_refused_with_each_pool(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"pool 'small'.*pool 'chat'"):
        load.plan(write(tmp_path, {"models.chat": "meta-llama/Llama-3.1-405B-Instruct"}))


def test_what_was_left_out_is_told_as_assumed(tmp_path: Path) -> None:
    plan = load.serving(write(tmp_path, {"latency": None, "availability_percent": None}))[1]
    assert any(text.startswith("latency = ") for text in plan.assumed)
    assert "availability_percent = 99.5" in plan.assumed


HOSTILE = {
    "bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
    "deep": "a: " + "[" * 5000,
    "tag": "kind: !!python/object/apply:os.system ['true']\n",
    "twice": "kind: knowledge-assistant\nkind: other\n",
    "nul": "kind: \0\n",
    "list": "- a\n- b\n",
    "text": "just text",
    "empty": "",
    "binary": "\udce4",
    "number": "kind: " + "9" * 400,
    "self": "a: &a\n  b: *a\n",
    "key": "? [a, b]\n: c\n",
    "open": 'kind: "unclosed\n',
    "tabs": "kind:\n\t- a\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    file = tmp_path / "blueprint.yaml"
    file.write_bytes(HOSTILE[name].encode("utf-8", "surrogateescape"))
    with pytest.raises(DocumentError) as found:
        load.plan(file)
    assert str(found.value).startswith(str(file))


WRONG: tuple[Any, ...] = ([], {}, "", -1, 10**12, "no such value", True, None, [[]], {"x": 1}, 1.5, "ä" * 200)


def mutated(rng: random.Random) -> str:
    """A blueprint with one thing wrong with it."""
    content: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    at = content
    key = rng.choice(sorted(at))
    while isinstance(at[key], dict) and at[key] and rng.random() < 0.7:
        at = at[key]
        key = rng.choice(sorted(at))
    kind = rng.randrange(3)
    if kind == 0:
        at[key] = rng.choice([one for one in WRONG if type(one) is not type(at[key]) or one in ("", -1)])
    elif kind == 1:
        at[f"{key}_misspelt"] = at.pop(key)
    else:
        text = yaml.safe_dump(content)
        cut = rng.randrange(1, len(text))
        return text[:cut] + rng.choice(["{", "]", ": :", "\t", "&x", "- -", '"']) + text[cut:]
    return yaml.safe_dump(content)


@pytest.mark.parametrize("seed", range(300))
def test_a_malformed_blueprint_is_one_clear_error(seed: int, tmp_path: Path) -> None:
    file = tmp_path / "blueprint.yaml"
    file.write_text(mutated(random.Random(seed)), encoding="utf-8")  # noqa: S311 a test's choice
    try:
        load.plan(file)
    except DocumentError as error:
        for line in str(error).splitlines():
            assert line.startswith(f"{file}:"), line
            assert line.split(":")[1].strip().isdigit() or "cannot be read" in line, line
