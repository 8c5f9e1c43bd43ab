"""Keeps a document store's files in archives, and brings them back. A program of its own: Python and nothing else.

`keep URL FOLDER DAYS` writes a new archive and lets go of those older than so many days, and of older ones when the
disk is full; `restore URL FOLDER [NAME]` puts the files of one, the newest without a name, into the store. An archive
is a tar whose last member says every file's SHA-256: one that was cut off has none. Restoring replaces files of the
same names and removes nothing.
Source: SeaweedFS 3.97, weed/server/filer_server_handlers_read_dir.go and _write.go.
"""

import datetime as dt
import errno
import hashlib
import io
import json
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

#: what the store keeps for itself, and what a run of training writes again by itself
LEFT = ("/topics/", "/etc/", "/checkpoints/")
DIRECTORY, PART, DAY = 0o20000000000, 1 << 20, 86_400
MANIFEST = "MANIFEST.json"


class Damaged(Exception):  # noqa: N818 said of an archive
    """An archive does not hold what it should."""


class Read:
    """A stream whose digest is made while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Nothing is read yet."""
        self.stream, self.found = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As a file."""
        part = self.stream.read(size)
        self.found.update(part)
        return part


def opened(base: str, path: str, query: str = "", accept: str = "*/*") -> Any:
    """The store's answer to a question for a path."""
    address = base + urllib.parse.quote(path) + query
    request = urllib.request.Request(address, headers={"Accept": accept})  # noqa: S310 the store's own
    return urllib.request.urlopen(request, timeout=300)  # noqa: S310 as above


def files(base: str, folder: str = "/") -> Iterator[str]:
    """Every file below a folder, but for those that are left out."""
    last: str | None = ""
    while last is not None:
        query = "?" + urllib.parse.urlencode({"limit": 1000, "lastFileName": last})
        listing: dict[str, Any] = json.loads(opened(base, folder, query, "application/json").read())
        entries: list[dict[str, Any]] = listing.get("Entries") or []
        for entry in entries:
            path = entry["FullPath"]
            if f"{path}/".startswith(LEFT):
                continue
            if entry["Mode"] & DIRECTORY:
                yield from files(base, f"{path}/")
            else:
                yield path
        last = listing["LastFileName"] if listing.get("ShouldDisplayLoadMore") else None


def keep(base: str, folder: Path, days: int) -> Path:
    """Write an archive of all files, and let old ones go.

    Raises:
        OSError: the store does not answer, or there is no room beside the one archive that is there.
    """
    while True:
        known = sorted(folder.glob("documents-*.tar"))
        made = folder / f"documents-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}.tar"
        part = made.with_suffix(".part")
        try:
            write(base, part)
        except OSError as error:
            part.unlink(missing_ok=True)
            if error.errno != errno.ENOSPC or len(known) < 2:
                raise
            known[0].unlink()
            continue
        part.replace(made)
        for old in known:
            if old.stat().st_mtime < time.time() - days * DAY:
                old.unlink()
        return made


def write(base: str, file: Path) -> None:
    """Write all files of the store into an archive; one that goes while it is read is left out."""
    sums: dict[str, str] = {}
    with tarfile.open(file, "w") as archive:
        for path in files(base):
            try:
                answer = opened(base, path)
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
                continue
            with answer:
                info = tarfile.TarInfo(path.lstrip("/"))
                info.size = int(answer.headers["Content-Length"])
                stream = Read(answer)
                archive.addfile(info, cast("IO[bytes]", stream))
                sums[path] = stream.found.hexdigest()
        text = json.dumps(sums, sort_keys=True).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))


def checked(file: Path) -> dict[str, str]:
    """What an archive holds, by path, with its digest.

    Raises:
        Damaged: it was cut off, or a file in it is not the one that was put there.
    """
    found: dict[str, str] = {}
    told: dict[str, str] | None = None
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is None:
                    continue
                if member.name == MANIFEST:
                    told = json.load(content)
                    continue
                stream = Read(content)
                while stream.read(PART):
                    pass
                found[f"/{member.name}"] = stream.found.hexdigest()
    except (tarfile.TarError, EOFError, ValueError) as error:
        message = f"{file.name}: {error}"
        raise Damaged(message) from error
    if told is None:
        message = f"{file.name}: it was cut off: its last part is missing"
        raise Damaged(message)
    if told != found:
        wrong = sorted(path for path in {*told, *found} if told.get(path) != found.get(path))
        message = f"{file.name}: these are not what was kept: {', '.join(wrong[:5])}"
        raise Damaged(message)
    return found


def restore(base: str, folder: Path, name: str) -> tuple[Path, int]:
    """Put an archive's files into the store, when all of it is sound; says which one, and how many files.

    Raises:
        Damaged: it is not, or there is none.
    """
    known = sorted(folder.glob("documents-*.tar"))
    wanted = [one for one in known if name in {"", one.name}]
    if not wanted:
        message = f"there is no archive '{name}'; there are {', '.join(one.name for one in known) or 'none'}"
        raise Damaged(message)
    file = wanted[-1]
    count = len(checked(file))
    with tarfile.open(file) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is None or member.name == MANIFEST:
                continue
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(member.size)}
            request = urllib.request.Request(  # noqa: S310 the store's own address
                f"{base}/{urllib.parse.quote(member.name)}", method="PUT", data=content, headers=headers
            )
            with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310 as above
                answer.read()
    return file, count


def main() -> None:
    """Do what is said."""
    command, base, folder, *rest = sys.argv[1:]
    try:
        if command == "keep":
            sys.stdout.write(f"kept {keep(base, Path(folder), int(rest[0]))}\n")
        else:
            file, count = restore(base, Path(folder), rest[0] if rest else "")
            sys.stdout.write(f"restored {count} files of {file.name}\n")
    except Damaged as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
