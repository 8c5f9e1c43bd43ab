"""How fast the rules judge: ratios taken in one run, with the same violations asserted first. Part of `make bench`."""

import importlib.util
import json
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import cpu

ROUNDS = 5
KINDS = ("aws:ebs/volume:Volume", "aws:rds/instance:Instance", "aws:efs/fileSystem:FileSystem")
OURS = """
import dataclasses, gc, json, sys, time
gc.disable()
from policies.evaluate import Evaluator
from policies.resource import Resource
from policies.rules.budget import TAGS
from policies.rules.encryption import AT_REST
from policies.rules.residency import LOCATION
copies = int(sys.argv[2])
rules = [dataclasses.replace(rule, id=f"{rule.id}{n or ''}") for n in range(copies) for rule in (LOCATION, AT_REST, TAGS)]
given = {"residency-location": {"allowed": ["IN"]}, "budget-tags": {"required": ["owner", "cost-centre", "workload"]}}
config = {f"{name}{n or ''}": one for n in range(copies) for name, one in given.items()}
with open(sys.argv[1]) as file:
    listed = json.load(file)["deployment"]["resources"]
started = time.process_time()
found = Evaluator(rules, config).all([Resource(one["type"], one["urn"], one["urn"], one["inputs"]) for one in listed])
taken = time.process_time() - started
names = {"residency-location": "location", "encryption-turned-on": "encrypted", "budget-tags": "tags"}
print(json.dumps([taken, sorted({(names[one.rule], one.urn) for one in found if one.rule in names})]))
"""
REGORUS = """
import json, sys, opa_eval
engine = opa_eval.OpaEval(sys.argv[2], query="data.p.violations")
found = engine.evaluate_parsed(open(sys.argv[1]).read())
while isinstance(found, dict) or (found and isinstance(found[0], dict)):
    found = found[0] if isinstance(found, list) else found.get("result", found.get("expressions", found.get("value")))
print(json.dumps([0, sorted((rule, urn) for urn, rule in found)]))
"""
#: the same three rules as a pack of CrossGuard's, in the process and over the protocol in which its users run one
PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy
def location(args, report):
    if args.props.get("region") != "ap-south-1": report("no")
def encrypted(args, report):
    if args.props.get("storageEncrypted" if args.resource_type == "aws:rds/instance:Instance" else "encrypted") is not True: report("no")
def tags(args, report):
    if any(name not in args.props["tags"] for name in ("owner", "cost-centre", "workload")): report("no")
PolicyPack("p", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    ResourceValidationPolicy(name=one.__name__, description="d", validate=one) for one in (location, encrypted, tags)])
"""
CROSSGUARD = """
import json, resource, subprocess, sys, grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
found = set()
def served(listed):
    server = subprocess.Popen([sys.executable, "-u", sys.argv[2] + "/__main__.py", "127.0.0.1:1", sys.argv[2]], stdout=subprocess.PIPE)
    stub = analyzer_pb2_grpc.AnalyzerStub(grpc.insecure_channel("127.0.0.1:" + server.stdout.readline().decode().strip()))
    for one in listed:
        properties = struct_pb2.Struct()
        properties.update(one["inputs"])
        request = analyzer_pb2.AnalyzeRequest(type=one["type"], urn=one["urn"], name="n", properties=properties)
        found.update((told.policyName, one["urn"]) for told in stub.Analyze(request).diagnostics)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server.kill()
    server.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
starting = served([])
print(json.dumps([served(json.load(open(sys.argv[1]))["deployment"]["resources"]) - starting, sorted(found)]))
"""
#: the same three as checks of Checkov's, on a Terraform plan of the same resources
CHECKS = """
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
KINDS = ["aws_ebs_volume", "aws_db_instance", "aws_efs_file_system"]
def one(value): return value[0] if isinstance(value, list) and value else value
def make(name, holds):
    def scan(self, conf): return CheckResult.PASSED if holds(conf) else CheckResult.FAILED
    kind = type(name, (BaseResourceCheck,), {"scan_resource_conf": scan})
    return kind(name=name, id=f"CKV_BENCH_{name}", categories=[CheckCategories.ENCRYPTION], supported_resources=KINDS)
location = make("location", lambda conf: one(conf.get("region")) == "ap-south-1")
encrypted = make("encrypted", lambda conf: one(conf.get("storage_encrypted", conf.get("encrypted"))) is True)
tags = make("tags", lambda conf: {"owner", "cost-centre", "workload"} <= set(one(conf.get("tags")) or {}))
"""
#: a stack of this repository from nothing, and what of that is the import of the SDK's modules that it uses
CHECK = """
import sys
from pathlib import Path
from cli import main
file = Path(sys.argv[1])
sys.argv = ["domicile", "check", "platform-gcp-frankfurt", "--format", "json"]
try:
    main.main()
