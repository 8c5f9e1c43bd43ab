"""The vector store as the job that fills it sees it: Qdrant's API over HTTP.

Source: Qdrant 1.16, docs/redoc/master/openapi.json: collections, points (scroll, payload, delete), index.
"""

import urllib.error
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import filer

PAGE = 1000
SPACE = uuid.UUID("6f0d8a52-6b0c-4b43-9a51-5a2d3c2e8f10")
#: what is asked by
KEYS = ("path", "readers")


@dataclass(slots=True)
class Known:
    """What the store has of a document; more than one digest or list of readers is a change that was cut."""

    digests: set[str] = field(default_factory=set[str])
    readers: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])
    passages: int = 0
    #: how many passages it should have, and what was asked of it then
    of: set[int] = field(default_factory=set[int])
    asked: set[str] = field(default_factory=set[str])

    def whole(self, digest: str, asked: str) -> bool:
        """Whether all of a document is there, as it is now and as it would be read now."""
        return self.digests == {digest} and self.of == {self.passages} and self.asked == {asked}


def passage_id(path: str, passage: str) -> str:
    """A passage's id."""
    return str(uuid.uuid5(SPACE, f"{path}\n{passage}"))


class Collection:
    """A collection of passages."""

    def __init__(self, base: str, name: str) -> None:
        """Know where it is."""
        self._url = f"{base}/collections/{name}"
        self._ensured = False

    def ensure(self, size: int) -> None:
        """Make it the first time, and what is asked by quick to ask; it is looked at once."""
        if self._ensured:
            return
        try:
            filer.fetch(self._url)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            filer.told("PUT", self._url, {"vectors": {"size": size, "distance": "Cosine"}})
        for key in KEYS:
            filer.told("PUT", f"{self._url}/index?wait=true", {"field_name": key, "field_schema": "keyword"})
        self._ensured = True

    def known(self) -> dict[str, Known]:
        """Every document that it has passages of."""
        found: dict[str, Known] = {}
        asked: dict[str, Any] = {"limit": PAGE, "with_payload": ["path", "digest", "readers", "of", "asked"]}
        while True:
            try:
                page = filer.told("POST", f"{self._url}/points/scroll", asked)["result"]
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
                return found
            for point in page["points"]:
                payload = point["payload"]
                one = found.setdefault(payload["path"], Known())
                one.digests.add(payload.get("digest", ""))
                one.readers.add(tuple(payload.get("readers", ())))
                one.passages += 1
                one.of.add(int(payload.get("of", 0)))
                one.asked.add(str(payload.get("asked", "")))
            asked["offset"] = page.get("next_page_offset")
            if asked["offset"] is None:
                return found

    def put(self, points: Sequence[dict[str, Any]]) -> None:
        """Make or replace passages."""
        filer.told("PUT", f"{self._url}/points?wait=true", {"points": list(points)})

    def permit(self, path: str, readers: Sequence[str]) -> None:
        """Say who may read a document's passages."""
        self.tell(path, {"readers": list(readers)})

    def tell(self, path: str, payload: dict[str, Any]) -> None:
        """Write something beside all of a document's passages."""
        body = {"payload": payload, "filter": _of(path)}
        filer.told("POST", f"{self._url}/points/payload?wait=true", body)

    def forget(self, path: str, keep: Sequence[str] = ()) -> None:
        """Delete a document's passages, but for some."""
        others = {"must_not": [{"has_id": list(keep)}]} if keep else {}
        filer.told("POST", f"{self._url}/points/delete?wait=true", {"filter": {**_of(path), **others}})


def _of(path: str) -> dict[str, Any]:
    return {"must": [{"key": "path", "match": {"value": path}}]}
