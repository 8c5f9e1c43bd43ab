"""What a fleet's hub knows: releases, sites and what they told, and how far the release under way has come."""

import hashlib
import hmac
import json
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from domicile_release import DIGEST, ReleaseError, checked, same
from domicile_rings import Counts, Gates, Ring, Rollout, Seen, total

STATES = ("trial", "settled", "rolled back", "refused", "")
TABLES = """
create table if not exists releases (digest text primary key, number integer unique, body text, signature text);
create table if not exists sites (name text primary key, heard real, sequence integer, report text);
create table if not exists reports (site text, at real, report text, primary key (site, at));
create table if not exists kept (name text primary key, value text);
"""
Clock = Callable[[], float]
HISTORY = 500


class RefusedError(Exception):
    """A request is not done; carries the status and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        """Say why."""
        super().__init__(reason)
        self.status, self.reason = status, reason


class Hub:
    """What a hub knows: releases, sites and the rollout, in SQLite; files by their digests."""

    def __init__(self, folder: Path, fleet: dict[str, Any], now: Clock) -> None:
        """Go on with what is in the folder."""
        self.folder, self.now = folder / "blobs", now
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name, self.keys = str(fleet["name"]), tuple(fleet["keys"])
        self.sites: dict[str, int] = fleet["sites"]
        self.rings = tuple(Ring(**one) for one in fleet["rings"])
        self.gates = Gates(**fleet["gates"])
        self.keep_s = float(fleet["keep_days"]) * 86_400
        self.lock = threading.Lock()
        self.base = sqlite3.connect(folder / "hub.sqlite", check_same_thread=False, isolation_level=None)
        self.base.execute("pragma journal_mode=wal")
        self.base.execute("pragma synchronous=full")
        self.base.executescript(TABLES)

    @contextmanager
    def _change(self) -> Generator[sqlite3.Connection]:
        with self.lock:
            self.base.execute("begin immediate")
            try:
                yield self.base
            except BaseException:
                self.base.execute("rollback")
                raise
            self.base.execute("commit")

    def rollout(self) -> Rollout:
        """Where the release stands."""
        row = self.base.execute("select value from kept where name = 'rollout'").fetchone()
        return Rollout.read(json.loads(row[0])) if row else Rollout()

    def heard(self, site: str, reports: list[dict[str, Any]]) -> dict[str, Any]:
        """Take a site's reports, each once; says what it is to run."""
        ring = self._ring(site)
        with self._change() as base:
            row = base.execute("select sequence, report from sites where name = ?", (site,)).fetchone()
            have, last = (row[0], json.loads(row[1])) if row else (0, None)
            # a site whose disk was replaced counts from one again
            first = min((_number(one) for one in reports), default=0)
            if first == 1 and have > 1:
                have = 0
            fresh = sorted((one for one in reports if _number(one) > have), key=_number)
            if fresh:
                have = _number(fresh[-1])
                base.execute(
                    "insert or replace into sites values (?, ?, ?, ?)",
                    (site, self.now(), have, json.dumps(fresh[-1])),
                )
            elif row:
                base.execute("update sites set heard = ? where name = ?", (self.now(), site))
            for one in fresh:
                if last is not None and same(last, one):
                    base.execute("delete from reports where site = ? and at = ?", (site, last["at"]))
                base.execute("insert or replace into reports values (?, ?, ?)", (site, one["at"], json.dumps(one)))
                last = one
            base.execute("delete from reports where at < ?", (self.now() - self.keep_s,))
            found = self._looked_at(base)
        return {"have": have, "wanted": found.wanted(ring)}

    def look(self) -> Rollout:
        """Judge what is known now."""
        with self._change() as base:
            return self._looked_at(base)

    def order(self, what: str, digest: str) -> Rollout:
        """Begin a release, pause, resume or stop.

        Raises:
            RefusedError: that cannot be done now.
        """
        with self._change() as base:
            found = self.rollout()
            if what == "begin":
                later = self._begun(base, found, digest)
            elif found.state in {"running", "paused"} and what in {"pause", "resume", "stop"}:
                state = {"pause": "paused", "resume": "running", "stop": "stopped"}[what]
                later = replace(found, state=state, why=(f"told to {what}",))
            else:
                raise RefusedError(409, f"it cannot {what}: no release is under way (the last one is {found.state})")
            self._keep(base, later)
        return later

    def publish(self, content: bytes, signature: bytes) -> str:
        """Take a release whose files are all here.

        Raises:
            RefusedError: nobody we trust signed it, files are missing, or its number is taken.
        """
        try:
            found = checked(content, signature, self.keys, self.name)
        except ReleaseError as error:
            raise RefusedError(422, str(error)) from error
        missing = [blob.digest for blob in found.blobs if not self.blob(blob.digest).is_file()]
        if missing:
            raise RefusedError(409, f"{len(missing)} of its files are missing: {', '.join(missing[:3])}")
        with self._change() as base:
            row = base.execute("select digest from releases where number = ?", (found.number,)).fetchone()
            if row and row[0] != found.digest:
                raise RefusedError(409, f"there is another release {found.number}: give it a higher number")
            base.execute(
                "insert or ignore into releases values (?, ?, ?, ?)",
                (found.digest, found.number, content.decode(), signature.decode()),
            )
        return found.digest

    def blob(self, digest: str) -> Path:
        """Where a file lies.

        Raises:
            RefusedError: that is no digest.
        """
        if not DIGEST.match(digest):
            raise RefusedError(404, "that is no digest")
        return self.folder / digest

    def release(self, digest: str) -> dict[str, str]:
        """A release as it was published.

        Raises:
            RefusedError: there is none.
        """
        row = self.base.execute("select body, signature from releases where digest = ?", (digest,)).fetchone()
        if row is None:
            raise RefusedError(404, "there is no such release")
        return {"release": row[0], "signature": row[1]}

    def told(self) -> dict[str, Any]:
        """The whole fleet: its rollout, its releases, every site's last report."""
        with self.lock:
            rows = self.base.execute("select name, heard, report from sites").fetchall()
            releases = self.base.execute("select digest, number from releases order by number").fetchall()
            found = self.rollout()
        known = {name: (heard, json.loads(report)) for name, heard, report in rows}
        return {
            "fleet": self.name,
            "now": self.now(),
            "rings": [ring.name for ring in self.rings],
            "rollout": found.written(),
            "releases": [{"digest": digest, "number": number} for digest, number in releases],
            "sites": {
                site: {
                    "ring": self.rings[ring].name,
                    "wanted": found.wanted(ring),
                    "heard": known[site][0] if site in known else None,
                    "silent": site not in known or self.now() - known[site][0] > self.gates.silent_s,
                    "report": known[site][1] if site in known else None,
                }
                for site, ring in self.sites.items()
            },
        }

    def history(self, site: str) -> list[dict[str, Any]]:
        """What a site reported, the newest first; also what it told after weeks without a line."""
        self._ring(site)
        with self.lock:
            rows = self.base.execute(
                "select report from reports where site = ? order by at desc limit ?", (site, HISTORY)
            ).fetchall()
        return [json.loads(report) for (report,) in rows]

    def _ring(self, site: str) -> int:
        if site not in self.sites:
            raise RefusedError(403, f"there is no site '{site}' in this fleet")
        return self.sites[site]

    def _begun(self, base: sqlite3.Connection, found: Rollout, digest: str) -> Rollout:
        if found.state in {"running", "paused"}:
            raise RefusedError(409, "a release is under way: stop it, or let it end")
        numbers = dict(base.execute("select digest, number from releases").fetchall())
        if digest not in numbers:
            raise RefusedError(404, "there is no such release: publish it")
        newest = max((numbers.get(one, 0) for one in (found.release, found.previous)), default=0)
        if numbers[digest] <= newest:
            raise RefusedError(409, f"release {numbers[digest]} is not newer than {newest}: sites would not take it")
        return found.begun(digest, self.now())

    def _looked_at(self, base: sqlite3.Connection) -> Rollout:
        found = self.rollout()
        if found.state not in {"running", "paused"}:
            return found
        rows = base.execute("select name, heard, report from sites").fetchall()
        seen = [self._seen(name, heard, json.loads(report)) for name, heard, report in rows if name in self.sites]
        later = found.looked_at(seen, self.rings, self.gates, self.now())
        if later != found:
            self._keep(base, later)
        return later

    def _seen(self, site: str, heard: float, report: dict[str, Any]) -> Seen:
        status = str(report.get("status", ""))
        return Seen(
            ring=self.sites[site],
            heard=heard,
            release=str(report.get("release", "")),
            status=status if status in STATES else "",
            why=str(report.get("why", ""))[:300],
            counts=_counts(report.get("counts")),
            before=_counts(report.get("before")),
        )

    def _keep(self, base: sqlite3.Connection, found: Rollout) -> None:
        base.execute("insert or replace into kept values ('rollout', ?)", (json.dumps(found.written()),))


