"""Reads documents, embeds their passages through the gateway and keeps them in the vector store.

Runs in the cluster on a bare Python image, beside `filer.py`. Environment: DOCUMENTS, GATEWAY, VECTORS (base URLs),
COLLECTION, ALIAS, API_KEY. Running it again changes nothing for a document that has not changed: a passage's id follows
from its document and its text, and passages that are gone are deleted.
"""

import json
import os
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import filer

PASSAGE_WORDS = 300
OVERLAP_WORDS = 40
READABLE = (".txt", ".md", ".html", ".csv")
SPACE = uuid.UUID("6f0d8a52-6b0c-4b43-9a51-5a2d3c2e8f10")


def passages(text: str) -> list[str]:
    """Overlapping passages of a text."""
    words = text.split()
    step = PASSAGE_WORDS - OVERLAP_WORDS
    return [
        " ".join(words[start : start + PASSAGE_WORDS])
        for start in range(0, max(len(words) - OVERLAP_WORDS, 1), step)
        if words
    ]


def passage_id(path: str, passage: str) -> str:
    """A passage's id."""
    return str(uuid.uuid5(SPACE, f"{path}\n{passage}"))


def main() -> None:
    """Ingest every readable document."""
    vectors, collection = os.environ["VECTORS"], os.environ["COLLECTION"]
    count = 0
    for path in documents(os.environ["DOCUMENTS"], "/documents"):
        parts = passages(filer.read(os.environ["DOCUMENTS"], path).decode(errors="replace"))
        points: list[dict[str, Any]] = [
            {"id": passage_id(path, part), "vector": vector, "payload": {"path": path, "text": part}}
            for part, vector in zip(parts, embed(parts), strict=True)
        ]
        if points:
            ensure_collection(vectors, collection, len(points[0]["vector"]))
            send("PUT", f"{vectors}/collections/{collection}/points?wait=true", {"points": points})
            forget(vectors, collection, path, [point["id"] for point in points])
        count += len(points)
    print(json.dumps({"passages": count}), flush=True)


def documents(base: str, folder: str) -> Iterator[str]:
    """The paths of readable documents, folders followed."""
    return (entry["FullPath"] for entry in filer.files(base, folder) if entry["FullPath"].lower().endswith(READABLE))


def embed(parts: list[str]) -> list[list[float]]:
    """The vectors of passages, in their order."""
    if not parts:
        return []
    body = {"model": os.environ["ALIAS"], "input": parts}
    headers = {"Authorization": f"Bearer {os.environ['API_KEY']}"}
    answer = send("POST", f"{os.environ['GATEWAY']}/embeddings", body, headers)
    return [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]


def ensure_collection(vectors: str, collection: str, size: int) -> None:
    """Create the collection the first time."""
    try:
        filer.fetch(f"{vectors}/collections/{collection}")
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        send("PUT", f"{vectors}/collections/{collection}", {"vectors": {"size": size, "distance": "Cosine"}})


def forget(vectors: str, collection: str, path: str, keep: list[str]) -> None:
    """Delete a document's passages that it no longer has."""
    condition = {"must": [{"key": "path", "match": {"value": path}}], "must_not": [{"has_id": keep}]}
    send("POST", f"{vectors}/collections/{collection}/points/delete?wait=true", {"filter": condition})


def send(method: str, url: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    """Send JSON and read JSON."""
    request = urllib.request.Request(  # noqa: S310 addresses of the workload
        url,
        method=method,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 as above
        return json.loads(answer.read() or b"{}")


if __name__ == "__main__":
    main()
