"""The pull-request gate: what it says, in which formats, with which exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import COMMAND, domicile
from conftest import ROOT
from junitparser import JUnitXml

from cli.check import command, markdown, sarif
from cli.check.command import Asked, check
from cli.check.report import Judged, Report
from engine.errors import EngineError

PROGRAM = """
import pulumi, pulumi_aws as aws
from pulumi import ResourceOptions
region = pulumi.Config("place").get("region") or "ap-south-1"
provider = aws.Provider("p", region=region, default_tags={"tags": {"owner": "a", "cost-centre": "b", "workload": "w",
    "data-class": "restricted", "jurisdictions": "IN"}})
key = aws.kms.Key("key", enable_key_rotation=True, opts=ResourceOptions(provider=provider))
aws.ebs.Volume("volume", availability_zone=f"{region}a", size=10, encrypted=True, kms_key_id=key.arn,
    opts=ResourceOptions(provider=provider))
"""
STACK = "config:\n  place:region: {region}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK.format(region="ap-south-1"), encoding="utf-8")
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", "--no-verify")


def move(folder: Path, region: str) -> None:
    (folder / "Pulumi.dev.yaml").write_text(STACK.format(region=region), encoding="utf-8")


def rules(report: Report) -> set[tuple[str, str]]:
    return {(one.rule, one.verdict) for one in report.findings}


def test_a_move_abroad_is_refused_with_what_changes(repository: Path) -> None:
    assert check(Asked(repository, ())).verdict == "ok"
    move(repository, "us-east-1")
    report = check(Asked(repository, (), base="main"))
    assert report.verdict == "violation"
    assert ("residency-location", "violation") in rules(report)
    (judged,) = report.judged
    assert {(one.kind, one.name) for one in judged.changes or ()} >= {("update", "volume"), ("update", "p")}
    said = next(one for one in report.findings if one.rule == "residency-location")
    assert re.match(r"us-east-1a? is in US, data may be in IN", said.text)
    assert not (repository / ".git" / "worktrees").exists() or not list((repository / ".git" / "worktrees").iterdir())


def test_a_change_that_touches_no_stack_judges_none(repository: Path) -> None:
    (repository / "README.md").write_text("x", encoding="utf-8")
    assert check(Asked(repository, (), base="main")).judged == ()
    (repository / "other.py").write_text("x = 1", encoding="utf-8")
    assert [one.name for one in check(Asked(repository, (), base="main")).judged] == ["dev"]


def test_a_broken_rule_an_open_one_and_bad_input_have_their_own_exit_codes(repository: Path) -> None:
    assert domicile("check", "-C", str(repository)).returncode == 0
    move(repository, "us-east-1")
    done = domicile("check", "-C", str(repository))
    assert done.returncode == 1
    assert re.search(r"residency-location is broken", done.stdout)
    (repository / "__main__.py").write_text(
        PROGRAM
        + 'aws.ec2.Instance("i", ami=key.arn, instance_type="m7i.large", tags=key.arn.apply(lambda a: {"x": a}),'
        " opts=ResourceOptions(provider=provider))\n",
        encoding="utf-8",
    )
    move(repository, "ap-south-1")
    done = domicile("check", "-C", str(repository))
    assert (done.returncode, "undetermined" in done.stdout) == (4, True), done.stdout + done.stderr
    (repository / "__main__.py").write_text("import nothing_like_it\n", encoding="utf-8")
    done = domicile("check", "-C", str(repository))
    assert (done.returncode, "nothing_like_it" in done.stdout) == (2, True)
    for arguments in (
        ("nosuch",),
        ("--base", "nosuch"),
        ("--profile", "nosuch"),
        ("--output", "pdf=x"),
        ("--state", "nosuch"),
    ):
        done = domicile("check", "-C", str(repository), *arguments)
        assert done.returncode == 2, arguments
        assert "nosuch" in done.stderr or "pdf" in done.stderr
        assert "Traceback" not in done.stderr


def test_every_format_says_the_same(repository: Path, tmp_path: Path) -> None:
    move(repository, "us-east-1")
    out = tmp_path / "out"
    kinds = ("sarif", "junit", "markdown", "github", "json")
    done = domicile(
        "check", "-C", str(repository), *(word for kind in kinds for word in ("--output", f"{kind}={out / kind}"))
    )
    assert done.returncode == 1, done.stderr
    listed = json.loads((out / "json").read_text(encoding="utf-8"))
    failing = [one for stack in listed["judged"] for one in stack["findings"] if one["fails"]]
    assert failing
    log = json.loads((out / "sarif").read_text(encoding="utf-8"))
    jsonschema.validate(log, json.loads((ROOT / "tests/schemas/sarif-2.1.0.json").read_text(encoding="utf-8")))
    results = [one for one in log["runs"][0]["results"] if one["level"] == "error"]
    assert {one["partialFingerprints"]["domicile/v1"] for one in results} == {one["fingerprint"] for one in failing}
    xml: Any = JUnitXml.fromstring((out / "junit").read_bytes())
    assert xml.failures == len(failing)
    text = (out / "markdown").read_text(encoding="utf-8")
    assert text.count("`residency-location`") == sum(one["rule"] == "residency-location" for one in failing)
    lines = (out / "github").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("::error ") for line in lines) == len(failing)


def test_the_report_is_the_same_to_the_byte(repository: Path) -> None:
    move(repository, "us-east-1")
    seen: set[bytes] = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Kolkata")):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": zone}
        done = subprocess.run(
            [*COMMAND, "check", "-C", str(repository), "--format", "sarif"],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1
        seen.add(done.stdout)
    assert len(seen) == 1


def test_own_stacks_pass_and_findings_name_the_blueprints_line() -> None:
    report = check(Asked(ROOT, ("local", "state-azure-virginia", "platform-onprem-munich")))
    assert report.verdict == "ok", [one for one in report.findings if one.fails or one.open]
    advice = next(one for one in report.findings if one.rule == "ai-fallback")
    text = (ROOT / advice.file).read_text(encoding="utf-8").splitlines()[advice.line - 1]
    assert text.startswith("access:")
    excused = next(one for one in report.findings if one.verdict == "exempt")
    assert "operators reach" in excused.text


def test_the_gate_needs_no_network_no_home_and_no_environment(tmp_path: Path) -> None:
    apart = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    program = "import socket; print(len(socket.if_nameindex()), socket.socket().connect_ex(('192.0.2.1', 443)))"
    seen = subprocess.run(
        [*apart, sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert seen[0] == "1", "loopback alone, and that is down"
    assert seen[1] != "0"
    done = subprocess.run(
        [*apart, *COMMAND, "check", "local", "state-gcp-frankfurt", "handbook-onprem-munich", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    assert [one["verdict"] for one in json.loads(done.stdout)["judged"]] == ["ok", "ok", "ok"]
    assert list(tmp_path.iterdir()) == []


def test_the_gate_connects_to_nothing_but_this_machine(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    seen = tmp_path / "seen"
    if strace is None or subprocess.run([strace, "-o", seen, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not installed, or may not trace here")
    traced = [strace, "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(seen)]
    done = subprocess.run(
        [*traced, *COMMAND, "check", "local", "state-gcp-frankfurt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    lines = seen.read_text(encoding="utf-8").splitlines()
    addressed = [line for line in lines if "AF_INET" in line]
    assert [line for line in addressed if '"127.0.0.1"' not in line and '"::1"' not in line] == []
    subprocess.run(
        [
            *traced,
            sys.executable,
            "-c",
            "import socket; s = socket.socket(); s.settimeout(0.1); s.connect_ex(('192.0.2.1', 9))",
        ],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert "192.0.2.1" in seen.read_text(encoding="utf-8"), "the trace sees what leaves the machine"


def test_the_comment_tells_the_cost_line_by_line() -> None:
    now = (("chat: 2 x H100", Decimal(9000)), ("disks", None), ("logs", Decimal(10)))
    before = (("chat: 1 x H100", Decimal(4500)), ("logs", Decimal(10)))
    said = markdown.render(Report((Judged(name="dev", file="f", bill=now),)))
    assert "| `chat: 2 x H100` | 9,000.00 |" in said
    assert "| `disks` | - |" in said
    compared = markdown.render(Report((Judged(name="dev", file="f", bill=now, bill_before=before),), "main"))
    assert "9,010.00 USD a month (+4,500.00), 1 part not priced" in compared
    assert "| `chat: 2 x H100` | 9,000.00 | - | +9,000.00 |" in compared
    assert "| `chat: 1 x H100` | - | 4,500.00 | -4,500.00 |" in compared
    assert "`logs`" not in compared


def test_states_previews_and_manifests_are_judged_too(tmp_path: Path) -> None:
    resource: dict[str, Any] = {
        "urn": "urn:pulumi:s::p::aws:s3/bucket:Bucket::b",
        "type": "aws:s3/bucket:Bucket",
        "inputs": {"region": "us-east-1", "bucket": "b"},
    }
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    files: dict[str, dict[str, Any]] = {
        "state": {
            "version": 3,
            "deployment": {"resources": [{**resource, "inputs": {**resource["inputs"], "acl": sealed}}]},
        },
        "preview-json": {"steps": [{"op": "create", "newState": resource}]},
    }
    for option, content in files.items():
        file = tmp_path / f"{option}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        done = domicile("check", f"--{option}", str(file), "--profile", "in-rbi-payments", "--format", "json")
        assert done.returncode == 1, done.stderr
        assert "residency-location" in done.stdout
        assert "v1:x" not in done.stdout
    folder = tmp_path / "rendered"
    folder.mkdir()
    (folder / "a.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {containers: "
        "[{name: c, image: 'a/b:latest', env: [{name: U, value: 'https://api.openai.com'}]}]}}}\n---\n",
        encoding="utf-8",
    )
    done = domicile("check", "--manifests", str(folder), "--profile", "eu-gdpr", "--format", "json")
    assert done.returncode == 1
    assert {"ai-image-pinned", "residency-endpoint"} <= {
        one["rule"] for one in json.loads(done.stdout)["judged"][0]["findings"]
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "expected the JSON"),
        ("[]", "expected a JSON object"),
        ('{"no-such-rule": "advisory"}', "no-such-rule: there is no such rule"),
        ('{"budget-tags": "strict"}', "'strict' is no level"),
        ('{"budget-tags": {"colour": 1}}', "colour: there is no such setting"),
        ('{"budget-tags": {"exemptions": [{"resource": "x", "owner": "o", "reason": "r"}]}}', "expires is missing"),
        (
            '{"budget-tags": {"exemptions": [{"resource": "x", "owner": "o", "reason": "r", "expires": "soon"}]}}',
            "is no date",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_place(content: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EngineError, match=re.escape(words)):
        check(Asked(ROOT, (), config=(file,), state=(file,)))


def test_an_exemption_holds_until_it_expires(repository: Path) -> None:
    move(repository, "us-east-1")
    config = repository / "config.json"
    for expires, verdict in (("2999-01-01", "exempt"), ("2020-01-01", "violation")):
        excuse = {"resource": "volume", "owner": "o", "reason": "r", "expires": expires}
        config.write_text(json.dumps({"residency-location": {"exemptions": [excuse]}}), encoding="utf-8")
        found = check(Asked(repository, (), config=(config,))).findings
        said = {one.verdict for one in found if one.rule == "residency-location" and one.resource == "volume"}
        assert said == {verdict}


PAYLOADS = [
    *(f"{lead}{body}" for lead in ("", "\n", "\r\n", "x\n") for body in (
        "::error file=x::gotcha", "::set-output name=a::b", "::add-mask::x", "::warning::y", "##[command]rm",
    )),
    "`code` <script>alert(1)</script>", "```\n# heading\n```", "``````", "| a | b |", "<!-- domicile-check -->", "</details>",
    "[link](javascript:alert(1))", "![image](https://example.com/x.png)", "@everyone", "#1", "<img src=x onerror=y>",
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://example.com\x07link\x1b]8;;\x07", "\u202eevil", "a\u2066b", "\u200bzero", "\x00nul",
    "\x07bell", "]]>", "<![CDATA[x]]>", "&amp;<>\"'", "${{ secrets.TOKEN }}", "%0A::error::x", "%3A%3A", "~~~\nx", "---",
    "<details open>", "\u2028line", "\u2029paragraph", "\ud800lone",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_payload_stays_a_text(payload: str, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    volume = "aws:ebs/volume:Volume"
    record = {
        "urn": f"urn:pulumi:s::p::{volume}::{payload}",
        "type": volume,
        "inputs": {"availabilityZone": payload, "encrypted": payload},
    }
    file.write_text(json.dumps({"resources": [record]}), encoding="utf-8")
    report = check(Asked(ROOT, (), state=(file,), profiles=("in-rbi-payments",)))
    assert report.verdict == "violation"
    for kind in ("github", "markdown", "junit", "sarif", "json"):
        rendered = command.rendered(report, kind)
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", rendered), kind
        rendered.encode("utf-8")
    lines = command.rendered(report, "github").split("\n")
    assert all(
        re.match(r"::(error|notice) file=[^,:]+,line=\d+,col=\d+,title=[a-z-]+::", line) for line in lines if line
    )
    JUnitXml.fromstring(command.rendered(report, "junit").encode())
    comment = command.rendered(report, "markdown")
    assert comment.startswith(markdown.MARK)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", comment, flags=re.DOTALL)
    assert outside.count(markdown.MARK) == 1
    assert not re.search(r"<script|<img|javascript:|@everyone|\]\(http|::error|secrets\.", outside)


def test_a_comment_never_outgrows_its_forge(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    records = [
        {
            "urn": f"urn:pulumi:s::p::aws:ebs/volume:Volume::{'n' * 200}{index}",
            "type": "aws:ebs/volume:Volume",
            "inputs": {"region": "us-east-1"},
        }
        for index in range(2000)
    ]
    file.write_text(json.dumps({"resources": records}), encoding="utf-8")
    report = check(Asked(ROOT, (), state=(file,), profiles=("in-rbi-payments",)))
    text = markdown.render(report)
    assert len(text.encode("utf-8")) < 65_000
    assert "are left out for their length" in text
    assert len(sarif.render(report)["runs"][0]["results"]) == len(report.findings)


ESCAPES = [
    "../outside.yaml", "../../outside.yaml", "/etc/passwd", "./../../etc/passwd", "blueprints/../../outside.yaml", "link.yaml",
    "folder-link/outside.yaml", "..", "/proc/self/environ", "/dev/stdin", "~/.aws/credentials", "//etc/passwd", "blueprint\x00.yaml",
    "file:///etc/passwd", "https://example.com/x.yaml", "a/../../outside.yaml", "....//outside.yaml", "$HOME/.aws/credentials",
    "/dev/zero", "\\\\host\\share",
]  # fmt: skip


@pytest.mark.parametrize("name", ESCAPES, ids=range(len(ESCAPES)))
def test_a_blueprint_is_read_from_inside_the_project_alone(name: str, tmp_path: Path) -> None:
    secret = "canary-of-the-outside"
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text(f"kind: {secret}\n", encoding="utf-8")
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "folder-link").symlink_to(tmp_path)
    (root / "Pulumi.yaml").write_text("name: proj\nruntime: python\n", encoding="utf-8")
    (root / "Pulumi.dev.yaml").write_text(json.dumps({"config": {"domicile:blueprint": name}}), encoding="utf-8")
    (root / "__main__.py").write_text("", encoding="utf-8")
    (judged,) = check(Asked(root, ())).judged
    assert judged.verdict == "error"
    assert secret not in judged.error
    assert "root:" not in judged.error
    assert (
        "inside the project" in judged.error or "cannot be read" in judged.error or "there is no file" in judged.error
    )


def test_programs_see_no_credentials(repository: Path) -> None:
    (repository / "__main__.py").write_text(
        "import os, pulumi\npulumi.log.error('SEEN ' + ' '.join(sorted(os.environ)))\nraise SystemExit(1)\n",
        encoding="utf-8",
    )
    secret = {
        "AWS_SECRET_ACCESS_KEY": "x",
        "GITHUB_TOKEN": "x",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "ARM_CLIENT_SECRET": "x",
    }
    done = domicile("check", "-C", str(repository), cwd=ROOT, **secret)
    assert done.returncode == 2
    assert "SEEN" in done.stdout
    assert not [name for name in secret if name in done.stdout]


def test_a_blueprints_neighbours_lie_inside_the_project_too(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text("canary: outside\n", encoding="utf-8")
    example = (ROOT / "blueprints/knowledge_assistant/examples/handbook-aws-mumbai.yaml").read_text(encoding="utf-8")
    (root / "blueprint.yaml").write_text(
        re.sub(r"platform: .*yaml", "platform: ../outside.yaml", example), encoding="utf-8"
    )
    (root / "Pulumi.yaml").write_text("name: proj\nruntime: python\n", encoding="utf-8")
    (root / "Pulumi.dev.yaml").write_text("config: {domicile:blueprint: blueprint.yaml}\n", encoding="utf-8")
    (root / "__main__.py").write_text("", encoding="utf-8")
    (judged,) = check(Asked(root, ())).judged
    assert "lies inside the project" in judged.error
    assert "canary" not in judged.error


ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
DOCUMENTS: dict[str, str] = {
    "aliases": ALIASES,
    "alias to itself": "a: &a [*a]\n",
    "merge keys": "a: &a {x: 1}\nb: {<<: *a}\n",
    "flow depth": "[" * 20_000,
    "block depth": "".join(f"{' ' * depth}a:\n" for depth in range(1500)),
    "json depth": '{"a":' * 20_000,
    "tag": "!!python/object/apply:os.system ['echo gotcha']\n",
    "binary": "\x00\x01\x02",
    "no mapping": "just words\n",
    "a number": "1" * 50_000 + "\n",
    "keys": "".join(f"k{index}: v\n" for index in range(60_000)),
    "one line": "a" * 2_000_000,
    "documents": "---\n" * 200_000,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_grows_is_refused_or_borne(name: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(DOCUMENTS[name], encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {domicile:blueprint: bomb.yaml}\n", encoding="utf-8")
    (tmp_path / "__main__.py").write_text("", encoding="utf-8")
    (judged,) = check(Asked(tmp_path, ())).judged
    assert judged.error.startswith(str(file)), judged.error[:200]
    for option in ("manifests", "state"):
        try:
            found = check(Asked(tmp_path, (), **{option: (file,)}))  # pyright: ignore[reportArgumentType] either
        except EngineError as error:
            assert str(file) in str(error)  # noqa: PT017 a folder of empty documents is no error
        else:
            assert found.judged[0].resources == 0


PROGRAMS = {
    "a loop": "while True: pass",
    "memory": "x = bytearray(10**14)",
    "a file": "import itertools\nwith open('big', 'wb') as f:\n  for _ in itertools.count(): f.write(b'x' * 10**7)",
    "a depth": "def f(n): return f(n + 1)\nf(0)",
    "processes": "import os\nfor _ in range(3):\n  if os.fork() == 0:\n    import time\n    time.sleep(600)\nraise SystemExit('forked')",
    "an end": "import os\nos.kill(os.getpid(), 9)",
    "a wait": "import time\ntime.sleep(600)",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_takes_everything_is_ended(name: str, repository: Path) -> None:
    (repository / "__main__.py").write_text(PROGRAMS[name] + "\n", encoding="utf-8")
    done = domicile("check", "-C", str(repository), "--timeout", "6")
    assert done.returncode in (2, 3), done.stdout
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ") or "has no plan" in done.stdout
    left = subprocess.run(["pgrep", "-f", str(repository)], capture_output=True, text=True, check=False).stdout.split()
    assert not left
    assert (repository / "big").stat().st_size <= 1 << 30 if (repository / "big").exists() else True
