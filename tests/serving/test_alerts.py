"""Each alert fires when it should and keeps silent when it should not, in Prometheus' own rule tester."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.ownership import Ownership
from serving.engines import metrics
from serving.monitoring import alerts, objectives
from serving.monitoring.component import groups
from serving.monitoring.dashboard import dashboard
from serving.monitoring.rule import slug
from serving.monitoring.spec import MonitoringSpec, Watched

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "runbooks"
OWNER = Ownership(workload="desk", owner="desk", cost_centre="1", data_class="internal", jurisdictions=("DE",))
CHAT = Watched(
    name="chat", engine="vllm", release="v0.30.0", start_s=600, most=4, scaled=True, usd_hour=8.0, sleeps=True
)
SPEC = MonitoringSpec(
    ownership=OWNER,
    servers=(CHAT,),
    aliases=("chat",),
    availability_percent=99.5,
    team_budgets=(("desk", 100.0),),
    batch_s=90_000,
    training_s=36_000,
    documents_s=90_000,
    hub="fleet-hub",
    keda=True,
    operator=True,
)
HERE = 'namespace="desk"'
ENGINE = f'model_name="chat",{HERE},instance="a"'
OTHER = f'model_name="chat",{HERE},instance="b"'
ENDED = (
    f'domicile_gateway_requests_total{{alias="chat",{HERE},team="desk",outcome="ended",slow="false",fell_back="false"}}'
)
SLOW = ENDED.replace('slow="false"', 'slow="true"')
FELL = ENDED.replace('fell_back="false"', 'fell_back="true"')
FAILED = ENDED.replace("ended", "failed")
GPU = 'exported_namespace="desk",exported_pod="chat-0",Hostname="n1",gpu="0"'
POD = f'{HERE},pod="chat-0"'
CERTIFICATE = 'certmanager_certificate_expiration_timestamp_seconds{exported_namespace="desk",name="gateway"}'
WORKED = f'kube_cronjob_status_last_successful_time{{{HERE},cronjob="batch"}}'
TRAINING = f'kube_job_{{}}{{{{{HERE},job_name="training-1"{{}}}}}}'
SITES = 'domicile_fleet_sites{{namespace="{}",ring="all",status="{}"}}'
ROLLOUT = f'domicile_fleet_rollout{{{{{HERE},state="{{}}"}}}}'
SINCE = f"domicile_fleet_rollout_since_seconds{{{HERE}}}"
MADE = f'kube_cronjob_created{{{HERE},cronjob="batch"}}'
BACKUP = f'kube_cronjob_status_last_successful_time{{{HERE},cronjob="vectors-backup"}}'
WHOLE = f"domicile_ingestion_whole_timestamp{{{HERE}}}"
TOLD = f'domicile_retrieval_answers_total{{{{{HERE},outcome="{{}}"}}}}'
STEPS, RUNNING, WAITING = (
    f"vllm:{name}" for name in ("iteration_tokens_total_count", "num_requests_running", "num_requests_waiting")
)


REPLICAS = f'kube_deployment_spec_replicas{{{HERE},deployment="chat"}}'
KNOCKING = f'domicile_gateway_knocking{{alias="chat",{HERE}}}'


def flat(value: float, steps: int = 400) -> str:
    return f"{value}x{steps}"


#: name, interval, minutes until it is looked at, whether it fires, the series
Case = tuple[str, str, str, bool, dict[str, str]]
CASES: list[Case] = [
    # a frozen engine: busy, no step; its neighbour works on
    ("EngineStalled", "15s", "7m", True, {f"{STEPS}{{{ENGINE}}}": "0+30x20 600x20", f"{RUNNING}{{{ENGINE}}}": flat(3)}),
    (
        "EngineStalled",
        "15s",
        "7m",
        True,
        {
            f"{STEPS}{{{ENGINE}}}": "0+30x20 600x20",
            f"{RUNNING}{{{ENGINE}}}": flat(3),
            f"{STEPS}{{{OTHER}}}": "0+30x60",
            f"{RUNNING}{{{OTHER}}}": flat(3),
        },
    ),
    ("EngineStalled", "15s", "7m", True, {f"{STEPS}{{{ENGINE}}}": flat(600), f"{WAITING}{{{ENGINE}}}": flat(2)}),
    ("EngineStalled", "15s", "10m", False, {f"{STEPS}{{{ENGINE}}}": "0+30x60", f"{RUNNING}{{{ENGINE}}}": flat(3)}),
    (
        "EngineStalled",
        "15s",
        "10m",
        False,
        {f"{STEPS}{{{ENGINE}}}": flat(600), f"{RUNNING}{{{ENGINE}}}": flat(0), f"{WAITING}{{{ENGINE}}}": flat(0)},
    ),
    ("EngineStalled", "15s", "10m", False, {f"{STEPS}{{{ENGINE}}}": "0+1x60", f"{RUNNING}{{{ENGINE}}}": flat(1)}),
    ("EngineAbsent", "1m", "10m", True, {"up": flat(1)}),
    ("EngineAbsent", "1m", "10m", False, {f"{WAITING}{{{ENGINE}}}": flat(0)}),
    ("EngineAbsent", "1m", "10m", True, {f'{WAITING}{{model_name="chat",namespace="elsewhere"}}': flat(0)}),
    ("EngineAbsent", "1m", "10m", True, {REPLICAS: flat(2)}),
    ("EngineAbsent", "1m", "10m", False, {REPLICAS: flat(0)}),
    ("ModelNotWoken", "1m", "15m", True, {KNOCKING: "0 3x60"}),
    ("ModelNotWoken", "1m", "15m", False, {KNOCKING: "0 3x5 0x60"}),
    ("ModelNotWoken", "1m", "15m", False, {KNOCKING: flat(0)}),
    ("QueueLong", "1m", "10m", True, {f"{WAITING}{{{ENGINE}}}": flat(30), f"{WAITING}{{{OTHER}}}": flat(20)}),
    ("QueueLong", "1m", "10m", False, {f"{WAITING}{{{ENGINE}}}": flat(20), f"{WAITING}{{{OTHER}}}": flat(20)}),
    ("QueueLong", "1m", "10m", False, {f"{WAITING}{{{ENGINE}}}": "0x4 90x2 0x100"}),
    ("CacheFull", "1m", "15m", True, {f"vllm:kv_cache_usage_perc{{{ENGINE}}}": flat(0.99)}),
    ("CacheFull", "1m", "15m", False, {f"vllm:kv_cache_usage_perc{{{ENGINE}}}": flat(0.9)}),
    (
        "PreemptionStorm",
        "1m",
        "20m",
        True,
        {f"vllm:num_preemptions_total{{{ENGINE}}}": "0+30x60", f"vllm:request_success_total{{{ENGINE}}}": "0+100x60"},
    ),
    (
        "PreemptionStorm",
        "1m",
        "20m",
        False,
        {f"vllm:num_preemptions_total{{{ENGINE}}}": "0+10x60", f"vllm:request_success_total{{{ENGINE}}}": "0+100x60"},
    ),
    ("PreemptionStorm", "1m", "20m", False, {f"vllm:num_preemptions_total{{{ENGINE}}}": flat(7)}),
    (
        "WeightsSlow",
        "1m",
        "15m",
        True,
        {f"kube_pod_start_time{{{POD}}}": flat(0), f'kube_pod_status_ready{{{POD},condition="true"}}': flat(0)},
    ),
    (
        "WeightsSlow",
        "1m",
        "8m",
        False,
        {f"kube_pod_start_time{{{POD}}}": flat(0), f'kube_pod_status_ready{{{POD},condition="true"}}': flat(0)},
    ),
    (
        "WeightsSlow",
        "1m",
        "15m",
        False,
        {f"kube_pod_start_time{{{POD}}}": flat(0), f'kube_pod_status_ready{{{POD},condition="true"}}': flat(1)},
    ),
    (
        "ScaledToMost",
        "1m",
        "20m",
        True,
        {f'kube_deployment_spec_replicas{{{HERE},deployment="chat"}}': flat(4), f"{WAITING}{{{ENGINE}}}": flat(3)},
    ),
    (
        "ScaledToMost",
        "1m",
        "20m",
        False,
        {f'kube_deployment_spec_replicas{{{HERE},deployment="chat"}}': flat(4), f"{WAITING}{{{ENGINE}}}": flat(0)},
    ),
    (
        "ScalerBlind",
        "1m",
        "15m",
        True,
        {'keda_scaler_detail_errors_total{scaledObject="chat",exported_namespace="desk"}': "0+1x60"},
    ),
    (
        "ScalerBlind",
        "1m",
        "15m",
        False,
        {'keda_scaler_detail_errors_total{scaledObject="chat",exported_namespace="desk"}': flat(4)},
    ),
    ("GpuError", "1m", "5m", True, {f"DCGM_FI_DEV_XID_ERRORS{{{GPU}}}": flat(79)}),
    ("GpuError", "1m", "5m", False, {f"DCGM_FI_DEV_XID_ERRORS{{{GPU}}}": flat(0)}),
    ("GpuMemoryFaulty", "1m", "5m", True, {f"DCGM_FI_DEV_ROW_REMAP_FAILURE{{{GPU}}}": flat(1)}),
    ("GpuMemoryFaulty", "1m", "20m", True, {f"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{{{GPU}}}": "0x5 1x60"}),
    ("GpuMemoryFaulty", "1m", "200m", False, {f"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{{{GPU}}}": flat(4)}),
    ("GpuIdle", "5m", "500m", True, {f"DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{GPU}}}": flat(0.01)}),
    ("GpuIdle", "5m", "500m", False, {f"DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{GPU}}}": flat(0.3)}),
    ("GpuIdle", "5m", "500m", False, {f"DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{GPU}}}": "0.01x40 0.6x30 0.01x40"}),
    ("FallbackCarries", "1m", "30m", True, {ENDED: "0+50x60", FELL: "0+20x60"}),
    ("FallbackCarries", "1m", "30m", False, {ENDED: "0+50x60", FELL: "0+2x60"}),
    ("FallbackCarries", "1m", "30m", False, {ENDED: flat(50), FELL: flat(20)}),
    (
        "QualityDrift",
        "5m",
        "9d",
        True,
        {
            f'domicile_gateway_confidence_sum{{alias="chat",{HERE}}}': "0+9x2300 20700+6x400",
            f'domicile_gateway_confidence_count{{alias="chat",{HERE}}}': "0+10x2700",
        },
    ),
    (
        "QualityDrift",
        "5m",
        "9d",
        False,
        {
            f'domicile_gateway_confidence_sum{{alias="chat",{HERE}}}': "0+9x2300 20700+8.5x400",
            f'domicile_gateway_confidence_count{{alias="chat",{HERE}}}': "0+10x2700",
        },
    ),
    (
        "LimitsUnavailable",
        "1m",
        "10m",
        True,
        {f'domicile_gateway_refusals_total{{{HERE},team="desk",reason="limits_unavailable"}}': "0+1x30"},
    ),
    (
        "LimitsUnavailable",
        "1m",
        "10m",
        False,
        {f'domicile_gateway_refusals_total{{{HERE},team="desk",reason="limit_tokens"}}': "0+9x30"},
    ),
    (
        "AuditUnwritable",
        "1m",
        "10m",
        True,
        {f'domicile_gateway_refusals_total{{{HERE},team="desk",reason="audit_unavailable"}}': "0+1x30"},
    ),
    (
        "AuditUnwritable",
        "1m",
        "30m",
        False,
        {f'domicile_gateway_refusals_total{{{HERE},team="desk",reason="audit_unavailable"}}': flat(3)},
    ),
    ("BudgetBurn", "5m", "60m", True, {f'domicile_gateway_spent_usd{{{HERE},team="desk"}}': flat(85)}),
    ("BudgetBurn", "5m", "10h", True, {f'domicile_gateway_spent_usd{{{HERE},team="desk"}}': "0+0.04x200"}),
    ("BudgetBurn", "5m", "10h", False, {f'domicile_gateway_spent_usd{{{HERE},team="desk"}}': "0+0.01x200"}),
    ("CertificateEnds", "5m", "5h", True, {CERTIFICATE: flat(13 * 86_400)}),
    ("CertificateEnds", "5m", "5h", False, {CERTIFICATE: flat(30 * 86_400)}),
    ("BatchLate", "5m", "30h", True, {WORKED: flat(0), MADE: flat(0)}),
    ("BatchLate", "5m", "30h", False, {WORKED: "0+300x400", MADE: flat(0)}),
    # it has never ended well, and there was time enough
    ("BatchLate", "5m", "30h", True, {MADE: flat(0)}),
    ("BatchLate", "5m", "20h", False, {MADE: flat(0)}),
    ("TrainingFailed", "1m", "10m", True, {TRAINING.format("failed", ',condition="true"'): flat(1)}),
    ("TrainingFailed", "1m", "10m", False, {TRAINING.format("failed", ',condition="true"'): flat(0)}),
    ("TrainingFailed", "1m", "10m", False, {TRAINING.format("complete", ',condition="true"'): flat(1)}),
    ("TrainingSlow", "5m", "12h", True, {TRAINING.format("status_start_time", ""): flat(0)}),
    ("TrainingSlow", "5m", "9h", False, {TRAINING.format("status_start_time", ""): flat(0)}),
    # it has ended, well or not
    (
        "TrainingSlow",
        "5m",
        "12h",
        False,
        {
            TRAINING.format("status_start_time", ""): flat(0),
            TRAINING.format("status_completion_time", ""): flat(30_000),
        },
    ),
    (
        "TrainingSlow",
        "5m",
        "12h",
        False,
        {TRAINING.format("status_start_time", ""): flat(0), TRAINING.format("failed", ',condition="true"'): flat(1)},
    ),
    ("HubAbsent", "1m", "10m", True, {SITES.format("other", "settled"): flat(1)}),
    ("HubAbsent", "1m", "10m", False, {SITES.format("desk", "settled"): flat(1)}),
    (
        "SitesSilent",
        "1m",
        "40m",
        True,
        {SITES.format("desk", "silent"): flat(6), SITES.format("desk", "settled"): flat(94)},
    ),
    (
        "SitesSilent",
        "1m",
        "40m",
        False,
        {SITES.format("desk", "silent"): flat(5), SITES.format("desk", "settled"): flat(95)},
    ),
    ("SitesDrifted", "5m", "70m", True, {f'domicile_fleet_drifted{{{HERE},ring="first"}}': flat(1)}),
    # put right before anybody had to look
    ("SitesDrifted", "5m", "70m", False, {f'domicile_fleet_drifted{{{HERE},ring="first"}}': "1x5 0x40"}),
    ("ReleaseStopped", "1m", "5m", True, {ROLLOUT.format("stopped"): flat(1), ROLLOUT.format("running"): flat(0)}),
    ("ReleaseStopped", "1m", "5m", False, {ROLLOUT.format("stopped"): flat(0), ROLLOUT.format("running"): flat(1)}),
    # the ring has it for two weeks after two hours and forty minutes of this test
    ("ReleaseStuck", "5m", "4h", True, {SINCE: flat(-1_200_000), ROLLOUT.format("running"): flat(1)}),
    ("ReleaseStuck", "5m", "2h", False, {SINCE: flat(-1_200_000), ROLLOUT.format("running"): flat(1)}),
    (
        "ReleaseStuck",
        "5m",
        "4h",
        False,
        {SINCE: flat(-1_200_000), ROLLOUT.format("running"): flat(0), ROLLOUT.format("done"): flat(1)},
    ),
    ("DocumentsOld", "5m", "30h", True, {WHOLE: flat(0)}),
    ("DocumentsOld", "5m", "20h", False, {WHOLE: flat(0)}),
    # one of two pods has not looked yet
    ("DocumentsOld", "5m", "30h", False, {WHOLE: flat(0), WHOLE.replace("}", ',pod="b"}'): flat(90_000)}),
    ("AnswersRefused", "1m", "90m", True, {TOLD.format("refused"): "0+1x200", TOLD.format("answered"): "0+2x200"}),
    ("AnswersRefused", "1m", "90m", False, {TOLD.format("refused"): "0+1x200", TOLD.format("answered"): "0+20x200"}),
    # searches are no answers, and one of two questions a day is no trend
    ("AnswersRefused", "1m", "90m", False, {TOLD.format("refused"): "0x60 1x140", TOLD.format("searched"): flat(9)}),
    ("BackupLate", "5m", "30h", True, {BACKUP: flat(0)}),
    ("BackupLate", "5m", "20h", False, {BACKUP: flat(0)}),
    ("BackupLate", "5m", "30h", False, {BACKUP.replace("-backup", ""): flat(0)}),
    # 100 requests a minute, half of them fail
    ("AvailabilityBurn", "1m", "90m", True, {ENDED: "0+50x200", FAILED: "0+50x200"}),
    ("AvailabilityBurn", "1m", "90m", False, {ENDED: "0+1000x200", FAILED: "0+1x200"}),
    # a short break that is over
    ("AvailabilityBurn", "1m", "90m", False, {ENDED: "0+100x200", FAILED: "0x50 0+30x1 30x140"}),
    # nobody asks anything
    ("AvailabilityBurn", "1m", "90m", False, {ENDED: flat(500), FAILED: flat(500)}),
    ("LatencyBurn", "1m", "90m", True, {ENDED: "0+10x200", SLOW: "0+90x200"}),
    ("LatencyBurn", "1m", "90m", False, {ENDED: "0+96x200", SLOW: "0+4x200"}),
]
ENVOY = replace(SPEC, gateway="envoy", first_token_s=2.0, servers=(replace(CHAT, sleeps=False),))
ASKED = (
    f'gen_ai_server_request_duration_seconds_count{{gen_ai_original_model="chat",gen_ai_request_model="chat",{HERE}}}'
)
BROKE = ASKED.replace("}", ',error_type="_OTHER"}')
ELSEWHERE = ASKED.replace('gen_ai_request_model="chat"', 'gen_ai_request_model="small"')
FIRST = f'gen_ai_server_time_to_first_token_seconds_{{}}{{{{gen_ai_original_model="chat",{HERE}{{}}}}}}'
STREAMS, QUICK = FIRST.format("count", ""), FIRST.format("bucket", ',le="2.56"')
#: what Envoy AI Gateway counts tells the same of an alias
ENVOY_CASES: list[Case] = [
    ("AvailabilityBurn", "1m", "90m", True, {ASKED: "0+50x200", BROKE: "0+50x200"}),
    ("AvailabilityBurn", "1m", "90m", False, {ASKED: "0+1000x200", BROKE: "0+1x200"}),
    ("LatencyBurn", "1m", "90m", True, {STREAMS: "0+100x200", QUICK: "0+10x200"}),
    ("LatencyBurn", "1m", "90m", False, {STREAMS: "0+100x200", QUICK: "0+96x200"}),
    # nobody asks in pieces: nothing is known, nothing fires
    ("LatencyBurn", "1m", "90m", False, {ASKED: "0+100x200"}),
    ("FallbackCarries", "1m", "60m", True, {ASKED: "0+50x200", ELSEWHERE: "0+50x200"}),
    ("FallbackCarries", "1m", "60m", False, {ASKED: "0+95x200", ELSEWHERE: "0+5x200"}),
]
EVERY = [*((SPEC, case) for case in CASES), *((ENVOY, case) for case in ENVOY_CASES)]


def named(value: object) -> str:
    """What stands in the name of a case's test."""
    if isinstance(value, MonitoringSpec):
        return value.gateway
    assert isinstance(value, tuple)
    return f"{value[0]}-{'fires' if value[3] else 'silent'}"


needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)"
)


def rules(spec: MonitoringSpec = SPEC) -> list[dict[str, Any]]:
    return [rule for group in groups(spec)["groups"] for rule in group["rules"]]


def expected(name: str) -> list[dict[str, Any]]:
    return [rule for rule in rules() if rule.get("alert") == name]


def written(case: Case) -> dict[str, Any]:
    """A case as a query: how many alerts of the name fire, whatever labels a query left on them."""
    name, interval, at, fires, series = case
    found = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) > bool 0'
    sample = [{"labels": "{}", "value": 1}] if fires else []
    return {
        "interval": interval,
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [{"expr": found, "eval_time": at, "exp_samples": sample}],
    }


def needed(spec: MonitoringSpec, alert: str) -> dict[str, Any]:
    """The rules that an alert hangs on: itself, and what is recorded for it."""
    found: list[dict[str, Any]] = groups(spec)["groups"]
    every = [rule for group in found for rule in group["rules"]]
    wanted = [rule for rule in every if rule.get("alert") == alert]
    for rule in wanted:  # grows as it goes: a record may be made from records
        wanted += [one for one in every if "record" in one and one["record"] in rule["expr"] and one not in wanted]
    return {"groups": [{**group, "rules": [one for one in group["rules"] if one in wanted]} for group in found]}


