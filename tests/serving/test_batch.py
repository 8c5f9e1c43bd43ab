"""The program that works through a window's work, against a document store, a gateway and an API server."""

import ast
import http.server
import json
import signal
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from serving.scripts import batch, extraction, filer, requests_file

BEGUN = datetime(2026, 11, 26, tzinfo=UTC)
FIELDS = [
    {"name": "total", "type": "number", "description": "What is to be paid.", "needed": True},
    {"name": "note", "type": "text", "description": "A note.", "needed": False},
]


class World(http.server.BaseHTTPRequestHandler):
    """A filer and a gateway. A request whose text is `once` fails the first time, `never` always, `bad` for good."""

    files: ClassVar[dict[str, tuple[bytes, datetime]]] = {}
    asked: ClassVar[list[str]] = []
    answer: ClassVar[dict[str, str]] = {}
    clock: ClassVar[list[datetime]] = [BEGUN]
    #: requests that are yet to fail, whatever they ask
    outage: ClassVar[list[int]] = []
    together: ClassVar[threading.Barrier] = threading.Barrier(1)
    lock: ClassVar[threading.Lock] = threading.Lock()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
        del format, args

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        if path in self.files:
            self.reply(200, self.files[path][0])
        elif path.endswith("/"):
            self.listing(path, {key: found[0] for key, found in urllib.parse.parse_qs(query).items()})
        else:
            self.reply(404)

    def listing(self, folder: str, query: dict[str, str]) -> None:
        """Two entries at a time, whatever is asked for, so that every listing has pages."""
        names = {path.removeprefix(folder).split("/")[0] for path in self.files if path.startswith(folder)}
        if not names:
            self.reply(404)
            return
        after = sorted(name for name in names if name > query.get("lastFileName", ""))
        entries: list[dict[str, Any]] = []
        for name in after[:2]:
            path = f"{folder}{name}"
            mode = 420 if path in self.files else filer.DIRECTORY | 511
            when = self.files[path][1] if path in self.files else BEGUN
            entries.append({"FullPath": path, "Mode": mode, "Mtime": when.isoformat()})
        last = after[:2][-1] if after else ""
        told = {"Entries": entries, "LastFileName": last, "ShouldDisplayLoadMore": len(after) > 2}
        self.reply(200, json.dumps(told).encode())

    def do_PUT(self) -> None:
        put(urllib.parse.unquote(self.path), self.body())
        self.reply(201)

    def do_DELETE(self) -> None:
        gone = self.files.pop(urllib.parse.unquote(self.path), None)
        self.reply(204 if gone else 404)

    def do_POST(self) -> None:
        body = json.loads(self.body())
        said = body["messages"][-1]["content"]
        text = said if isinstance(said, str) else "an image"
        with self.lock:
            before = self.asked.count(text)
            self.asked.append(text)
            out = bool(self.outage)
            if out:
                self.outage.pop()
        if text == "together":
            self.together.wait()
        assert body["model"] == "worker"
        assert self.headers["Authorization"] == "Bearer sk-key"
        if out or text == "never" or (text == "once" and not before):
            self.reply(503, b"busy", {"Retry-After": "7"})
        elif text == "bad":
            self.reply(400, b"too long")
        else:
            content = self.answer.get(text, f"re: {text}")
            self.reply(200, json.dumps({"choices": [{"message": {"content": content}}]}).encode())

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def reply(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def put(path: str, content: bytes) -> None:
    """Write a file now; every write is a second later."""
    with World.lock:
        World.clock[0] += timedelta(seconds=1)
        World.files[path] = (content, World.clock[0])


def held(path: str) -> Any:
    """What a file holds."""
    content = World.files[path][0]
    return [json.loads(line) for line in content.splitlines()] if path.endswith(".jsonl") else json.loads(content)


@pytest.fixture
def world() -> Iterator[str]:
    World.files.clear()
    World.asked.clear()
    World.answer.clear()
    World.outage.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), World)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Scaled:
    """The replicas that servers were given, one after another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[tuple[str, int]] = []
        monkeypatch.setattr(batch, "api", self.api)

    def api(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert method == "PATCH"
        self.told.append((path, body["spec"]["replicas"]))
        return {}


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> Scaled:
    return Scaled(monkeypatch)


def run_of(base: str, task: str, **more: Any) -> tuple[batch.Run, list[float]]:
    """A run whose waits are written down and not waited."""
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        if seconds:
            waits.append(seconds)
        return bool(more.get("ended", False))

    settings = {
        "DOCUMENTS": base,
        "GATEWAY": base,
        "ALIAS": "worker",
        "API_KEY": "sk-key",
        "TASK": task,
        "INSTRUCTION": "Read it.",
        "FIELDS": json.dumps(FIELDS),
        "PARALLEL": "8",
        "ATTEMPTS": "3",
        "START_S": "60",
        "KEEP_DAYS": "100000",
        "NAMESPACE": "here",
        "SERVERS": json.dumps({"worker": 2}),
    }
    clock = more.get("clock", lambda: 0.0)
    return batch.Run(settings, wait, more.get("ends_s", 1000.0), clock), waits


def lines(*texts: str) -> bytes:
    """A file of requests."""
    wanted = [
        {
            "custom_id": f"id-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "another", "messages": [{"role": "user", "content": text}]},
        }
        for number, text in enumerate(texts)
    ]
    return b"\n".join(json.dumps(one).encode() for one in wanted)


def test_a_file_of_requests_becomes_a_file_of_answers_and_one_of_errors(world: str, scaled: Scaled) -> None:
    put("/documents/in/a/night.jsonl", lines("one", "once", "bad", "never") + b"\nno json\n")
    run, waits = run_of(world, "requests")
    assert batch.work(run) == 0
    good = {one["custom_id"]: one for one in held("/documents/out/a/night.jsonl")}
    assert set(good) == {"id-0", "id-1"}
    assert good["id-0"]["response"]["body"]["choices"][0]["message"]["content"] == "re: one"
    bad = held("/documents/out/a/night.errors.jsonl")
    assert [(one["custom_id"], one["error"]["code"]) for one in bad] == [("id-2", 400), ("id-3", 503), ("", 400)]
    assert World.asked.count("bad") == 1, "what is wrong stays wrong"
    assert World.asked.count("never") == 3
    assert all(3.5 <= one <= 7 for one in waits), "as long as the gateway asks for, and not all at once"
    assert not [path for path in World.files if ".parts/" in path], "parts are gone once the whole stands"
    assert run.told == {"answered": 2, "failed": 2, "refused": 1}
    path = "/apis/apps/v1/namespaces/here/deployments/worker/scale"
    assert scaled.told == [(path, 2)]


def test_an_outage_is_waited_for_and_fails_nothing(world: str, scaled: Scaled) -> None:
    put("/documents/in/a.jsonl", lines(*(f"text {number}" for number in range(40))))
    run, _ = run_of(world, "requests")
    assert batch.started(run)
    World.outage.extend(range(400))
    assert batch.work(run) == 0
    assert run.told == {"answered": 40}
    assert not World.outage
    World.outage.extend(range(4000))
    put("/documents/in/b.jsonl", lines("one"))
    short, _ = run_of(world, "requests", clock=lambda: 5000.0 if len(World.outage) < 3900 else 0.0)
    assert batch.work(short) == 1, "what no time was left for is left"
    assert "/documents/out/b.errors.jsonl" not in World.files
    assert scaled.told


def test_nothing_to_do_starts_no_model(world: str, scaled: Scaled) -> None:
    put("/documents/in/a.jsonl", lines("one"))
    assert batch.work(run_of(world, "requests")[0]) == 0
    scaled.told.clear()
    World.asked.clear()
    assert batch.work(run_of(world, "requests")[0]) == 0
    assert (scaled.told, World.asked) == ([], [])
    put("/documents/in/a.jsonl", lines("another"))
    assert batch.work(run_of(world, "requests")[0]) == 0
    assert "another" in World.asked, "what changed is new work"


def test_a_run_that_is_ended_loses_only_the_answers_under_way(world: str, scaled: Scaled) -> None:
    texts = [f"text {number}" for number in range(250)]
    put("/documents/in/a.jsonl", lines(*texts))
    run, _ = run_of(world, "requests", clock=lambda: 5000.0 if len(World.asked) > 120 else 0.0)
    assert batch.work(run) == 1
    first = set(World.asked)
    assert [path for path in World.files if ".parts/" in path], "a part that is whole is kept"
    assert "/documents/out/a.jsonl" not in World.files
    World.asked.clear()
    assert batch.work(run_of(world, "requests")[0]) == 0
    assert len(held("/documents/out/a.jsonl")) == 250
    again = first & set(World.asked) - {"Say yes."}
    assert len(again) < 100, "at most one part is asked twice"
    assert scaled.told


def test_documents_become_fields_or_go_to_people(world: str, scaled: Scaled) -> None:
    World.answer.update({"bill": '```json\n{"total": 12.5, "note": null}\n```', "letter": '{"note": "hello"}'})
    World.answer.update({"list": '{"total": "12", "note": null}', "an image": '{"total": 3, "note": "x"}'})
    texts = {
        "bill.txt": b"bill",
        "sub/letter.md": b"letter",
        "list.txt": b"list",
        "mute.txt": b"mute",
        "void.txt": b" ",
    }
    for name, content in {**texts, "scan.PNG": b"\x89PNG", "old.pdf": b"%PDF"}.items():
        put(f"/documents/in/{name}", content)
    assert batch.work(run_of(world, "documents")[0]) == 0
    assert held("/documents/out/bill.txt.json")["fields"] == {"total": 12.5, "note": None}
    assert held("/documents/out/scan.PNG.json")["fields"]["total"] == 3
    wrong = {path.removeprefix("/documents/review/"): held(path)["wrong"] for path in World.files if "/review/" in path}
    assert wrong == {
        "list.txt.json": ["total is no number: '12'"],
        "mute.txt.json": ["the model answered no JSON object"],
        "old.pdf.json": ["a document of the kind 'pdf' cannot be read: bring texts, or an image of each page"],
        "sub/letter.md.json": ["total is missing"],
        "void.txt.json": ["the document is empty"],
    }
    World.answer["letter"] = '{"total": 7, "note": "hello"}'
    put("/documents/in/sub/letter.md", b"letter")
    assert batch.work(run_of(world, "documents")[0]) == 0
    assert "/documents/review/sub/letter.md.json" not in World.files, "a better reading settles it"
    assert held("/documents/out/sub/letter.md.json")["fields"]["total"] == 7
    assert scaled.told


def test_a_model_that_does_not_start_leaves_all_of_it(world: str, scaled: Scaled) -> None:
    put("/documents/in/a.txt", b"bill")
    now = iter(range(0, 100_000, 30))
    run, _ = run_of(world, "documents", clock=lambda: float(next(now)))
    run.settings["ATTEMPTS"] = "1"
    run.settings["GATEWAY"] = "http://127.0.0.1:1"
    assert batch.work(run) == 1
    assert scaled.told


def unheard(number: int, handler: Any) -> None:
    """Take no signal: the tests' own process is to hear them."""
    del number, handler