finally:
    names = [name for name in list(sys.modules) if name.partition(".")[0].startswith("pulumi")]
    file.write_text("\\n".join(names), encoding="utf-8")
"""
IMPORTS = """
import importlib, sys
from contextlib import suppress
from pathlib import Path
for name in Path(sys.argv[1]).read_text(encoding="utf-8").split():
    with suppress(ImportError):
        importlib.import_module(name)
"""
REGO = """package p
import rego.v1
required := {"owner", "cost-centre", "workload"}
violations contains [r.urn, "location"] if { some r in input.deployment.resources; r.inputs.region != "ap-south-1" }
violations contains [r.urn, "encrypted"] if {
  some r in input.deployment.resources
  r.type != "aws:rds/instance:Instance"
  r.inputs.encrypted != true
}
violations contains [r.urn, "encrypted"] if {
  some r in input.deployment.resources
  r.type == "aws:rds/instance:Instance"
  r.inputs.storageEncrypted != true
}
violations contains [r.urn, "tags"] if {
  some r in input.deployment.resources
  count(required - {key | some key, _ in r.inputs.tags}) > 0
}
"""


def state(count: int) -> dict[str, Any]:
    """A state of volumes, databases and file systems, of which a tenth breaks each of three rules."""
    records: list[dict[str, Any]] = []
    for index in range(count):
        type_ = KINDS[index % 3]
        tags = {"owner": "a", "cost-centre": "b", "workload": "c", "data-class": "internal"}
        if index % 10 == 2:
            del tags["owner"]
        encrypted = "storageEncrypted" if index % 3 == 1 else "encrypted"
        region = "us-east-1" if index % 10 == 1 else "ap-south-1"
        inputs = {
            "tags": tags,
            "region": region,
            encrypted: index % 10 != 0,
            "kmsKeyId": "arn:aws:kms:ap-south-1:1:key/x",
        }
        records.append(_record(index, type_, inputs))
    return {"version": 3, "deployment": {"resources": records}}


def _record(index: int, type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """What a state keeps of a resource beside its inputs: its outputs, and what Pulumi knows of it."""
    id_ = f"vol-{index:017x}"
    outputs = {
        **inputs,
        "id": id_,
        "arn": f"arn:aws:ec2:{inputs['region']}:123456789012:volume/{id_}",
        "availabilityZone": f"{inputs['region']}a",
        "tagsAll": inputs["tags"],
        "createTime": "2026-11-26T00:00:00Z",
        "finalSnapshot": False,
        "iops": 3000,
        "size": 100,
        "throughput": 125,
        "type": "gp3",
    }
    return {
        "urn": f"urn:pulumi:s::p::{type_}::r{index}",
        "custom": True,
        "id": id_,
        "type": type_,
        "inputs": inputs,
        "outputs": outputs,
        "parent": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s",
        "provider": "urn:pulumi:s::p::pulumi:providers:aws::default_7_51_1::6f1c2d4e-0000-4000-8000-000000000000",
        "propertyDependencies": {name: [] for name in inputs},
        "created": "2026-11-26T00:00:00Z",
        "modified": "2026-11-26T00:00:00Z",
    }


def terraform(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """The same resources as a Terraform plan."""
    kinds = dict(zip(KINDS, ("aws_ebs_volume", "aws_db_instance", "aws_efs_file_system"), strict=True))
    made: list[dict[str, Any]] = []
    for one in listed:
        name = one["urn"].rpartition("::")[2]
        values = {_snake(key): value for key, value in one["inputs"].items()}
        kind = kinds[one["type"]]
        made.append({"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "values": values})
    changes = [{**one, "change": {"actions": ["create"], "before": None, "after": one["values"]}} for one in made]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": made}},
        "resource_changes": changes,
        "configuration": {"root_module": {}},
    }


def _snake(name: str) -> str:
    return re.sub("(?<=[a-z])[A-Z]", lambda one: f"_{one[0].lower()}", name)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        taken, alone = measure(prepared(Path(folder)))
    best = {name: min(found) for name, found in taken.items()}
    for name, found in taken.items():
        print(f"{name}: {min(found):.2f} CPU s (median {statistics.median(found):.2f})")  # noqa: T201 a measurement
    rounds = sorted(theirs / judging for judging, theirs in zip(alone["ours"], alone["pulumi_policy"], strict=True))
    judging, theirs = (min(alone[name]) for name in ("ours", "pulumi_policy"))
    print(f"judging alone: ours {judging:.3f} s, pulumi_policy's process {theirs:.2f} s: 1/{theirs / judging:.0f}")  # noqa: T201 as above
    print(f"each round's ratio: {', '.join(f'1/{one:.0f}' for one in rounds)}")  # noqa: T201 as above
    if "regorus" in best:
        print(f"ours / regorus: {best['ours'] / best['regorus']:.2f}")  # noqa: T201 as above
    if "Checkov, 1,000" in best:
        print(f"ours / Checkov, 1,000 resources: {best['ours, 1,000'] / best['Checkov, 1,000']:.3f}")  # noqa: T201 as above
    print(f"150 rules / 3 rules: {best['ours, 150 rules'] / best['ours']:.1f}")  # noqa: T201 as above
    beyond = best["check of a stack of 119"] - best["the SDK modules it imports"]
    print(f"a cold check of 119 resources beyond the SDK's import: {beyond:.2f} CPU s")  # noqa: T201 as above
    runs = 50 * best["check of 100 resources"]
    print(f"50 in one run / 50 runs: {best['check of 50 states of 100'] / runs:.3f}")  # noqa: T201 as above


Commands = dict[str, tuple[str, ...]]


def prepared(home: Path) -> Commands:
    """The inputs, written, and the command of each that is measured; those that are not installed are left out."""
    files = {"large": state(10_000), "middle": state(1_000), "small": state(100)}
    for name, content in files.items():
        (home / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    large, middle, small = (str(home / f"{name}.json") for name in files)
    (home / "p.rego").write_text(REGO, encoding="utf-8")
    for name, text in (
        ("pack/PulumiPolicy.yaml", "runtime: python\n"),
        ("pack/__main__.py", PACK),
        ("checks/three.py", CHECKS),
    ):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    (home / "checks" / "__init__.py").touch()
    (home / "tfplan.json").write_text(
        json.dumps(terraform(files["middle"]["deployment"]["resources"])), encoding="utf-8"
    )
    run = sys.executable
    commands: Commands = {
        "ours": (run, "-c", OURS, large, "1"),
        "ours, 1,000": (run, "-c", OURS, middle, "1"),
        "ours, 150 rules": (run, "-c", OURS, large, "50"),
        "pulumi_policy": (run, "-c", CROSSGUARD, large, str(home / "pack")),
        "check of 100 resources": (run, "-m", "cli.main", "check", "--state", small, "--format", "json"),
        "check of 50 states of 100": (run, "-m", "cli.main", "check", *["--state", small] * 50, "--format", "json"),
    }
    for name, code in (("check of a stack of 119", CHECK), ("the SDK modules it imports", IMPORTS)):
        commands[name] = (run, "-c", code, str(home / "modules"))
    if importlib.util.find_spec("opa_eval") is not None:
        commands["regorus"] = (run, "-c", REGORUS, large, str(home / "p.rego"))
    checkov = Path(run).parents[1] / "eyes" / "bin" / "checkov"
    if checkov.exists():
        asked = ("--framework", "terraform_plan", "--check", "CKV_BENCH_location,CKV_BENCH_encrypted,CKV_BENCH_tags")
        given = (
            "-f",
            str(home / "tfplan.json"),
            "--external-checks-dir",
            str(home / "checks"),
            "-o",
            "json",
            "--quiet",
        )
        commands["Checkov, 1,000"] = (str(checkov), *asked, *given)
    return commands


def measure(commands: Commands) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """CPU seconds of each round: whole processes, and of judging alone where it is told. The same findings are wanted."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    alone: dict[str, list[float]] = {name: [] for name in commands}
    wanted: dict[int, list[list[str]]] = {}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            seconds, said = cpu(list(command), codes=(0, 1))
            taken[name].append(seconds)
            if name.startswith(("check", "the SDK")):
                continue
            judging, found = _checkov(said) if name.startswith("Checkov") else json.loads(said)
            alone[name].append(judging)
            first = wanted.setdefault(len(found), found)
            assert len(found) in (300, 3000), f"{name}: {len(found)} violations"
            assert found == first, f"{name} finds others than those before it"
    return taken, alone


def _checkov(said: str) -> tuple[float, list[list[str]]]:
    urns = {one["urn"].rpartition("::")[2]: one["urn"] for one in state(1_000)["deployment"]["resources"]}
    failed = json.loads(said)["results"]["failed_checks"]
    found = ((one["check_id"].removeprefix("CKV_BENCH_"), urns[one["resource"].partition(".")[2]]) for one in failed)
    return 0, sorted(list(one) for one in found)


if __name__ == "__main__":
    main()
