"""The rules that KEDA's number comes from say what the scaler's own program says, in Prometheus' own rule tester."""

import json
import shutil
import subprocess
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from components.ownership import Ownership
from serving.monitoring import foresight as rules
from serving.monitoring.component import groups
from serving.monitoring.spec import MonitoringSpec, Watched
from serving.scripts.foresight import Foresight, Policy

CHAT = Watched(
    name="chat", engine="vllm", release="v0.30.0", start_s=180, most=8, scaled=True, usd_hour=8.0, answer_s=12
)
SPEC = MonitoringSpec(
    ownership=Ownership(workload="desk", owner="desk", cost_centre="1", data_class="internal", jurisdictions=("DE",)),
    servers=(CHAT,),
    aliases=("chat",),
    availability_percent=99.5,
    keda=True,
    operator=True,
)
POLICY = Policy(target=1, answer_s=12, least=1, most=1000, lead_minutes=rules.lead_minutes(CHAT.start_s))
DAY = [10.0] * 600 + [60.0] * 240 + [10.0] * 600
needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)"
)


def series(levels: list[float]) -> str:
    """Values as promtool reads them."""
    return " ".join(f"{level:g}x{len(list(same)) - 1}" for level, same in groupby(levels))


@needs_promtool
@pytest.mark.parametrize(
    "levels",
    [
        pytest.param([30.0] * 90, id="steady"),
        pytest.param([30.0] * 60 + [30.0 + 5 * minute for minute in range(20)], id="a climb"),
        pytest.param([*DAY, *DAY[:598]], id="before what comes every day"),
        pytest.param([*DAY, *DAY[:700]], id="while it is there"),
    ],
)
def test_the_rules_say_what_the_program_says(levels: list[float], tmp_path: Path) -> None:
    program = Foresight(POLICY, levels)
    wanted = max(program.expected(), levels[-1])
    assert wanted >= levels[-1]
    only = 'server="chat",workload="desk"'
    case = {
        "interval": "1m",
        "input_series": [
            {"series": 'vllm:num_requests_running{model_name="chat",namespace="desk"}', "values": series(levels)},
            {"series": 'vllm:num_requests_waiting{model_name="chat",namespace="desk"}', "values": f"0x{len(levels)}"},
        ],
        "promql_expr_test": [
            {
                "expr": f"abs({rules.WANTED}{{{only}}} - {wanted}) < bool {0.15 * wanted}",
                "eval_time": f"{len(levels) - 1}m",
                "exp_samples": [{"labels": '{server="chat",workload="desk"}', "value": 1}],
            }
        ],
    }
    made = {"groups": [one for one in groups(SPEC)["groups"] if one["name"].endswith("-load")]}
    (tmp_path / "rules.yaml").write_text(json.dumps(made), encoding="utf-8")
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "test.yaml").write_text(json.dumps(tests), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{wanted}: {done.stdout}{done.stderr}"


def test_without_keda_there_are_no_such_rules() -> None:
    names = [group["name"] for group in groups(replace(SPEC, keda=False))["groups"]]
    assert names == ["desk-objectives", "desk-alerts"]
