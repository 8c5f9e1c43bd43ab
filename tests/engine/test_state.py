"""State on disk: Pulumi's format, whole or not at all, one writer, sealed secrets."""

import json
import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, MakeStack
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LockedError, StateError
from engine.state.backend import StackStore
from engine.state.files import write_atomic
from engine.state.resource import ResourceState, from_json, to_json
from engine.state.secrets import Crypter
from engine.state.snapshot import Snapshot
from engine.state.written import Writer
from engine.values import SECRET_SIG, SIG, Props, secret

PROGRAM = "import pulumi, pulumi_random as r\nr.RandomPet('a')\npulumi.export('s', pulumi.Output.secret('hidden'))"


@pytest.fixture(scope="module")
def crypter() -> Crypter:
    return Crypter("phrase")


def test_the_layout_is_pulumis(make_stack: MakeStack) -> None:
    stack = make_stack(PROGRAM)
    assert stack.run("up").ok
    home = stack.folder / ".pulumi"
    assert (home / "meta.yaml").read_text(encoding="utf-8") == "version: 1\n"
    document = json.loads((home / "stacks/proj/dev.json").read_text(encoding="utf-8"))
    assert document["version"] == 3
    assert document["checkpoint"]["stack"] == "organization/proj/dev"
    latest = document["checkpoint"]["latest"]
    assert latest["secrets_providers"]["type"] == "passphrase"
    assert latest["secrets_providers"]["state"]["salt"].startswith("v1:")
    assert "pending_operations" not in latest
    hidden = latest["resources"][0]["outputs"]["s"]
    assert hidden[SIG] == SECRET_SIG
    assert hidden["ciphertext"].startswith("v1:")
    assert len(list((home / "history/proj/dev").glob("*.history.json"))) == 1
    for file in home.rglob("*"):
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_an_unchanged_secret_keeps_its_ciphertext(make_stack: MakeStack) -> None:
    stack = make_stack(PROGRAM)
    assert stack.run("up").ok
    before = json.loads(stack.session().store.file.read_text(encoding="utf-8"))
    assert stack.run("up").ok
    after = json.loads(stack.session().store.file.read_text(encoding="utf-8"))
    assert (
        before["checkpoint"]["latest"]["resources"][0]["outputs"]
        == after["checkpoint"]["latest"]["resources"][0]["outputs"]
    )


def test_export_and_import_bring_a_stack_back(make_stack: MakeStack) -> None:
    stack = make_stack(PROGRAM)
    assert stack.run("up").ok
    store = stack.session().store
    exported = store.export()
    store.file.unlink()
    stack.session().store.restore(exported, "export")
    assert stack.run("up").changes == {"same": 3}


