"""Deciding, pricing, sizing and the catalog, as a user meets them."""

import csv
import io
import json
from pathlib import Path

import pytest
from commands import domicile

WORKLOAD = "planning/examples/support-frankfurt.yaml"
BARE = ("--model", "Qwen/Qwen3-32B", "--accelerator", "H100", "--precision", "fp8", "--engine", "vllm")


def test_a_placement_fits_one_screen_and_tells_why() -> None:
    done = domicile("place", WORKLOAD)
    assert done.returncode == 0, done.stderr
    for words in ("support-frankfurt goes to", "because", "runners-up", "would win", "rejected", "eu-gdpr"):
        assert words in done.stdout
    assert len(done.stdout.splitlines()) < 50
    everything = domicile("explain", WORKLOAD).stdout
    assert "traffic.shared_prefix = 0.0" in everything
    assert len(everything) > len(done.stdout)


def test_a_decision_is_json_for_programs() -> None:
    done = domicile("place", WORKLOAD, "--json")
    parsed = json.loads(done.stdout)
    assert parsed["winner"]["option"]["country"]
    assert parsed["workload"]["name"] == "support-frankfurt"
    assert len(parsed["rejected"]) > 50
    assert domicile("place", WORKLOAD, "--json").stdout == done.stdout


def test_planning_loads_no_pulumi_and_no_cloud() -> None:
    done = domicile("place", WORKLOAD, PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "planning.placement" in loaded
    assert loaded & {"pulumi", "boto3", "botocore", "grpc", "kubernetes", "numpy"} == set()


def test_a_stack_is_decided_from_its_blueprint() -> None:
    done = domicile("place", "local")
    assert done.returncode == 0, done.stderr
    assert "handbook goes to" in done.stdout


def test_a_refusal_is_told_with_its_reasons_and_code(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("name: case\nwork: chat\nmodels: {allowed: [nobody/knows-it]}\n", encoding="utf-8")
    done = domicile("place", str(file))
    assert done.returncode == 2
    assert "the catalog knows no model 'nobody/knows-it'" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: case\nwork: dance\n", ":2:1: work: "),
        ("name: case\nwork: chat\nusers: [ZZ]\n", ":3:9: users.0: the catalog does not know the country 'ZZ'"),
        ("name: case\nwork: training\n", "training: a workload of kind 'training' says what it trains"),
        ("name: case\nwork: chat\ntraffic: {requests_per_s: fast}\n", ":3:11: traffic.requests_per_s: "),
        ("name: case\nwork: chat\nwages: 3\n", ":3:1: wages: "),
    ],
)
def test_a_wrong_workload_is_one_clear_error(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(text, encoding="utf-8")
    done = domicile("place", str(file))
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert f"error: {file}:" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_neither_file_nor_stack_is_told() -> None:
    done = domicile("place", "nowhere")
    assert done.returncode == 2
    assert "'nowhere' is neither a file nor a stack; stacks: " in done.stderr
    assert {"local", "platform-aws-mumbai"} <= set(done.stderr.rpartition("stacks: ")[2].strip().split(", "))


def test_a_bill_is_told_line_by_line() -> None:
    done = domicile("cost", WORKLOAD)
    assert done.returncode == 0, done.stderr
    for words in ("times raw inference", "not priced", "per 1,000 requests", "break-even", "levers", "budget:"):
        assert words in done.stdout
    parsed = json.loads(domicile("cost", WORKLOAD, "--json").stdout)
    assert parsed["unpriced"]
    assert parsed["break_even"]["curves"]


def test_a_bare_configuration_is_sized() -> None:
    done = domicile("size", *BARE, "--input-tokens", "2000", "--output-tokens", "300", "--concurrency", "32", "--json")
    assert done.returncode == 0, done.stderr
    parsed = json.loads(done.stdout)
    assert parsed["fits"] is True
    assert 5 < parsed["tpot_ms"] < 100
    assert parsed["output_tokens_s"] > 100
    unfit = domicile("size", "--model", "Qwen/Qwen3-32B", "--accelerator", "L4", "--json")
    assert unfit.returncode == 2
    assert "does not fit" in json.loads(unfit.stdout)["reason"]
    assert "Qwen/Qwen3-32B (fp8, vllm) on 1 x H100" in domicile("size", *BARE).stdout


def test_a_table_is_sized_in_one_call(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        "model,accelerator,gpus,precision,engine,input_tokens,output_tokens,concurrency\n"
        "meta-llama/Llama-3.1-70B,b200_sxm,2,fp8,TensorRT-LLM 1.0,1024,1024,64\n"
        "openai/gpt-oss-120b,H200 SXM 141GB,1,,vllm,1024,1024,\n"
        "deepseek-ai/DeepSeek-R1,h100_sxm,8,fp8,sglang,1024,1024,4\n",
        encoding="utf-8",
    )
    done = domicile("size", "--csv", str(file))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["fits"] for row in rows] == ["True", "True", "False"]
    assert rows[1]["precision"] == "fp4"
    assert "does not fit" in rows[2]["reason"]
    assert json.loads(domicile("size", str(file), "--json").stdout)[0]["engine"] == "trtllm"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nobody/knows,H100,1,fp8,vllm,1,1,1", "t.csv:2: model: the catalog does not know 'nobody/knows'"),
        ("Qwen/Qwen3-8B,Z80,1,fp8,vllm,1,1,1", "t.csv:2: accelerator: the catalog does not know 'Z80'"),
        ("Qwen/Qwen3-8B,H100,1,fp7,vllm,1,1,1", "t.csv:2: precision: 'fp7' is not known"),
        ("Qwen/Qwen3-8B,H100,-1,fp8,vllm,1,1,1", "t.csv:2: gpus: expected a whole number"),
        ("Qwen/Qwen3-8B,H100,1,fp8,abacus,1,1,1", "t.csv:2: engine: 'abacus' is not known"),
    ],
)
def test_a_wrong_row_is_one_clear_error(row: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    header = "model,accelerator,gpus,precision,engine,input_tokens,output_tokens,concurrency"
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    done = domicile("size", str(file))
    assert done.returncode == 2
    assert said in done.stderr


def test_a_wrong_row_does_not_keep_the_others_from_their_answers(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    header = "model,accelerator,gpus,precision,engine,input_tokens,output_tokens,concurrency"
    file.write_text(
        f"{header}\nnobody/knows,H100,1,fp8,vllm,9,9,9\nQwen/Qwen3-8B,H100,1,fp8,vllm,9,9,9\n", encoding="utf-8"
    )
    done = domicile("size", str(file))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["fits"] for row in rows] == ["", "True"]
    assert "does not know 'nobody/knows'" in rows[0]["reason"]
    assert done.returncode == 2


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("model\nQwen/Qwen3-8B\n", encoding="utf-8")
    assert "the columns accelerator, gpus" in domicile("size", str(file)).stderr


def test_a_workload_is_sized_where_it_goes() -> None:
    done = domicile("size", WORKLOAD, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["replicas"] >= 2


def test_the_catalog_is_shown_searched_and_verified() -> None:
    assert "H100" in domicile("catalog", "show", "accelerators").stdout
    assert json.loads(domicile("catalog", "search", "h100", "eu-north-1", "--json").stdout)["offers"]
    assert "no row has all of that" in domicile("catalog", "search", "abacus").stdout
    done = domicile("catalog", "verify")
    assert done.returncode == 0
    assert "0 problems" in done.stdout
    assert domicile("catalog", "show", "nothing").returncode == 2
