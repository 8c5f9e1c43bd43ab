"""What a site keeps of releases: the one it runs and the one before, whole, so that it can go back with nothing new."""

import json
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import httpx
from domicile_release import LARGEST, Blob, Release, ReleaseError, checked, digest_of, digest_of_file, read, same

PART = 1 << 20


class Depot:
    """Releases in a folder: `releases/<digest>.json` and `.sig`, `blobs/<digest>`; a file is whole or not there."""

    def __init__(self, folder: Path, keys: tuple[str, ...], fleet: str) -> None:
        """Keep them in a folder; ``keys`` are those whose signatures are trusted."""
        self.folder, self.keys, self.fleet = folder, keys, fleet
        for name in ("releases", "blobs"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def release(self, digest: str) -> Release | None:
        """A release that is kept: who signed it was asked when it came; None for one that the disk has spoilt."""
        file = self.folder / "releases" / f"{digest}.json"
        content = file.read_bytes() if file.is_file() else b""
        return read(content, self.fleet) if digest_of(content) == digest else None

    def blob(self, blob: Blob) -> Path:
        """Where a file lies, or would."""
        return self.folder / "blobs" / blob.digest

    def content(self, blob: Blob) -> bytes | None:
        """A small file's content; one that the disk has spoilt goes, so that it is brought again."""
        file = self.blob(blob)
        found = file.read_bytes() if file.is_file() else b""
        if digest_of(found) == blob.digest:
            return found
        file.unlink(missing_ok=True)
        return None

    def missing(self, blobs: Iterable[Blob]) -> list[Blob]:
        """Which files are not there."""
        return [blob for blob in blobs if not self.blob(blob).is_file()]

    def keep(self, content: bytes, signature: bytes) -> Release:
        """Take a release's description.

        Raises:
            ReleaseError: it is not one we trust.
        """
        found = checked(content, signature, self.keys, self.fleet)
        file = self.folder / "releases" / f"{found.digest}.json"
        _whole(file.with_suffix(".sig"), signature)
        _whole(file, content)
        return found

    def fetch(self, hub: httpx.Client, digest: str, site: str) -> Release:
        """Bring a release from the hub, going on where the line broke.

        Raises:
            ReleaseError: it is not one we trust, or its files are others.
            httpx.HTTPError: the line is down.
        """
        found = self.release(digest)
        if found is None:
            said = hub.get(f"/v1/releases/{digest}").raise_for_status().json()
            found = self.keep(said["release"].encode(), said["signature"].encode())
            if found.digest != digest:
                message = f"the hub gave another release than {digest[:12]}"
                raise ReleaseError(message)
        for blob in self.missing(found.variant(site).blobs):
            self._bring(hub, blob)
        return found

    def take(self, file: Path, site: str) -> Release:
        """Take a release that was carried here as a tar file.

        Raises:
            ReleaseError: it is not one we trust, or not whole.
        """
        try:
            with tarfile.open(file) as carried:
                found = self.keep(_member(carried, "release.json"), _member(carried, "release.sig"))
                for blob in self.missing(found.variant(site).blobs):
                    with _open(carried, f"blobs/{blob.digest}") as there:
                        self._write(blob, there)
        except (tarfile.TarError, KeyError, EOFError) as error:
            message = f"{file.name} is not a whole release: {error}"
            raise ReleaseError(message) from error
        return found

    def forget(self, keeping: Iterable[str], site: str) -> None:
        """Remove what belongs to no release of these."""
        digests = set(keeping)
        kept = [one for one in map(self.release, digests) if one is not None]
        blobs = {blob.digest for one in kept for blob in one.variant(site).blobs}
        for file in (self.folder / "releases").iterdir():
            if file.stem not in digests:
                file.unlink()
        for file in (self.folder / "blobs").iterdir():
            if file.name not in blobs:
                file.unlink()

    def _bring(self, hub: httpx.Client, blob: Blob) -> None:
        part = self.blob(blob).with_suffix(".part")
        have = part.stat().st_size if part.exists() else 0
        if have < blob.size:
            with hub.stream("GET", f"/v1/blobs/{blob.digest}", headers={"Range": f"bytes={have}-"}) as answer:
                answer.raise_for_status()
                # a server that knows no ranges begins anew
                with part.open("ab" if answer.status_code == 206 else "wb") as out:
                    for piece in answer.iter_bytes(PART):
                        out.write(piece)
        self._settle(blob, part)

    def _write(self, blob: Blob, content: IO[bytes]) -> None:
        part = self.blob(blob).with_suffix(".part")
        with part.open("wb") as out:
            shutil.copyfileobj(content, out, PART)
        self._settle(blob, part)

    def _settle(self, blob: Blob, part: Path) -> None:
        if part.stat().st_size < blob.size:
            message = "the line broke"
            raise httpx.ReadError(message)
        if digest_of_file(part) != blob.digest:
            part.unlink()
            message = f"the file {blob.digest[:12]} is not what the release says"
            raise ReleaseError(message)
        part.replace(self.blob(blob))


def _member(carried: tarfile.TarFile, name: str) -> bytes:
    with _open(carried, name) as there:
        return there.read(LARGEST)


def _open(carried: tarfile.TarFile, name: str) -> IO[bytes]:
    there = carried.extractfile(name)
    if there is None:
        raise KeyError(name)
    return there


def _whole(file: Path, content: bytes) -> None:
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(content)
    part.replace(file)


class Outbox:
    """Reports that the hub has not yet: they wait on the disk for as long as there is no line, the oldest go first."""

    def __init__(self, file: Path, most: int) -> None:
        """Keep at most so many in a file."""
        self.file, self.most = file, most

    def put(self, report: dict[str, Any]) -> None:
        """Add one; it takes the place of the last one that waits when that says the same of the same hour."""
        waiting = self.waiting()
        if waiting and same(waiting[-1], report):
            waiting.pop()
        self._keep([*waiting, report][-self.most :])

    def waiting(self) -> list[dict[str, Any]]:
        """All that wait; half a line that a power cut left is none."""
        if not self.file.exists():
            return []
        found: list[dict[str, Any]] = []
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def done(self, upto: int) -> None:
        """Forget what the hub has."""
        self._keep([one for one in self.waiting() if one["sequence"] > upto])

    def _keep(self, reports: list[dict[str, Any]]) -> None:
        _whole(self.file, "".join(json.dumps(one, sort_keys=True) + "\n" for one in reports).encode())