def test_whatever_happens_the_models_are_given_back(
    world: str, scaled: Scaled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: batch.Run) -> int:
        del run
        message = "the store is gone"
        raise OSError(message)

    run, _ = run_of(world, "documents")
    for name, value in {**run.settings, "DEADLINE_S": "100"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(batch, "work", broken)
    monkeypatch.setattr(signal, "signal", unheard)
    with pytest.raises(OSError, match="the store is gone"):
        batch.main()
    assert [replicas for _, replicas in scaled.told] == [0]


def test_what_was_kept_long_enough_goes(world: str) -> None:
    World.files["/documents/in/old.txt"] = (b"x", BEGUN - timedelta(days=40))
    World.files["/documents/out/old.txt.json"] = (b"{}", BEGUN - timedelta(days=40))
    World.files["/documents/in/new.txt"] = (b"x", BEGUN - timedelta(days=20))
    batch.forget(world, timedelta(days=30), BEGUN)
    assert set(World.files) == {"/documents/in/new.txt"}


def test_a_listing_of_many_pages_is_whole(world: str) -> None:
    names = {f"/documents/in/{'sub/' * (number % 3)}{number}.txt" for number in range(25)}
    for name in names:
        put(name, b"x")
    assert {entry["FullPath"] for entry in filer.files(world, "/documents/in")} == names
    assert list(filer.files(world, "/documents/nothing")) == []


@given(st.binary(max_size=2000))
def test_any_file_of_requests_gives_each_of_its_lines_an_outcome(content: bytes) -> None:
    wanted = [line for line in content.splitlines() if line.strip()]
    found = [line for part in requests_file.parts(content) for line in part]
    assert found == wanted
    for line in wanted:
        one = requests_file.request(line)
        assert one.get("error") or one["body"]["messages"] is not None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["total", "note", "other"]), values))
