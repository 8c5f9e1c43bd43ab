"""Every kind of served workload: the golden plan of each example, its own refusals, and what generated ones become."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT
from generated import OWN, SERVED, generated
from rehearsed import changed

from blueprints import load, pages, trace
from blueprints.governed import Governed
from blueprints.scored.resolve import ScoredPlan
from blueprints.served.resolve import ServedPlan
from blueprints.trained.resolve import TrainedPlan
from catalog.documents import DocumentError
from cli.blueprints import EXAMPLES, new
from cli.check.planned import plan as foreseen

FOLDER = ROOT / "blueprints"
GOLDEN = Path(__file__).parent / "golden"
SUPPORT, MODELS = EXAMPLES["customer-support"], EXAMPLES["model-platform"]
FRAUD, PUMPS, WELDS, CHEST = (
    EXAMPLES[kind] for kind in ("fraud-detection", "predictive-maintenance", "edge-vision", "clinical")
)
HANDBOOK = EXAMPLES["knowledge-assistant"]
TUNING, LAB = EXAMPLES["fine-tuning"], EXAMPLES["training"]
MUNICH = TUNING.with_name("tuning-onprem-munich.yaml")
SHARED = {"address": "http://munich-tracking.munich.svc:5000", "country": "DE"}
ON_AWS = {
    "target": {
        "cloud": "platform",
        "platform": str(FOLDER / "platform" / "examples" / "aws-mumbai.yaml"),
        "stack": "platform-aws-mumbai",
    },
    "data.jurisdictions": ["IN"],
}
BATCH, INVOICES, TRIAL = (EXAMPLES[kind] for kind in ("batch-inference", "document-processing", "prototype"))


def test_every_kind_has_an_example_to_start_from_and_three_of_it_worked() -> None:
    assert set(EXAMPLES) == {kind for kind, model in load.KINDS.items() if issubclass(model, Governed)}
    for kind, file in EXAMPLES.items():
        assert load.kind_of(load.load(file).blueprint) == kind
        # what a target refuses has its sentence in docs/blueprints, and no example
        refused = sum(one == kind for one, _, _ in pages.refused())
        assert len(list(file.parent.glob("*.yaml"))) == 1 + len(pages.SITES) - refused, kind


def test_an_adapter_is_an_alias_of_its_own_at_its_models_servers(tmp_path: Path) -> None:
    fallback = {"fallback": {"kind": "smaller-model", "model": "Qwen/Qwen3-4B"}}
    blueprint = changed(tmp_path, HANDBOOK, {"adapters": [TUNED], "availability_percent": 99.0, **fallback})
    plan = load.plan(Path(blueprint))
    assert isinstance(plan, ServedPlan)
    chat = next(one for one in plan.servers if one.name == "chat")
    arguments = chat.runs.started_with(chat.serve)
    assert arguments[arguments.index("--lora-modules") + 1] == "tickets=/models/adapters/tickets"
    assert "--max-lora-rank=32" in arguments
    known = {one.name: one for one in plan.gateway.aliases}
    (backend,) = known["tickets"].backends
    assert (backend.name, backend.model) == ("chat", "tickets")
    assert known["tickets"].fallbacks == known["chat"].fallbacks == ("chat-small",)
    assert plan.monitoring.aliases == ("chat", "tickets")
    assert plan.weights is not None
    wanted = {one["model"]: one for one in json.loads(plan.weights.wanted)}
    assert wanted["adapters/tickets"]["registry"] == {
        "address": TICKETS["address"], "name": "tickets", "version": "3", "path": "", "approved": "champion", "licence": "",
    }  # fmt: skip
    assert plan.weights.registries == (TICKETS["address"],)


@pytest.mark.parametrize("file", SERVED, ids=lambda file: file.stem)
def test_the_examples_have_their_golden_plans(file: Path) -> None:
    made = json.loads(json.dumps(dataclasses.asdict(load.plan(file)), default=str))
    golden = GOLDEN / f"{file.stem}.json"
    if not golden.exists():
        golden.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert made == json.loads(golden.read_text(encoding="utf-8"))


DIGEST = f"sha256:{'0' * 64}"
TICKETS = {"address": "https://mlflow.example.com", "country": "DE", "name": "tickets", "version": 3}
ABROAD, OPEN = {**TICKETS, "country": "US"}, {**TICKETS, "address": "http://mlflow.example.com"}
TUNED = {"alias": "tickets", "of": "chat", "registry": {**TICKETS, "approved": "champion"}, "rank": 24}
ENVOY = {"access.gateway": "envoy", "target.capabilities": {"envoy_ai_gateway": True}}
OFFICE = {"from": "08:00", "to": "18:00", "zone": "Europe/Berlin"}
WAITS, MEANWHILE = ({"after_minutes": 30, "first_request": one} for one in ("waits", "fallback"))
WIDE = {
    "models.chat": "deepseek-ai/DeepSeek-R1-0528",
    "models.precision": "fp8",
    "latency": {"first_token_ms": 8000, "per_token_ms": 150},
    "budget.monthly_usd": 900_000,
    "target.inventory": str(Path(__file__).parent / "nodes.yaml"),
}
GROUPS = {"target.capabilities": {"leader_worker_set": True}}
REFUSED: list[tuple[Path, dict[str, Any], str, str]] = [
    (SUPPORT, {"answers.redact": []}, "answers.redact", "name what is redacted"),
    (SUPPORT, {"answers.confidence": 0.0}, "answers.confidence", "people take over where the assistant is not sure"),
    (SUPPORT, {"fallback": {"kind": "refuse"}}, "fallback.kind", "customers come at any hour"),
    (SUPPORT, {"availability_percent": 98.0}, "availability_percent", "98 % is hours of silence a month"),
    (SUPPORT, {"hand_over": {"team": "care"}}, "hand_over.contact", "Field required"),
    (SUPPORT, {"customers.languages": ["German"]}, "customers.languages.0", "found 'German'"),
    (SUPPORT, {"disclosure": "no"}, "disclosure", "20"),
    (SUPPORT, {"data.jurisdictions": ["IN"]}, "data.jurisdictions", "stands in DE, the data must stay in IN"),
    (HANDBOOK, {"documents.passages": 9}, "documents.passages", "a question of 4000 tokens has room for 8 passages"),
    (HANDBOOK, {"documents.vouched_by": ["nobody"]}, "documents.vouched_by.0", "'nobody' is no team of this blueprint"),
    (HANDBOOK, {"documents.vouched_by": []}, "documents.vouched_by", "nobody says which groups a user is in"),
    (SUPPORT, {"access.teams.0.models": ["gpt"]}, "access.teams.0.models", "gpt is no model of this blueprint"),
    (SUPPORT, {"scaling": {"hours": [{**OFFICE, "to": "08:00"}]}}, "scaling.hours.0", "08:00 is not after 08:00"),
    (SUPPORT, {"scaling": {"hours": [{**OFFICE, "zone": "Berlin"}]}}, "scaling.hours.0", "'Berlin' is no time zone"),
    (SUPPORT, {"scaling": {"hours": [{**OFFICE, "from": "8 am"}]}}, "scaling.hours.0.from", "8 am"),
    (SUPPORT, {"scaling": {"hours": [{**OFFICE, "replicas": 99}]}}, "scaling.hours.0.replicas", "at the most"),
    (SUPPORT, {"scaling": {"sleep": {"after_minutes": 30}}}, "scaling.sleep.first_request", "Field required"),
    (SUPPORT, {"scaling": {"sleep": WAITS}}, "scaling.sleep", "so high an availability keeps two replicas running"),
    (HANDBOOK, {"traces": {"endpoint": "https://otel.example.com", "country": "US"}}, "traces.country", "kept in US"),
    (HANDBOOK, {"traces": {"endpoint": "http://otel.example.com", "country": "DE"}}, "traces.endpoint", "write https"),
    (HANDBOOK, {"traces": {"endpoint": "otel:4317", "country": "DE"}}, "traces.endpoint", "otel:4317"),
    (
        HANDBOOK,
        {"target.signatures": {"images": ["r/**"], "key": "-----BEGIN PUBLIC KEY-----\nTUZr\n-----END PUBLIC KEY-----"}},
        "target.signatures",
        "install Sigstore's policy controller",
    ),
    (HANDBOOK, {"target.signatures": {"images": ["r/**"], "key": "ssh-rsa A"}}, "target.signatures.key", "ssh-rsa A"),
    (HANDBOOK, {"pinned": [{"model": "gpt", "digest": DIGEST}]}, "pinned.0.model", "gpt' is no model of this blueprint"),
    (HANDBOOK, {"pinned": [{"model": "Qwen/Qwen3-8B"}]}, "pinned.0", "it pins nothing"),
    (HANDBOOK, {"pinned": [{"model": "Qwen/Qwen3-8B", "digest": "abc"}]}, "pinned.0.digest", "abc"),
    (LAB, {"pinned": [{"model": "gpt", "digest": DIGEST}]}, "pinned.0.model", "gpt' is no model of this blueprint"),
    (HANDBOOK, {"access.gateway": "envoy"}, "target.capabilities.envoy_ai_gateway", "there is none: install"),
    (SUPPORT, {"answers.candidate": {"redact": []}}, "answers.candidate.redact", "name what is redacted"),
    (SUPPORT, {"answers.candidate": {"confidence": 0.0}}, "answers.candidate.confidence", "people take over"),
    (SUPPORT, {"answers.candidate": {"cache_minutes": 5}}, "answers.candidate.cache_minutes", "Extra inputs"),
    (HANDBOOK, {"answers": {"similar": 0.95}}, "answers.similar", "no answer is kept that could be given again"),
    (HANDBOOK, {"answers": {"similar": 0.5, "cache_minutes": 5}}, "answers.similar", "0.8"),
    (INVOICES, {"answers": {"similar": 0.95, "cache_minutes": 5}}, "answers.similar", "no model that makes vectors"),
    (HANDBOOK, {**ENVOY, "answers": {"candidate": {}}}, "answers.candidate", "a gateway that has two versions"),
    (HANDBOOK, {**ENVOY, "answers": {"cache_minutes": 5}}, "answers.cache_minutes", "it keeps no answers of `chat`"),
    (HANDBOOK, {**ENVOY, "review": {"sample_percent": 5}}, "review.sample_percent", "nothing wait for people"),
    (HANDBOOK, {**ENVOY, "scaling": {"sleep": WAITS}, "availability_percent": 98.0}, "scaling.sleep", "no request wait for `chat`"),
    (MODELS, {**ENVOY, "access.teams.0.parallel": 4}, "access.teams", "how many requests of `search` run at a time"),
    (SUPPORT, {**ENVOY}, "answers.redact", "it looks at no text"),
    (TRIAL, {**ENVOY}, "access.gateway", "after a day"),
    (HANDBOOK, {"pinned": [{"model": "Qwen/Qwen3-8B", "registry": ABROAD}]}, "pinned.0.registry.country", "use a registry"),
    (
        HANDBOOK,
        {"pinned": [{"model": "Qwen/Qwen3-8B", "revision": "a" * 40, "registry": TICKETS}]},
        "pinned.0.revision",
        "has no revision at the hub",
    ),
    (HANDBOOK, {"adapters": [{**TUNED, "registry": OPEN}]}, "adapters.0.registry.address", "it is asked over TLS"),
    (HANDBOOK, {"adapters": [{**TUNED, "of": "embedding"}]}, "adapters.0.of", "no model that answers; there are chat"),
    (HANDBOOK, {"adapters": [{**TUNED, "alias": "chat"}]}, "adapters.0.alias", "'chat' stands there twice"),
    (HANDBOOK, {"adapters": [TUNED, {**TUNED, "registry": dict(TICKETS)}]}, "adapters.1.alias", "'tickets' stands there twice"),
    (HANDBOOK, {"adapters": [TUNED], "models.engine": "trtllm"}, "adapters.0.of", "trtllm serves no adapters"),
    (HANDBOOK, {"adapters": [TUNED], "scaling": {"sleep": WAITS}}, "adapters.0.of", "'chat' sleeps"),
    (HANDBOOK, {"adapters": [{**TUNED, "rank": 900}]}, "adapters.0.rank", "512"),
    (TUNING, {"registry": {"address": "https://mlflow.example.com", "country": "US"}}, "registry.country", "keeps models in US"),
    (HANDBOOK, WIDE, "models.chat", "several need `leader_worker_set` among the target's capabilities"),
    (HANDBOOK, {**WIDE, "models.engine": "trtllm"}, "models.chat", "on several, vllm or sglang could serve it"),
    (HANDBOOK, {**WIDE, **GROUPS}, "models.chat", "(`target.weights_gib_per_s`)"),
    (
        HANDBOOK,
        {**WIDE, **GROUPS, "target.weights_gib_per_s": 2.0, "scaling": {"hours": [OFFICE]}},
        "scaling",
        "a replica of chat stands on several nodes",
    ),
    (TRIAL, {"scaling": {"sleep": WAITS}}, "scaling", "Extra inputs are not permitted"),
    (HANDBOOK, {"scaling": {"sleep": MEANWHILE}}, "scaling.sleep.first_request", "there is no fallback that could answer"),
    (MODELS, {"models.1.alias": "small"}, "models.1.alias", "'small' stands there twice"),
    (MODELS, {"models.1.fallback": "embed"}, "models.1.fallback", "'embed' cannot answer for 'large'; small could"),
    (MODELS, {"models.1.fallback": "large"}, "models.1.fallback", "'large' cannot answer for 'large'"),
    (MODELS, {"models.0.model": "nobody/knows-it"}, "models.0.model", "the catalog does not know"),
    (MODELS, {"models.0.task": "embed"}, "models.0.model", "is a model of kind 'llm', here 'embedding' is needed"),
    (MODELS, {"models.0.requests_per_s": 900.0}, "models.0.model", "finds no place"),
    (MODELS, {"models": []}, "models", "at least 1"),
    (MODELS, {"budget.monthly_usd": 10}, "budget.monthly_usd", "the plan costs"),
    (BATCH, {"window.start": "8 pm"}, "window.start", "found '8 pm'"),
    (BATCH, {"window.days": ["mon", "mon"]}, "window", "a day stands there twice"),
    (BATCH, {"requests.per_window": 100_000_000}, "worker.model", "finds no place"),
    (BATCH, {"access.teams.0.name": "batch"}, "access", "'batch' is the name of the workload's own job"),
    (INVOICES, {"worker.model": "Qwen/Qwen3-8B"}, "worker.model", "'Qwen/Qwen3-8B' sees no scans; these do: "),
    (INVOICES, {"incoming.pages": 3.0}, "incoming.pages", "a scan is one image of one page"),
    (INVOICES, {"fields.1.name": "supplier"}, "fields.1.name", "'supplier' stands there twice"),
    (INVOICES, {"fields": []}, "fields", "at least 1"),
    (INVOICES, {"people": {"team": "x"}}, "people.contact", "Field required"),
    (TRIAL, {"trial.last_day": "2026-02-30"}, "trial.last_day", "there is no day 2026-02-30"),
    (TRIAL, {"trial.last_day": "2026-11-30"}, "trial.last_day", "it is before the first day"),
    (TRIAL, {"trial.last_day": "2027-12-01"}, "trial.last_day", "365 days are no trial: 180 at most"),
    (TRIAL, {"endpoint.country": "US"}, "endpoint.country", "it computes in US, the data must stay in DE"),
    (TRIAL, {"data.class": "restricted"}, "endpoint.kind", "go to no endpoint outside"),
    (TRIAL, {"access.teams.0.monthly_usd": None}, "access.teams.0.monthly_usd", "a trial has a cap"),
    (TRIAL, {"access.teams.0.monthly_usd": 5000.0}, "budget.monthly_usd", "more than the budget of 400 USD"),
    (TRIAL, {"access.teams.0.models": ["large"]}, "access.teams.0.models", "it has chat"),
    (TRIAL, {"endpoint.usd_per_million_tokens": 90.0}, "budget.monthly_usd", "the plan costs"),
    (FRAUD, {"outcomes.0.at_least": 0.2}, "outcomes", "a score below 0.2 means nothing"),
    (FRAUD, {"outcomes.1.at_least": 0.92}, "outcomes.2.at_least", "another outcome begins at 0.92 too"),
    (FRAUD, {"outcomes.1.name": "approve"}, "outcomes.1.name", "'approve' stands there twice"),
    (FRAUD, {"outcomes": [{"name": "look", "at_least": 0.0, "people": True}]}, "outcomes", "people have nothing to say"),
    (FRAUD, {"otherwise": "maybe"}, "otherwise", "'maybe' is no outcome; there are approve, look, decline"),
    (FRAUD, {"rules": []}, "rules", "without a rule every transaction has one outcome"),
    (FRAUD, {"rules.0.field": "age"}, "rules.0.field", "no request has 'age'; it has card, country, amount"),
    (FRAUD, {"rules.0.field": "card"}, "rules.0.field", "'card' is a secret: rules compare numbers"),
    (FRAUD, {"rules.0.field": "country"}, "rules.0.field", "'country' is a key"),
    (FRAUD, {"rules.0.outcome": "maybe"}, "rules.0.outcome", "'maybe' is no outcome"),
    (FRAUD, {"rules.0.over": None}, "rules.0", "say over and under, or equals"),
    (FRAUD, {"model.inputs.0.fields": ["card"]}, "model.inputs.0.fields", "'card' is no number of a request"),
    (FRAUD, {"model.inputs": [{"field": "amount"}]}, "model.inputs.0.field", "'amount' is no tensor of a request; there are none"),
    (FRAUD, {"model.index": 2}, "model.index", "'output__0' has 2 numbers, the first is 0"),
    (FRAUD, {"model.digest": "sha256:1"}, "model.digest", "found 'sha256:1'"),
    (FRAUD, {"model.per_second": 1.0}, "model.per_second", "find one that carries more"),
    (FRAUD, {"model.format": "tensorrt"}, "model.gpu", "TensorRT's plans run on GPUs"),
    (FRAUD, {"model.gpu": True, "model.memory_gib": 900}, "model.gpu", "finds no place: pool 'small': 24 GiB"),
    (FRAUD, {"features.field": "amount"}, "features.field", "'amount' is no key or secret of a request; there are card, country"),
    (FRAUD, {"features.names": ["amount"]}, "features.names", "'amount' stands in the request too"),
    (FRAUD, {"fields.1.name": "card"}, "fields.1.name", "'card' stands there twice"),
    (FRAUD, {"fields.0.default": 1.0}, "fields.0", "'card' is a secret: only numbers have one"),
    (FRAUD, {"transactions.busiest_per_second": 5.0}, "transactions.busiest_per_second", "2,000,000 a day are 23.1 a second"),
    (FRAUD, {"burst": {"address": "https://b.example.com/infer", "country": "US"}}, "burst.country", "it computes in US"),
    (FRAUD, {"access.callers": ["reviewers"]}, "access", "'reviewers' is the name of those who look"),
    (FRAUD, {"data.retention_days": 3650, "transactions.per_day": 1e9, "transactions.busiest_per_second": 12000.0}, "data.retention_days", "keep it for fewer days"),
    (FRAUD, {"budget.monthly_usd": 10}, "budget.monthly_usd", "the plan costs"),
    (FRAUD, {"data.jurisdictions": ["US"]}, "data.jurisdictions", "stands in DE, the data must stay in US"),
    (FRAUD, {"reviewers": {"team": "x"}}, "reviewers.contact", "Field required"),
    (PUMPS, {"rules": []}, "rules", "a machine is stopped by its limits alone"),
    (PUMPS, {"sensors.1.name": "readings"}, "sensors.1.name", "'readings' stands there twice"),
    (WELDS, {"otherwise": "good"}, "otherwise", "a part that no model saw would be 'good': people look at it, or it is 'scrap'"),
    (WELDS, ON_AWS, "target", "all frames are 101 Mbit a second, the site's uplink carries 0"),
    (CHEST, {"data.class": "internal"}, "data.class", "patients' data are `restricted`"),
    (CHEST, {"outcomes.0.people": False}, "outcomes.0.people", "'routine' would stand without anybody having looked"),
    (CHEST, {"findings": ["acute"]}, "findings", "at least 2"),
    (CHEST, {"log_values": True}, "log_values", "patients' values stand in no log"),
    (CHEST, ON_AWS, "target", "patients' pictures stay in the house"),
    (CHEST, {"data.jurisdictions": ["DE", "US"], "data.retention_days": 365}, "data.retention_days", "kept for six years, 2190 days"),
    (CHEST, {"challenger": {}}, "challenger.version", "Field required"),
    (TUNING, {"base": "nobody/knows-it"}, "base", "the catalog does not know 'nobody/knows-it'"),
    (TUNING, {"gates": []}, "gates", "at least 1"),
    (TUNING, {"gates.1.measure": "eval_loss"}, "gates.1.measure", "'eval_loss' stands there twice"),
    (TUNING, {"gates.0.at_least": 0.1}, "gates.0", "say at_least or at_most"),
    (TUNING, {"dataset.tokens_b": 900.0}, "base", "finds no place: pool 'small'"),
    (TUNING, {"dataset.file": "../secret"}, "dataset.file", "found '../secret'"),
    (TUNING, {"image": "trl"}, "image", "found 'trl'"),
    (TUNING, {"budget.monthly_usd": 1}, "budget.monthly_usd", "train on fewer tokens"),
    (TUNING, {"data.jurisdictions": ["US"]}, "data.jurisdictions", "stands in DE"),
    (MUNICH, {"registry": {"address": "http://mlflow.munich.svc:5000", "country": "DE"}}, "registry.address", "is http://munich-tracking.munich.svc:5000"),
    (MUNICH, {"name": "other-tuning", "registry": SHARED}, "registry.address", "'other-tuning' has none: add one there"),
    (MUNICH, {"pinned": [{"model": "Qwen/Qwen3-4B", "registry": {
        "address": "http://x.munich.svc:5000", "country": "DE", "name": "m", "version": 1}}]}, "pinned.0.registry.address",
     "the registry of the platform 'munich' is"),
    (LAB, {"trainer": ["torchrun"]}, "trainer", "it does not say {output}: its model is looked for there"),
    (LAB, {"trainer": ["run", "{output}", "{first}", "--resume_from_checkpoint=x"]}, "trainer", "is added when there is a checkpoint"),
]  # fmt: skip


def test_a_run_hands_over_to_its_platforms_registry(tmp_path: Path) -> None:
    plan = load.governed(Path(changed(tmp_path, MUNICH, {"registry": SHARED})))[1]
    assert isinstance(plan, TrainedPlan)
    assert plan.training.registry == SHARED["address"]
    bare = changed(tmp_path, ROOT / "blueprints/platform/examples/onprem-munich.yaml", {"stores.tracking": None})
    with pytest.raises(DocumentError, match=r"registry\.address: the platform 'munich' has no registry of models"):
        load.plan(Path(changed(tmp_path, MUNICH, {"registry": SHARED, "target.platform": bare})))


def test_a_site_with_an_uplink_for_its_frames_may_send_them(tmp_path: Path) -> None:
    file = changed(tmp_path, WELDS, {**ON_AWS, "site.uplink_mbit": 200.0})
    plan = load.governed(Path(file))[1]
    assert plan.country == "IN"


def test_a_run_is_as_large_as_its_deadline_needs_and_its_hours_are_paid(tmp_path: Path) -> None:
    plan = load.governed(TUNING)[1]
    assert isinstance(plan, TrainedPlan)
    (one,) = plan.decisions
    assert (one.nodes, one.gpus_per_node, one.placed.product) == (1, 1, "NVIDIA-L4")
    hurried = load.governed(Path(changed(tmp_path, TUNING, {"deadline_hours": 2.0})))[1]
    assert isinstance(hurried, TrainedPlan)
    assert hurried.gpus == 4
    assert hurried.decisions[0].hours < one.hours / 3
    doubled = load.governed(Path(changed(tmp_path, TUNING, {"schedule.runs_per_month": 2.0})))[1]
    once, twice = (float(each.cost.lines[0].usd or 0) for each in (plan, doubled))
    assert once > 0
    assert twice == pytest.approx(2 * once, rel=1e-2)
    assert (plan.training.schedule, plan.training.queue) == ("0 19 1 * *", "")
    other = load.governed(Path(changed(tmp_path, TUNING, {"dataset.version": 4})))[1]
    assert isinstance(other, TrainedPlan)
    assert other.training.run.startswith("1-")
    assert other.training.run != plan.training.run, "no run goes on from checkpoints of another dataset"
    queued = load.governed(Path(changed(tmp_path, LAB, {"target.capabilities.kueue": True})))[1]
    assert isinstance(queued, TrainedPlan)
    assert (queued.training.queue, queued.training.schedule) == ("default", "")
    full = load.governed(Path(changed(tmp_path, TUNING, {"learning.method": "full", "budget.monthly_usd": 90_000})))[1]
    assert isinstance(full, TrainedPlan)
    assert full.training.checkpoints_gib > 10 * plan.training.checkpoints_gib
    assert full.gpus > plan.gpus
    assert not any("--use_peft" in word for word in full.training.command)


def test_a_challenger_has_servers_of_its_own_and_another_version(tmp_path: Path) -> None:
    model = yaml.safe_load(FRAUD.read_text(encoding="utf-8"))["model"]
    same = changed(tmp_path, FRAUD, {"challenger": model})
    with pytest.raises(DocumentError, match="it is the version that decides: name another"):
        load.plan(Path(same))
    slow = changed(tmp_path, FRAUD, {"challenger": {**model, "version": 15, "per_second": 1.0}})
    with pytest.raises(DocumentError, match=r"challenger\.per_second: .* find one that carries more"):
        load.plan(Path(slow))
    plan = load.governed(Path(changed(tmp_path, FRAUD, {"challenger": {**model, "version": 15}})))[1]
    assert isinstance(plan, ScoredPlan)
    assert [(one.name, one.version, one.replicas) for one in plan.scorers] == [("scorer", 14, 2), ("challenger", 15, 1)]
    assert plan.service.challenger is not None
    assert "challenger" in plan.documents.clients


@pytest.mark.parametrize(("file", "change", "path", "words"), REFUSED)
def test_what_cannot_be_is_refused_at_its_path(
    tmp_path: Path, file: Path, change: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        load.plan(Path(changed(tmp_path, file, change)))
    line = next((one for one in str(refused.value).splitlines() if f" {path}: " in one), "")
    assert words in line, str(refused.value)
    assert f"{file.name}:" in line


def test_a_model_sleeps_and_hours_wake_it(tmp_path: Path) -> None:
    change = {"scaling": {"sleep": WAITS, "hours": [OFFICE]}, "availability_percent": 98.0}
    plan = load.plan(Path(changed(tmp_path, HANDBOOK, change)))
    assert isinstance(plan, ServedPlan)
    (scaling,) = plan.scaling
    assert (scaling.least, scaling.most, scaling.sleep_s) == (1, 1, 1800)
    cron = {
        "timezone": "Europe/Berlin",
        "start": "0 8 * * 1,2,3,4,5",
        "end": "0 18 * * 1,2,3,4,5",
        "desiredReplicas": "1",
    }
    assert scaling.hours[0].cron == cron
    (chat,) = (one for one in plan.gateway.aliases if one.name == "chat")
    assert chat.sleep is not None
    assert (chat.sleep.after_s, chat.sleep.meanwhile) == (1800, "")
    assert chat.sleep.within_s > scaling.start_s
    assert plan.gateway.longest_s > chat.sleep.within_s, "a request may take as long as it waits and is answered"
    assert f"the next one may wait {scaling.start_s} s until chat is up" in " ".join(plan.warnings)
    assert "chat-scaler" in plan.gateway.clients, "the scaler hears the knocks"
    found = foreseen(ROOT, "local", {"domicile:blueprint": changed(tmp_path, HANDBOOK, change)})
    (scaler,) = (
        one
        for one in found.resources
        if one.type.endswith(":Deployment") and one.props["metadata"]["name"] == "chat-scaler"
    )
    told = {one["name"]: one.get("value") for one in scaler.props["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert json.loads(str(told["HOURS"])) == [{"days": [0, 1, 2, 3, 4], **OFFICE, "replicas": 1}]
    assert (told["SLEEP_S"], told["DOOR_PORT"], told["KNOCKS"]) == ("1800", "4000", "domicile_gateway_knocks_total")


def test_a_model_whose_files_were_approved_is_fetched_as_such(tmp_path: Path) -> None:
    pin = {"model": "Qwen/Qwen3-8B", "revision": "b968826d9c46dd6066d109eabc6255188de91218", "digest": DIGEST}
    file = changed(tmp_path, HANDBOOK, {"pinned": [pin]})
    found = foreseen(ROOT, "local", {"domicile:blueprint": file}).resources
    (job,) = (one for one in found if one.type.endswith(":Job"))
    told = {one["name"]: one["value"] for one in job.props["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert pin in json.loads(told["MODELS"])
    assert {"model": "BAAI/bge-m3", "revision": "", "digest": ""} in json.loads(told["MODELS"])
    cards = [one.props["metadata"].get("annotations", {}) for one in found if one.name == "chat-deployment"]
    assert [one["domicile.dev/model-digest"] for one in cards] == [DIGEST]


def test_the_fallback_answers_while_a_model_starts(tmp_path: Path) -> None:
    plan = load.plan(Path(changed(tmp_path, SUPPORT, {"scaling": {"sleep": MEANWHILE}})))
    assert isinstance(plan, ServedPlan)
    sleeping = {one.name: one.sleep for one in plan.gateway.aliases if one.sleep}
    assert list(sleeping) == ["chat"]
    assert sleeping["chat"].meanwhile == "chat-small"


def test_every_reason_is_told_at_once(tmp_path: Path) -> None:
    change = {"answers": {}, "fallback": {"kind": "refuse"}, "availability_percent": 95.0, "data.jurisdictions": ["US"]}
    with pytest.raises(DocumentError) as refused:
        load.plan(Path(changed(tmp_path, SUPPORT, change)))
    assert len(str(refused.value).splitlines()) == 5


def test_a_window_is_when_the_models_run_and_what_is_paid(tmp_path: Path) -> None:
    plan = planned(BATCH)
    assert plan.batch is not None
    job = plan.batch.job
    assert (job.schedule, job.time_zone, job.deadline_s) == ("0 20 * * mon,tue,wed,thu,fri", "Europe/Berlin", 36_000)
    assert job.servers == (("worker", plan.servers[0].replicas),)
    assert plan.scaling == (), "the job scales, nobody else"
    half = planned(Path(changed(tmp_path, BATCH, {"window.hours": 5.0})))
    assert half.servers[0].replicas > plan.servers[0].replicas, "the same work in less time"
    (line, *_), (shorter, *_) = plan.cost.lines, half.cost.lines
    assert "217 hours a month" in line.basis
    assert "109 hours a month" in shorter.basis
    every = planned(Path(changed(tmp_path, BATCH, {"window.days": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]})))
    assert every.batch is not None
    assert every.batch.job.schedule == "0 20 * * *"
    # from Friday to Monday nothing is late; with a window each day, a day later it is
    assert plan.monitoring.batch_s == 3 * 86_400 + 36_000
    assert every.monitoring.batch_s == 86_400 + 36_000
    once = planned(Path(changed(tmp_path, BATCH, {"window.days": ["wed"]})))
    assert once.monitoring.batch_s == 7 * 86_400 + 36_000


def test_a_job_has_a_key_of_its_own_and_the_model_it_asks() -> None:
    plan = planned(INVOICES)
    teams = {team.name: team for team in plan.gateway.teams}
    assert teams["batch"].aliases == ("worker",)
    assert "batch" in plan.gateway.clients
    assert dict(plan.namespace.annotations)["domicile.dev/review-team"] == "accounts-payable"


def test_a_trial_needs_no_accelerator_and_ends_for_everyone() -> None:
    plan = planned(TRIAL)
    assert (plan.servers, plan.weights, plan.gpus) == ((), None, 0)
    (alias,) = plan.gateway.aliases
    assert (alias.name, alias.backends[0].country) == ("chat", "DE")
    assert {team.expires for team in plan.gateway.teams} == {"2027-02-26"}
    assert plan.monitoring.aliases == ("chat",)
    assert any(line.item == "chat (openai.gpt-oss-120b-1:0)" and line.usd for line in plan.cost.lines)


def planned(file: Path) -> ServedPlan:
    return load.serving(file)[1]


def test_customers_are_told_whom_they_talk_to_whatever_the_prompt(tmp_path: Path) -> None:
    (prompt,) = planned(SUPPORT).gateway.prompts
    assert "you are an AI assistant" in prompt.text
    assert "one of: de, en" in prompt.text
    versions = [
        {"name": "tone", "version": "v1", "text": "Be brief."},
        {"name": "tone", "version": "v2", "text": "Be kind."},
    ]
    two = planned(Path(changed(tmp_path, SUPPORT, {"answers.prompts": versions}))).gateway.prompts
    assert [one.version for one in two] == ["v1", "v2"]
    assert all("you are an AI assistant" in one.text for one in two)


def test_a_candidate_of_the_answers_has_what_it_leaves_out(tmp_path: Path) -> None:
    next_ = {"prompts": [{"name": "tone", "version": "v9", "text": "Be brief."}], "deny": ["our competitor"]}
    gateway = planned(Path(changed(tmp_path, SUPPORT, {"answers.candidate": next_}))).gateway
    candidate = gateway.candidate
    assert candidate is not None
    assert [one.version for one in candidate.prompts] == ["v9"]
    assert "you are an AI assistant" in candidate.prompts[0].text, "customers are told whom they talk to"
    assert candidate.deny == ("our competitor",)
    assert candidate.redact == gateway.redact != ()
    assert candidate.candidate is None
    same = dataclasses.replace(candidate, prompts=gateway.prompts, deny=gateway.deny)
    assert same == dataclasses.replace(gateway, candidate=None)


def test_a_router_stands_before_replicas_of_which_there_are_several(tmp_path: Path) -> None:
    plan = planned(MODELS)
    several = tuple(one.name for one in plan.servers if one.replicas > 1 and one.task == "generate")
    assert tuple(one.server for one in plan.routers) == plan.gateway.routed == several != ()
    for server in plan.servers:
        asks = f"{server.name}-router" if server.name in several else "gateway"
        assert server.clients[0] == asks, "nobody goes around it"
    even = planned(Path(changed(tmp_path, MODELS, {"routing": "even"})))
    assert (even.routers, even.gateway.routed) == ((), ())
    alone = planned(Path(changed(tmp_path, HANDBOOK, {"routing": "prefix", "availability_percent": 95.0})))
    assert any("there is nothing to choose between" in one for one in alone.warnings)


def test_questions_are_compared_by_the_workloads_own_vectors(tmp_path: Path) -> None:
    change = {"answers": {"similar": 0.95, "cache_minutes": 60}}
    aliases = {one.name: one for one in planned(Path(changed(tmp_path, HANDBOOK, change))).gateway.aliases}
    assert (aliases["chat"].similar, aliases["chat"].embedder) == (0.95, "embedding")
    assert (aliases["embedding"].similar, aliases["embedding"].embedder) == (0.0, "")
    teams = {one.name: one.similar for one in planned(HANDBOOK).gateway.teams}
    assert not teams["retrieval"], "its questions hold documents that not everybody may read"
    assert teams["applications"]


def test_people_who_take_over_stand_on_the_namespace() -> None:
    notes = dict(planned(SUPPORT).namespace.annotations)
    assert notes["domicile.dev/hand-over-contact"] == "care-desk@example.com"
    assert notes["domicile.dev/hand-over-within-minutes"] == "15"


def test_a_team_of_a_model_platform_has_its_models_and_its_money() -> None:
    plan = planned(MODELS)
    teams = {team.name: team for team in plan.gateway.teams}
    assert set(teams) == {"search", "legal"}, "a platform has no job of its own"
    assert teams["search"].aliases == ("embed", "small")
    assert teams["legal"].aliases == ("small", "large", "embed")
    assert teams["legal"].monthly_usd == 2000
    aliases = {one.name: one for one in plan.gateway.aliases}
    assert aliases["large"].fallbacks == ("small",)
    assert {one.server for one in plan.scaling} == {"small", "large"}
    assert plan.monitoring.aliases == ("small", "large")
    assert plan.knowledge is None


@pytest.mark.parametrize(
    ("file", "name", "line"),
    [
        (MODELS, "large", "alias: large"),
        (MODELS, "large-scaling", "alias: large"),
        (SUPPORT, "chat-small", "fallback:"),
    ],
)
def test_a_resource_leads_back_to_its_line(file: Path, name: str, line: str) -> None:
    document = load.load(file).document
    row, _ = trace.position(document, (name,), "")
    assert line in file.read_text(encoding="utf-8").splitlines()[row - 1]


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)
@pytest.mark.parametrize("seed", range(100))
def test_a_generated_blueprint_is_a_plan_or_one_refusal_with_all_reasons(tmp_path: Path, file: Path, seed: int) -> None:
    blueprint = generated(tmp_path, file, seed)
    try:
        written, plan = load.governed(blueprint)
    except DocumentError as refused:
        lines = str(refused).splitlines()
        assert all(line.startswith(f"{blueprint}:") for line in lines), lines
        assert len(lines) == len(set(lines))
        return
    content = yaml.safe_load(blueprint.read_text(encoding="utf-8"))
    assert plan.country in content["data"]["jurisdictions"]
    assert plan.cost.total <= content["budget"]["monthly_usd"]
    least = 2 if written.availability_percent > 99 else 1
    if isinstance(plan, ScoredPlan):
        assert all(one.replicas >= least for one in (plan.service, *plan.scorers))
        named = {one.name for one in plan.service.outcomes}
        assert {plan.service.otherwise, *(rule.outcome for rule in plan.service.rules)} <= named
        assert min(one.at_least for one in plan.service.outcomes) == 0
        return
    if isinstance(plan, TrainedPlan):
        assert plan.training.nodes * plan.training.gpus == plan.gpus > 0
        assert plan.decisions[0].hours <= content["deadline_hours"]
        return
    known = {role.name for role in plan.gateway.aliases}
    assert all(set(alias.fallbacks) <= known - {alias.name} for alias in plan.gateway.aliases)
    assert all(set(team.aliases) <= known for team in plan.gateway.teams)
    main = [server.replicas for server in plan.servers if server.name in ("chat", "small", "large", "worker")]
    assert all(replicas >= least for replicas in main)


def test_schemas_and_pages_are_those_of_the_kinds() -> None:
    found = {
        file: file.read_text(encoding="utf-8")
        for folder in (pages.SCHEMAS, pages.PAGES, pages.PICTURES)
        for file in folder.iterdir()
        if file.is_file()
    }
    assert found == pages.files(), "run `make docs`"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*/examples/*.yaml")), ids=lambda file: file.stem)
def test_an_editor_takes_the_examples_by_their_schema(file: Path) -> None:
    if "inventory" in file.stem:
        return
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    jsonschema.validate(content, pages.schema(content["kind"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "tyop": 1}, pages.schema(content["kind"]))


def test_a_new_blueprint_tells_editors_its_schema(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    new("customer-support", file)
    first, *rest = file.read_text(encoding="utf-8").splitlines()
    assert (tmp_path / first.partition("$schema=")[2]).resolve() == pages.SCHEMAS / "customer-support.json"
    assert "\n".join(rest) + "\n" == SUPPORT.read_text(encoding="utf-8")
    planned(file)
