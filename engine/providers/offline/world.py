"""The offline clouds' memory: what a rehearsal has made, in one SQLite file that survives a crash and a second run."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from engine.providers.contract import Found

_TABLE = """
create table if not exists things (
    package text not null, id text not null, type text not null, inputs text not null, outputs text not null,
    primary key (package, type, id)
)
"""


class World:
    """Everything that exists in the offline clouds. Without a file it is forgotten with the process."""

    def __init__(self, file: Path | None = None) -> None:
        """Open the memory, in ``file`` or in this process."""
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file or ":memory:", check_same_thread=False, timeout=30)
        self._lock = threading.Lock()
        with self._lock, self._connection:
            self._connection.execute(_TABLE)

    def put(self, package: str, type_: str, found: Found) -> None:
        """Make or change a thing."""
        row = (package, found.id, type_, json.dumps(found.inputs), json.dumps(found.outputs))
        with self._lock, self._connection:
            self._connection.execute("insert or replace into things values (?, ?, ?, ?, ?)", row)

    def get(self, package: str, type_: str, id_: str) -> Found | None:
        """Look a thing up."""
        query = "select inputs, outputs from things where package = ? and type = ? and id = ?"
        with self._lock, closing(self._connection.execute(query, (package, type_, id_))) as rows:
            row = rows.fetchone()
        return Found(id_, json.loads(row[0]), json.loads(row[1])) if row else None

    def remove(self, package: str, type_: str, id_: str) -> None:
        """Take a thing away; one that is gone is no error."""
        with self._lock, self._connection:
            self._connection.execute(
                "delete from things where package = ? and type = ? and id = ?", (package, type_, id_)
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
