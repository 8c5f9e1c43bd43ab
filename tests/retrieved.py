"""What answers from documents, as its pods run it: Qdrant's own client as the store, stand-ins for models and files."""

import hashlib
import json
import math
import os
import re
import subprocess
import threading
import urllib.parse
from pathlib import Path
from typing import Any, ClassVar

import httpx
from decided import ENVIRONMENT, until
from filers import Filed
from qdrant_client import QdrantClient, models

from engine import processes
from serving.gateway.hooks.domicile_policy import digest
from serving.retrieval.files import SERVE, files
from serving.retrieval.spec import RetrievalSpec

KEYS = {"intranet": "sk-intranet", "robot": "sk-robot", "ingestion": "sk-ingestion"}
SIZE = 256


def vector(text: str) -> list[float]:
    """A text's words, as a direction: texts of the same words are near."""
    found = [0.0] * SIZE
    for word in re.findall(r"\w+", text.lower()):
        found[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % SIZE] += 1.0
    length = math.sqrt(sum(one * one for one in found)) or 1.0
    return [one / length for one in found]


class Store:
    """Qdrant's API as far as it is asked: what comes must be of its models, its own client's memory answers."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.client = QdrantClient(":memory:")
        self.lock = threading.Lock()

    def ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: PLR0911 an answer for each question
        """Answer a request."""
        _, _, name, *rest = path.partition("?")[0].split("/")
        with self.lock:
            there = self.client.collection_exists(name)
            match method, rest:
                case "PUT", []:
                    made = models.CreateCollection.model_validate(body)
                    assert isinstance(made.vectors, models.VectorParams)
                    self.client.create_collection(name, vectors_config=made.vectors)
                    return 200, {"result": True}
                case _ if not there:
                    return 404, {"status": {"error": "not found"}}
                case "GET", []:
                    return 200, {"result": {}}
                case "PUT", ["index"]:
                    models.CreateFieldIndex.model_validate(body)
                    return 200, {"result": {}}
                case "PUT", ["points"]:
                    self.client.upsert(name, models.PointsList.model_validate(body).points)
                    return 200, {"result": {}}
                case "POST", ["points", "payload"]:
                    said = models.SetPayload.model_validate(body)
                    assert said.filter is not None
                    self.client.set_payload(name, said.payload, points=said.filter)
                    return 200, {"result": {}}
                case "POST", ["points", "delete"]:
                    self.client.delete(name, models.FilterSelector.model_validate(body))
                    return 200, {"result": {}}
                case "POST", ["points", "scroll"]:
                    asked = models.ScrollRequest.model_validate(body)
                    points, after = self.client.scroll(
                        name, limit=asked.limit or 10, offset=asked.offset, with_payload=asked.with_payload or False
                    )
                    shown = [{"id": one.id, "payload": one.payload} for one in points]
                    return 200, {"result": {"points": shown, "next_page_offset": after}}
                case "POST", ["points", "query"]:
                    query = models.QueryRequest.model_validate(body)
                    found = self.client.query_points(
                        name, query=body["query"], query_filter=query.filter, limit=query.limit or 10
                    )
                    hits = [{"id": one.id, "score": one.score, "payload": one.payload} for one in found.points]
                    return 200, {"result": {"points": hits}}
                case _:
                    return 405, {}


class Around(Filed):
    """A document store, a gateway whose model writes what it is told to, and a vector store.

    ``writes`` are the model's next answers, the last one again and again; a document of ``away`` cannot be read.
    """

    files: ClassVar[dict[str, bytes]] = {}
    writes: ClassVar[list[Any]] = []
    asked: ClassVar[list[dict[str, Any]]] = []
    embedded: ClassVar[list[str]] = []
    away: ClassVar[set[str]] = set()
    store: ClassVar[Store] = Store()
    modified: ClassVar[str] = "2026-11-20T08:00:00Z"
    status: ClassVar[int] = 200
    #: what the model that ranks makes of passages that have a word; None: it fails
    prefers: ClassVar[dict[str, float] | None] = {}

    @classmethod
    def begin(cls, **files: str) -> None:
        """As it is before a test, with some documents."""
        for kept in (cls.files, cls.writes, cls.asked, cls.embedded, cls.away):
            kept.clear()
        cls.store, cls.status, cls.modified = Store(), 200, "2026-11-20T08:00:00Z"
        cls.prefers = {}
        for name, text in files.items():
            cls.put(name, text)

    @classmethod
    def put(cls, name: str, text: str) -> None:
        """Put a document there."""
        cls.files[f"/documents/{name}"] = text.encode()

    @classmethod
    def readers(cls, name: str, *groups: str) -> None:
        """Say who reads a document, or a folder where the name ends with a stroke."""
        cls.put(f"{name}.readers.json", json.dumps({"readers": groups}))

    def do_GET(self) -> None:
        path = urllib.parse.unquote(self.path.partition("?")[0])
        if path.startswith("/collections/"):
            self.reply(*self.store.ask("GET", self.path, None))
        elif path in self.away:
            self.reply(500, {})
        elif path.endswith("/") and any(name.startswith(path) for name in self.files):
            listed = [name for name in sorted(self.files) if name.startswith(path)]
            entries = [{"FullPath": name, "Mode": 420, "Mtime": self.modified} for name in listed]
            self.reply(200, {"Entries": entries, "ShouldDisplayLoadMore": False})
        else:
            super().do_GET()

    def do_PUT(self) -> None:
        if self.path.startswith("/collections/"):
            self.reply(*self.store.ask("PUT", self.path, self.body()))
        else:
            super().do_PUT()

    def do_POST(self) -> None:
        body = self.body()
        if self.path.startswith("/collections/"):
            self.reply(*self.store.ask("POST", self.path, body))
        elif self.path == "/v1/rerank":
            Around.asked.append(body)
            if self.prefers is None:
                self.reply(500, {})
                return
            scored = [
                {"index": index, "relevance_score": sum(score for word, score in self.prefers.items() if word in text)}
                for index, text in enumerate(body["documents"])
            ]
            self.reply(200, {"results": scored})
        elif self.path == "/v1/embeddings":
            Around.embedded.extend(body["input"])
            vectors = [{"index": index, "embedding": vector(text)} for index, text in enumerate(body["input"])]
            self.reply(200, {"data": vectors[::-1]})
        else:
            Around.asked.append({**body, "key": self.headers["Authorization"]})
            if self.status != 200:
                self.reply(self.status, {"error": {"message": "the budget is spent"}})
                return
            said = self.writes.pop(0) if len(self.writes) > 1 else self.writes[0]
            content = said if isinstance(said, str) else json.dumps(said)
            self.told = {"x-domicile-request": "r-1", "x-domicile-model": "chat@chat", "x-domicile-prompt": "hr@v3"}
            self.reply(200, {"model": "chat", "choices": [{"message": {"role": "assistant", "content": content}}]})

    told: dict[str, str] | None = None

    def end_headers(self) -> None:
        for name, text in (self.told or {}).items():
            self.send_header(name, text)
        self.told = None
        super().end_headers()

    def body(self) -> Any:
        """What came."""
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))


class Retrieving:
    """The service in a process of its own."""

    def __init__(self, folder: Path, spec: RetrievalSpec, address: str) -> None:
        """Write its files and start it."""
        self.folder, self.audit = folder, folder / "audit"
        home = folder / "files"
        home.mkdir(parents=True, exist_ok=True)
        self.audit.mkdir(exist_ok=True)
        for name, text in files(spec).items():
            (home / name).write_text(text, encoding="utf-8")
        (self.port,) = processes.free_ports(1)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(folder),
            "PYTHONPATH": str(home),
            "DOMICILE_KEYS": json.dumps({digest(key): team for team, key in KEYS.items()}),
            "DOMICILE_AUDIT": str(self.audit),
            "DOCUMENTS": address,
            "VECTORS": address,
            "GATEWAY": f"{address}/v1",
            "RERANKER": f"{address}/v1",
            "API_KEY": "sk-retrieval",
            "HOSTNAME": "retrieval-0",
        }
        command = [str(ENVIRONMENT / "uvicorn"), *SERVE, "--port", str(self.port)]
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)
        assert until(lambda: processes.listens(self.port)), (folder / "log").read_text()

    def close(self) -> None:
        """End it for good."""
        self.process.kill()
        self.process.wait()
        self.client.close()

    def post(self, path: str, key: str = "sk-intranet", **body: Any) -> httpx.Response:
        """Ask."""
        return self.client.post(f"/v1/{path}", json=body, headers={"Authorization": f"Bearer {key}"})

    def get(self, path: str, key: str = "sk-intranet") -> httpx.Response:
        """Look."""
        return self.client.get(path, headers={"Authorization": f"Bearer {key}"})

    def records(self) -> list[dict[str, Any]]:
        """The audit log, checked."""
        from serving.gateway.hooks import domicile_audit

        return [one for file in sorted(self.audit.glob("*.jsonl")) for one in domicile_audit.records(file)]
