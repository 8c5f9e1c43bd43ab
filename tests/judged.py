"""How fast the rules judge: ratios taken in one run, with the same violations asserted first. Part of `make bench`."""

import importlib.util
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import cpu

ROUNDS = 5
KINDS = ("aws:ebs/volume:Volume", "aws:rds/instance:Instance", "aws:efs/fileSystem:FileSystem")
OURS = """
import dataclasses, gc, json, sys
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
found = Evaluator(rules, config).all([Resource(one["type"], one["urn"], one["urn"], one["inputs"]) for one in listed])
print(len({(one.rule, one.urn) for one in found}))
"""
REGORUS = """
import json, sys, opa_eval
engine = opa_eval.OpaEval(sys.argv[2], query="data.p.violations")
found = engine.evaluate_parsed(open(sys.argv[1]).read())
while isinstance(found, dict) or (found and isinstance(found[0], dict)):
    found = found[0] if isinstance(found, list) else found.get("result", found.get("expressions", found.get("value")))
print(len(found))
"""
CROSSGUARD = """
import json, sys
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.policy import _PolicyAnalyzerServicer
from policies.rules.budget import TAGS
from policies.rules.encryption import AT_REST
from policies.rules.residency import LOCATION
from policies.runner import as_policies
import inspect
from pulumi_policy import EnforcementLevel
rules = as_policies((LOCATION, AT_REST, TAGS))
names = {one for one in inspect.signature(_PolicyAnalyzerServicer.__init__).parameters} - {"self"}
known = {"name": "p", "version": "1", "policies": rules, "enforcement_level": EnforcementLevel.MANDATORY}
servicer = _PolicyAnalyzerServicer(**{name: known.get(name) for name in names})
configure = analyzer_pb2.ConfigureAnalyzerRequest()
for rule, given in (("residency-location", {"allowed": ["IN"]}), ("budget-tags", {"required": ["owner", "cost-centre", "workload"]})):
    configure.policyConfig[rule].enforcementLevel = analyzer_pb2.MANDATORY
    configure.policyConfig[rule].properties.update(given)
servicer.Configure(configure, None)
count = 0
for one in json.load(open(sys.argv[1]))["deployment"]["resources"]:
    properties = struct_pb2.Struct()
    properties.update(one["inputs"])
    request = analyzer_pb2.AnalyzeRequest(type=one["type"], urn=one["urn"], name="n", properties=properties)
    count += len({found.policyName for found in servicer.Analyze(request, None).diagnostics})
print(count)
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
        records.append({"urn": f"urn:pulumi:s::p::{type_}::r{index}", "type": type_, "custom": True, "inputs": inputs})
    return {"version": 3, "deployment": {"resources": records}}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        large, small, rego = home / "large.json", home / "small.json", home / "p.rego"
        large.write_text(json.dumps(state(10_000)), encoding="utf-8")
        small.write_text(json.dumps(state(100)), encoding="utf-8")
        rego.write_text(REGO, encoding="utf-8")
        commands: dict[str, tuple[str, ...]] = {
            "ours": ("-c", OURS, str(large), "1"),
            "ours, 150 rules": ("-c", OURS, str(large), "50"),
            "pulumi_policy's evaluator": ("-c", CROSSGUARD, str(large)),
            "check of 100 resources": ("-m", "cli.main", "check", "--state", str(small), "--format", "json"),
            "check of 50 states of 100": ("-m", "cli.main", "check", *["--state", str(small)] * 50, "--format", "json"),
        }
        if importlib.util.find_spec("opa_eval") is not None:
            commands["regorus"] = ("-c", REGORUS, str(large), str(rego))
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                seconds, said = cpu([sys.executable, *command], codes=(0, 1))
                if name in ("ours", "regorus", "pulumi_policy's evaluator"):
                    assert said.strip() == "3000", f"{name}: {said}"
                taken[name].append(seconds)
    best = {name: min(found) for name, found in taken.items()}
    for name, found in taken.items():
        print(f"{name}: {min(found):.2f} CPU s (median {statistics.median(found):.2f})")  # noqa: T201 a measurement
    for peer in ("regorus", "pulumi_policy's evaluator"):
        if peer in best:
            print(f"ours / {peer}: {best['ours'] / best[peer]:.3f}")  # noqa: T201 as above
    print(f"150 rules / 3 rules: {best['ours, 150 rules'] / best['ours']:.1f}")  # noqa: T201 as above
    alone = 50 * best["check of 100 resources"]
    print(f"50 in one run / 50 runs: {best['check of 50 states of 100'] / alone:.3f}")  # noqa: T201 as above


if __name__ == "__main__":
    main()
