"""The document store as programs in the cluster see it: SeaweedFS' filer over HTTP.

Source: SeaweedFS 3.97, weed/server/filer_server_handlers_read_dir.go: `limit`, `lastFileName`,
`ShouldDisplayLoadMore`, `LastFileName`, `Entries` with `FullPath`, `Mode` and `Mtime`.
"""

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DIRECTORY = 0o20000000000
PAGE = 1000
PART = 1 << 20


def files(base: str, folder: str) -> Iterator[dict[str, Any]]:
    """The entries of all files below a folder, folders followed; none where there is no such folder."""
    for entry in _entries(base, folder):
        if entry["Mode"] & DIRECTORY:
            yield from files(base, entry["FullPath"])
        else:
            yield entry


def _entries(base: str, folder: str) -> Iterator[dict[str, Any]]:
    last = ""
    while True:
        query = urllib.parse.urlencode({"limit": PAGE, "lastFileName": last})
        try:
            told = fetch(f"{base}{urllib.parse.quote(folder)}/?{query}", {"Accept": "application/json"})
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return
        listing = json.loads(told)
        yield from listing.get("Entries") or []
        if not listing.get("ShouldDisplayLoadMore"):
            return
        last = listing["LastFileName"]


def read(base: str, path: str) -> bytes:
    """What a file holds."""
    return fetch(base + urllib.parse.quote(path))


def copy(base: str, path: str, file: Path) -> str:
    """Write what a file holds to a file here; returns its SHA-256."""
    found = hashlib.sha256()
    with urllib.request.urlopen(base + urllib.parse.quote(path), timeout=60) as answer, file.open("wb") as out:  # noqa: S310 as below
        while part := answer.read(PART):
            found.update(part)
            out.write(part)
    return found.hexdigest()


def write(base: str, path: str, content: bytes) -> None:
    """Make or replace a file: a reader sees the old one or the new one."""
    send(base, path, "PUT", content)


def upload(base: str, path: str, file: Path) -> None:
    """Make or replace a file by one that lies here, however large."""
    size = {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)}
    url = base + urllib.parse.quote(path)
    with file.open("rb") as content:
        request = urllib.request.Request(url, method="PUT", data=content, headers=size)  # noqa: S310 the workload's
        with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310 as above
            answer.read()


def remove(base: str, path: str) -> None:
    """Remove a file; one that is gone already is no error."""
    try:
        send(base, path, "DELETE", None)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


def send(base: str, path: str, method: str, content: bytes | None) -> None:
    """Write or delete."""
    headers = {"Content-Type": "application/octet-stream"}
    url = base + urllib.parse.quote(path)
    request = urllib.request.Request(url, method=method, data=content, headers=headers)  # noqa: S310 the workload's
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 as above
        answer.read()


def told(method: str, url: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    """Send JSON and read JSON."""
    request = urllib.request.Request(  # noqa: S310 addresses of the workload
        url,
        method=method,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 as above
        return json.loads(answer.read() or b"{}")


def fetch(url: str, headers: dict[str, str] | None = None) -> bytes:
    """Get a URL's content."""
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310 addresses of the workload
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 as above
        return answer.read()
