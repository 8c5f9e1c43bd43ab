"""The programs that run in the cluster."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.model_server import DRAIN_S, grace_s, start_budget_s
from serving.scripts import ingest, queue_scaler

waiting_lists = st.lists(st.none() | st.floats(0, 100), max_size=6)


@given(
    current=st.integers(1, 8),
    waiting=waiting_lists,
    least=st.integers(1, 3),
    most=st.integers(3, 8),
    cooled=st.booleans(),
)
def test_the_scaler_stays_within_its_bounds(
    current: int, waiting: list[float | None], least: int, most: int, *, cooled: bool
) -> None:
    target = queue_scaler.wanted(current, waiting, least=least, most=most, per_replica=5, cooled=cooled)
    assert least <= target <= most
    if None in waiting and least <= current <= most:
        assert target >= current, "with an unknown it never removes a replica"


def test_the_scaler_follows_the_queue() -> None:
    assert queue_scaler.wanted(2, [20.0, 10.0], least=1, most=8, per_replica=5, cooled=False) == 6
    assert queue_scaler.wanted(4, [0.0, 0.0, 0.0, 0.0], least=1, most=8, per_replica=5, cooled=True) == 3
    assert queue_scaler.wanted(4, [0.0] * 4, least=1, most=8, per_replica=5, cooled=False) == 4
    text = '# HELP x\nvllm:num_requests_waiting{engine="0",model_name="chat"} 7.0\nvllm:num_requests_running{a="b"} 3\n'
    assert queue_scaler.queue_length(text, "vllm:num_requests_waiting") == 7.0
    assert queue_scaler.queue_length("nothing here", "vllm:num_requests_waiting") is None
    assert queue_scaler.queue_length("tgi_queue_size 4\n", "tgi_queue_size") == 4.0


class World(http.server.BaseHTTPRequestHandler):
    """A document store, a gateway and a vector store."""

    documents: ClassVar[dict[str, str]] = {"/documents/a.md": "alpha beta " * 200, "/documents/sub/b.txt": "gamma"}
    points: ClassVar[dict[str, Any]] = {}
    created: ClassVar[list[int]] = []

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
        del format, args

    def do_GET(self) -> None:
        if self.path in self.documents:
            self.answer(self.documents[self.path].encode())
        elif self.path == "/documents/":
            self.answer(
                {
                    "Entries": [
                        {"FullPath": "/documents/a.md", "Mode": 420},
                        {"FullPath": "/documents/sub", "Mode": ingest.DIRECTORY},
                        {"FullPath": "/documents/x.bin", "Mode": 420},
                    ]
                }
            )
        elif self.path == "/documents/sub/":
            self.answer({"Entries": [{"FullPath": "/documents/sub/b.txt", "Mode": 420}]})
        elif self.path == "/collections/c" and self.created:
            self.answer({"result": {}})
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.body()
        if self.path == "/v1/embeddings":
            assert self.headers["Authorization"] == "Bearer sk-key"
            data = [{"index": index, "embedding": [float(len(text)), 1.0]} for index, text in enumerate(body["input"])]
            self.answer({"data": data[::-1]})
        else:
            keep = set(body["filter"]["must_not"][0]["has_id"])
            path = body["filter"]["must"][0]["match"]["value"]
            for key in [k for k, one in self.points.items() if one["payload"]["path"] == path and k not in keep]:
                del self.points[key]
            self.answer({})

    def do_PUT(self) -> None:
        body = self.body()
        if "vectors" in body:
            self.created.append(body["vectors"]["size"])
        else:
            self.points.update({point["id"]: point for point in body["points"]})
        self.answer({})

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, content: Any) -> None:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def world() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), World)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_ingestion_fills_the_vector_store_and_forgets_what_is_gone(
    world: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in {
        "DOCUMENTS": world,
        "VECTORS": world,
        "GATEWAY": f"{world}/v1",
        "COLLECTION": "c",
        "ALIAS": "embedding",
        "API_KEY": "sk-key",
    }.items():
        monkeypatch.setenv(key, value)
    ingest.main()
    first = dict(World.points)
    assert {one["payload"]["path"] for one in first.values()} == {"/documents/a.md", "/documents/sub/b.txt"}
    assert World.created == [2]
    ingest.main()
    assert World.points == first, "a second run changes nothing"
    World.documents["/documents/a.md"] = "delta"
    ingest.main()
    texts = {one["payload"]["text"] for one in World.points.values()}
    assert texts == {"delta", "gamma"}
    assert '"passages": 2' in capsys.readouterr().out


@given(st.text("ab ", max_size=3000))
def test_passages_cover_the_text(text: str) -> None:
    parts = ingest.passages(text)
    words = text.split()
    assert bool(parts) == bool(words)
    assert all(part for part in parts)
    if parts:
        assert parts[0].split()[0] == words[0]
        assert parts[-1].split()[-1] == words[-1]


@given(st.floats(0.1, 200), st.integers(1, 600))
def test_starting_and_stopping_have_the_time_they_need(weights: float, answer: int) -> None:
    assert start_budget_s(weights) >= 90 + 2 * weights / 0.2
    assert start_budget_s(weights, "trtllm") >= 600 + 2 * weights / 0.2
    assert grace_s(answer) >= DRAIN_S + answer
