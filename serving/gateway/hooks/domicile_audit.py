"""The gateway's audit log: lines that are only ever added, each holding the digest of the one before.

A request is written down before it is sent on and again before its answer is let go, so that neither a crash nor a
kill loses one that anybody saw the answer of. `python domicile_audit.py FILE...` checks the chain and tells how many
never ended.
"""

import datetime as dt
import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

START = "0" * 64


class Log:
    """One process's log in a folder: a file of its own, never one that another wrote."""

    def __init__(self, folder: Path, name: str) -> None:
        """Begin a file."""
        folder.mkdir(parents=True, exist_ok=True)
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
        self.file = folder / f"{stamp}-{name}-{os.getpid()}.jsonl"
        self._descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self._previous = START
        self._lock = threading.Lock()

    def write(self, *records: dict[str, Any]) -> None:
        """Add records and see them to the disk, all at once.

        Raises:
            OSError: it could not be written.
        """
        with self._lock:
            seal, lines = self._previous, ""
            for record in records:
                body = {"at": now(), **record}
                line, seal = sealed(body, seal)
                lines += line
            data = lines.encode()
            if os.write(self._descriptor, data) != len(data):
                message = "the audit log's disk is full"
                raise OSError(message)
            os.fdatasync(self._descriptor)
            self._previous = seal


def now() -> str:
    """The time, as the log has it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def sealed(body: dict[str, Any], previous: str) -> tuple[str, str]:
    """A record's line, and its digest for the next one."""
    text = json.dumps({**body, "previous": previous}, sort_keys=True, ensure_ascii=False)
    seal = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({**json.loads(text), "seal": seal}, sort_keys=True, ensure_ascii=False) + "\n", seal


def records(file: Path) -> list[dict[str, Any]]:
    """A file's records, checked. A last line that was cut off by a crash is left out: nobody saw its answer.

    Raises:
        ValueError: a line was changed, removed or added.
    """
    found: list[dict[str, Any]] = []
    previous = START
    lines = file.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines[:-1], 1):
        record = json.loads(line)
        seal = record.pop("seal")
        text = json.dumps(record, sort_keys=True, ensure_ascii=False)
        if record["previous"] != previous or hashlib.sha256(text.encode()).hexdigest() != seal:
            message = f"{file}:{number}: the line is not the one that was written"
            raise ValueError(message)
        previous = seal
        found.append(record)
    return found


def unfinished(found: Iterable[dict[str, Any]]) -> set[str]:
    """The requests that were begun and of which no end is known."""
    begun: set[str] = set()
    for record in found:
        if record["event"] == "begun":
            begun.add(record["id"])
        elif record["event"] in {"ended", "failed"}:
            begun.discard(record["id"])
    return begun


def main() -> None:
    """Check files."""
    total, opened = 0, 0
    for name in sys.argv[1:]:
        found = records(Path(name))
        total, opened = total + len(found), opened + len(unfinished(found))
    sys.stdout.write(json.dumps({"records": total, "never_ended": opened}) + "\n")


if __name__ == "__main__":
    main()