def test_a_wrong_passphrase_is_refused(make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = make_stack(PROGRAM)
    assert stack.run("up").ok
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    with pytest.raises(StateError, match="incorrect passphrase"):
        stack.session()


def test_every_altered_bit_is_noticed(crypter: Crypter) -> None:
    sealed = crypter.encrypt("a secret text")
    head, nonce, body = sealed.split(":")
    import base64

    raw = base64.b64decode(body)
    rng = random.Random(7)  # noqa: S311 a test's choice of bits
    for _ in range(300):
        bit = rng.randrange(len(raw) * 8)
        altered = bytearray(raw)
        altered[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(StateError):
            crypter.decrypt(f"{head}:{nonce}:{base64.b64encode(bytes(altered)).decode()}")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_sealing_and_opening_is_the_identity(value: object) -> None:
    crypter = Crypter("phrase", SALT)
    hidden = {"a": secret(value), "b": [secret("x"), value]}
    assert crypter.unseal(crypter.seal(hidden, "u"), "u") == hidden


SALT = Crypter("phrase").salt


@given(
    st.builds(
        ResourceState,
        urn=st.just("urn:pulumi:s::p::a:b:C::n"),
        type=st.just("a:b:C"),
        custom=st.booleans(),
        id=st.text(max_size=5),
        inputs=st.dictionaries(st.text(min_size=1, max_size=4), st.integers(), max_size=3),
        protect=st.booleans(),
        dependencies=st.lists(st.text(min_size=1, max_size=4), max_size=2),
        custom_timeouts=st.dictionaries(st.sampled_from(["create", "delete"]), st.floats(1, 9), max_size=2),
        extra=st.dictionaries(st.sampled_from(["viewOf", "taint"]), st.just("kept"), max_size=2),
    )
)
def test_a_resource_survives_writing_and_reading(state: ResourceState) -> None:
    assert from_json(json.loads(json.dumps(to_json(state)))) == state


def test_a_truncated_state_is_refused_not_repaired(make_stack: MakeStack) -> None:
    stack = make_stack(PROGRAM)
    assert stack.run("up").ok
    file = stack.session().store.file
    whole = file.read_bytes()
    for cut in range(0, len(whole) - 1, 97):
        file.write_bytes(whole[:cut])
        with pytest.raises(StateError, match="cannot be read"):
            stack.session()
    file.write_bytes(whole)
    assert stack.run("up").changes == {"same": 3}


def test_a_full_disk_leaves_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = StackStore(tmp_path, "proj", "dev")
    store.save(Snapshot([ResourceState("urn:pulumi:dev::proj::pulumi:pulumi:Stack::x", "pulumi:pulumi:Stack")]))
    before = store.file.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left"):
        store.save(Snapshot())
    assert store.file.read_bytes() == before
    assert [path.name for path in store.file.parent.iterdir()] == ["dev.json"]


def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    write_atomic(target, b"old")

    def broken(_from: Path, _to: Path) -> Path:
        raise OSError(5, "I/O error")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="I/O error"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_one_writer_and_the_refused_sees_who(tmp_path: Path) -> None:
    store = StackStore(tmp_path, "proj", "dev")
    with store.locked():
        with (
            pytest.raises(LockedError, match=r"in use by .*@.* \(pid \d+\), for \d+ s"),
            StackStore(tmp_path, "proj", "dev").locked(),
        ):
            pass
        assert len(list(store.cli_locks.glob("*.json"))) == 1, "the Pulumi CLI sees the lock"
    assert not list(store.cli_locks.glob("*.json"))


def test_a_dead_owner_frees_the_lock(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom engine.state.backend import StackStore\n"
        "with StackStore(Path(sys.argv[1]), 'proj', 'dev').locked():\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    store = StackStore(tmp_path, "proj", "dev")
    assert list(store.cli_locks.glob("*.json")), "the dead process left its marker"
    with store.locked():
        pass
    assert not list(store.cli_locks.glob("*.json"))


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"urn": "", "type": "t"}, "no name"),
        ({"urn": "urn:pulumi:dev::proj::a:b:C::x", "type": "a:b:C", "custom": True}, "no id"),
        (
            {"urn": "urn:pulumi:dev::proj::a:b:C::x", "type": "a:b:C", "parent": "urn:pulumi:dev::proj::a:b:D::y"},
            "not recorded before",
        ),
    ],
)
def test_an_inconsistent_state_is_not_used(record: dict[str, object], said: str) -> None:
    with pytest.raises(StateError, match=said):
        Snapshot([from_json(record)]).check()


def test_a_newer_checkpoint_is_refused_by_its_version(tmp_path: Path) -> None:
    store = StackStore(tmp_path, "proj", "dev")
    write_atomic(store.file, json.dumps({"version": 9, "checkpoint": {}}).encode())
    with pytest.raises(StateError, match="version 9"):
        store.load()


RECORDS = st.dictionaries(
    st.text(max_size=6),
    st.one_of(st.none(), st.floats(allow_nan=False), st.text(max_size=6), st.lists(st.text())),
    max_size=4,
)


@given(st.lists(st.lists(RECORDS, max_size=4), min_size=1, max_size=4))
def test_what_is_rendered_once_is_written_as_if_anew(turns: list[list[Props]]) -> None:
    writer = Writer()
    for resources in turns:
        latest: Props = {"manifest": {"time": "now"}, "resources": resources, "metadata": {"resources": []}}
        document: Props = {"version": 3, "checkpoint": {"stack": "s", "latest": latest}}
        assert writer.text(document) == json.dumps(document, indent=4, ensure_ascii=False)