def test_fields_are_taken_only_as_they_were_asked_for(found: dict[str, Any]) -> None:
    wrong = extraction.wrong(FIELDS, found)
    total = found.get("total")
    right = isinstance(total, int) and not isinstance(total, bool)
    assert right or any(one.startswith("total ") for one in wrong)
    assert ("other was not asked for" in wrong) == ("other" in found)


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("text", "x", 3),
        ("number", 3.5, "3.5"),
        ("date", "2026-11-26", "26.11.2026"),
        ("yes-no", False, "no"),
        ("list", ["a"], "a"),
    ],
)
def test_types(type_: str, good: Any, bad: Any) -> None:
    assert extraction.fits(type_, good)
    assert not extraction.fits(type_, bad)


def test_requests_of_a_part_are_asked_at_the_same_time(world: str, scaled: Scaled) -> None:
    World.together = threading.Barrier(3, timeout=30)
    put("/documents/in/a.jsonl", lines("together", "together", "together"))
    run, _ = run_of(world, "requests")
    assert batch.work(run) == 0
    assert run.told == {"answered": 3}, "each was answered only when all three were there"
    assert scaled.told


@pytest.mark.parametrize("pod", ["batch", "ingest", "scaler"])
def test_the_programs_of_a_pod_are_all_there(pod: str) -> None:
    """What the stack's program puts into the pod's config map has every file of ours that these files import."""
    told = ast.parse((ROOT / "stacks" / "program.py").read_text(encoding="utf-8"))
    calls = [one for one in ast.walk(told) if isinstance(one, ast.Call) and ast.unparse(one.func) == "programs"]
    given = {names[0]: set(names) for one in calls if (names := [ast.literal_eval(name) for name in one.args])}
    folder = Path(batch.__file__).parent
    for name in given[pod]:
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        own = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
        assert {one for one in own if (folder / f"{one}.py").exists()} <= given[pod], name
