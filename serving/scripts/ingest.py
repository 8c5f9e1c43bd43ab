"""Reads documents, embeds their passages through the gateway and keeps them, with who may read them, as vectors.

Runs in the cluster on a bare Python image, beside its neighbours. Environment: DOCUMENTS,
GATEWAY, VECTORS (base URLs), COLLECTION, ALIAS, API_KEY, and INGESTION, which is JSON: `permissions` (`source` or
`everyone`), `quality` (see `documents.Quality`), `formats` beside texts and `keep_days` of what answers were made from.

Running it again changes nothing for a document that has not changed. Rights are taken away before anything is read; a
document that cannot be read does not keep others from being; when too many are gone at once, none is deleted.
"""

import datetime as dt
import hashlib
import json
import os
import sys
import urllib.error
from collections.abc import Mapping
from typing import Any

import agreed
import documents
import filer
import pdf
import vectors
from documents import Quality, Readers, ReadersError, Report
from vectors import Collection, Known

FOLDER = "/documents"
BATCH = 64
LIBRARY = "/libraries/pypdf.zip"
#: raised when documents' texts or passages are made in another way
READING = 1


class Run:
    """One run over all documents."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """List what is there."""
        self.base = os.environ["DOCUMENTS"]
        self.everyone = settings["permissions"] == agreed.EVERYONE
        self.quality = Quality(**settings["quality"])
        #: what is known of a document holds as long as nothing is asked of it that was not
        self.asked = hashlib.sha256(json.dumps([READING, settings["quality"]]).encode()).hexdigest()[:16]
        self.collection = Collection(os.environ["VECTORS"], os.environ["COLLECTION"])
        self.listed = {str(entry["FullPath"]): entry for entry in filer.files(self.base, FOLDER)}
        readable = (*documents.READABLE, *(f".{one}" for one in settings["formats"]))
        self.paths = sorted(path for path in self.listed if path.lower().endswith(readable))
        self.readers = Readers(self.listed, lambda path: filer.read(self.base, path))
        self.known = self.collection.known()
        self.report = Report(dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))

    def go(self) -> Report:
        """Take rights away, forget what is gone, read what is new."""
        allowed = self._permitted()
        self._forgotten()
        for path, readers in allowed.items():
            try:
                self._document(path, readers)
            except (OSError, ValueError, KeyError) as error:
                self.report.failed[path] = f"{type(error).__name__}: {error}"
        return self.report

    def _permitted(self) -> dict[str, tuple[str, ...]]:
        """Who may read each document that anybody may; the store is told at once where that is another list."""
        found: dict[str, tuple[str, ...]] = {}
        for path in self.paths:
            try:
                readers = (agreed.EVERYONE,) if self.everyone else self.readers.of(path)
            except ReadersError as error:
                readers = ()
                self.report.failed[path] = str(error)
            known = self.known.get(path)
            if not readers:
                self.report.hidden += 1
                if known:
                    self._forget(path)
                continue
            if known and known.readers != {readers}:
                self.collection.permit(path, readers)
            found[path] = readers
        return found

    def _forgotten(self) -> None:
        gone = sorted(set(self.known) - set(self.paths))
        if self.quality.too_many(len(gone), len(self.known)):
            self.report.held = len(gone)
            return
        for path in gone:
            self._forget(path)

    def _forget(self, path: str) -> None:
        self.collection.forget(path)
        self.known.pop(path, None)
        self.report.removed += 1

    def _document(self, path: str, readers: tuple[str, ...]) -> None:
        content = filer.read(self.base, path)
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        known = self.known.get(path, Known())
        if known.whole(digest, self.asked):
            self.report.documents += 1
            self.report.passages += known.passages
            return
        try:
            text = pdf.text(content, LIBRARY) if path.lower().endswith(pdf.SUFFIX) else documents.text_of(path, content)
            objection = self.quality.objection(text)
        except pdf.UnreadableError as error:
            text, objection = "", str(error)
        if objection:
            self.report.refused[path] = objection
            if path in self.known:
                self._forget(path)
            return
        # a passage that stands there twice is one
        parts = list(dict.fromkeys(documents.passages(text)))
        self.report.documents += 1
        self.report.passages += len(parts)
        told = {"of": len(parts), "asked": self.asked}
        if known.digests == {digest} and known.passages == len(parts):
            self.collection.tell(path, told)
            return
        self.report.changed += 1
        entry = self.listed[path]
        about = {
            "path": path,
            "digest": digest,
            "readers": list(readers),
            "modified": str(entry.get("Mtime", "")),
            "ingested": self.report.at,
            **told,
        }
        points: list[dict[str, Any]] = [
            {"id": vectors.passage_id(path, part), "vector": vector, "payload": {**about, "text": part}}
            for part, vector in zip(parts, embed(parts), strict=True)
        ]
        self.collection.ensure(len(points[0]["vector"]))
        self.collection.put(points)
        self.collection.forget(path, [point["id"] for point in points])


def main() -> int:
    """Ingest every readable document; returns the status to end with."""
    settings = json.loads(os.environ["INGESTION"])
    base = os.environ["DOCUMENTS"]
    report = Run(settings).go()
    told = report.told(last_whole(base))
    filer.write(base, agreed.REPORT, json.dumps(told).encode())
    expire(base, settings["keep_days"])
    print(json.dumps(told), flush=True)
    return 0 if report.whole else 1


def last_whole(base: str) -> str:
    """When the last run that read everything was; empty where none was."""
    try:
        found: Mapping[str, Any] = json.loads(filer.read(base, agreed.REPORT))
    except (ValueError, urllib.error.HTTPError):
        return ""
    return str(found.get("whole_at", ""))


def expire(base: str, keep_days: int) -> None:
    """Remove what old answers were made from; folders are days."""
    oldest = str(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=keep_days))
    for entry in filer.files(base, agreed.ANSWERS):
        path = str(entry["FullPath"])
        if path.removeprefix(f"{agreed.ANSWERS}/")[:10] < oldest:
            filer.remove(base, path)


def embed(parts: list[str]) -> list[list[float]]:
    """The vectors of passages, in their order."""
    found: list[list[float]] = []
    headers = {"Authorization": f"Bearer {os.environ['API_KEY']}"}
    for start in range(0, len(parts), BATCH):
        body = {"model": os.environ["ALIAS"], "input": parts[start : start + BATCH]}
        answer = filer.told("POST", f"{os.environ['GATEWAY']}/embeddings", body, headers)
        found += [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]
    return found


if __name__ == "__main__":
    sys.exit(main())