@needs_promtool
@pytest.mark.parametrize("spec", [SPEC, ENVOY], ids=named)
def test_the_rules_are_rules(tmp_path: Path, spec: MonitoringSpec) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps(groups(spec)), encoding="utf-8")
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize(("spec", "case"), EVERY, ids=named)
def test_an_alert_fires_and_keeps_silent(spec: MonitoringSpec, case: Case, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(json.dumps(needed(spec, case[0])), encoding="utf-8")
    tests = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m" if "d" not in case[2] else "10m",
        "tests": [written(case)],
    }
    if case[1] == "15s":
        tests["evaluation_interval"] = "15s"
    file = tmp_path / "test.yaml"
    file.write_text(json.dumps(tests), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_a_frozen_engine_is_told_of_within_two_minutes(tmp_path: Path) -> None:
    """It freezes at five minutes; scraped every 15 s, the alert fires by seven."""
    (tmp_path / "rules.yaml").write_text(json.dumps(groups(SPEC)), encoding="utf-8")
    case = CASES[0]
    calm: Case = (case[0], case[1], "5m", False, case[4])
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "15s", "tests": [written(calm), written(case)]}
    (tmp_path / "test.yaml").write_text(json.dumps(tests), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_both_cases_and_a_page() -> None:
    names = {rule["alert"] for rule in rules() if "alert" in rule}
    assert {case[0] for case in CASES if case[3]} == names
    assert {case[0] for case in CASES if not case[3]} == names
    pages = {file.stem for file in PAGES.glob("*.md")} - {"README"}
    assert pages == {slug(name) for name in names}
    for page in PAGES.glob("*-*.md"):
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What it means", "Look", "Do", "It is over when"], page


def test_nothing_of_another_gateway_is_watched() -> None:
    told = json.dumps([groups(ENVOY), dashboard(ENVOY)])
    assert "domicile_gateway_" not in told
    assert "gen_ai_" not in json.dumps([groups(SPEC), dashboard(SPEC)])


@pytest.mark.parametrize("engine", ["vllm", "sglang", "trtllm", "triton-trtllm", "triton", "tgi", "tei"])
def test_the_rules_and_the_dashboard_of_every_engine_use_its_names_alone(engine: str) -> None:
    spec = replace(SPEC, servers=(replace(CHAT, engine=engine, release="v99.0.0", scaled=False),))
    known = {one.name for one in metrics.of(engine, "99").values()}
    text = json.dumps([groups(spec), dashboard(spec)])
    for other in {"vllm", "sglang", "trtllm", "triton", "tgi", "tei"} - {engine.split("-", maxsplit=1)[0]}:
        for one in metrics.of(other, "99").values():
            if one.name not in known:
                assert not re.search(rf"\b{re.escape(one.name)}\b", text), f"{one.name} is {other}'s"
    if "waiting" in metrics.of(engine, "99"):
        assert metrics.of(engine, "99")["waiting"].name in text


def test_a_release_older_than_the_table_is_said() -> None:
    with pytest.raises(LookupError, match=r"no metrics are known of vllm 0.8"):
        metrics.of("vllm", "0.8")


def test_two_workloads_do_not_see_each_other() -> None:
    for rule in rules():
        series = re.findall(r"(?:vllm|domicile_gateway|kube|DCGM|keda|certmanager)[\w:]*\{([^}]*)\}", rule["expr"])
        assert all('namespace="desk"' in one for one in series), rule["expr"]
    assert alerts.alerts(SPEC)
    assert objectives.records(SPEC)


def test_the_dashboard_has_a_panel_for_each_kind_of_thing() -> None:
    made = dashboard(SPEC)
    titles = [panel["title"] for panel in made["panels"]]
    assert {"Objectives", "Gateway", "chat (vllm v0.30.0)", "GPUs", "Failed requests", "First token"} <= set(titles)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in made["panels"]]
    assert len(set(places)) == len(places), "no panel lies on another"