def _counts(said: Any) -> Counts:
    try:
        return Counts.read(said or {})
    except (ValueError, TypeError, AttributeError):
        return Counts()


def _number(report: dict[str, Any]) -> int:
    said, at = report.get("sequence"), report.get("at")
    if not isinstance(said, int) or isinstance(said, bool) or said < 1 or not isinstance(at, float):
        raise RefusedError(422, "a report has a sequence and says when it was")
    return said


def metrics(told: dict[str, Any]) -> str:
    """The fleet as Prometheus reads it."""
    lines: list[str] = []
    by: dict[tuple[str, str], int] = {}
    drifted: dict[str, int] = {}
    counts: list[Counts] = []
    for site in told["sites"].values():
        report: dict[str, Any] = site["report"] or {}
        status = "silent" if site["silent"] else str(report.get("status") or "new").replace(" ", "_")
        by[site["ring"], status] = by.get((site["ring"], status), 0) + 1
        drifted[site["ring"]] = drifted.get(site["ring"], 0) + bool(report.get("drift"))
        counts.append(_counts(report.get("counts")))
    for (ring, status), count in sorted(by.items()):
        lines.append(f'domicile_fleet_sites{{ring="{ring}",status="{status}"}} {count}')
    lines += [f'domicile_fleet_drifted{{ring="{ring}"}} {count}' for ring, count in sorted(drifted.items())]
    rollout = told["rollout"]
    for state in ("running", "paused", "stopped", "done"):
        lines.append(f'domicile_fleet_rollout{{state="{state}"}} {int(rollout["state"] == state)}')
    lines.append(f"domicile_fleet_rollout_since_seconds {rollout['since']}")
    every = total(counts)
    lines += [f"domicile_fleet_requests {every.asked}", f"domicile_fleet_requests_failed {every.failed}"]
    return "\n".join(lines) + "\n"


def token_of(master: bytes, site: str) -> str:
    """The token by which a site is known: made of the hub's secret, so that none need be kept."""
    return hmac.new(master, f"site:{site}".encode(), hashlib.sha256).hexdigest()
