"""A site's agent: it asks the hub what to run, checks who signed it, runs it, watches it, and goes back by itself.

It needs the line for news only. Without one it watches on, keeps its reports, and can still go back: the release it
ran before lies whole on its disk. A release may also be carried to it as a file in its folder `inbox`.
"""

import contextlib
import datetime as dt
import json
import os
import signal
import sys
import threading
import time
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import domicile_meter
import filer
import httpx
from domicile_cluster import Cluster, ClusterError, Thing
from domicile_depot import Depot, Outbox
from domicile_release import Release, ReleaseError, placed
from domicile_rings import Counts, measures
from domicile_state import Settings, State
from judge import Verdict, judge

AT_ONCE = 200
REPORTS = 20_000


class Site:
    """One site; ``turn`` is one round of what it does for ever."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        cluster: Cluster,
        hub: httpx.Client,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Go on where its folder says it stood."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.settings, self.cluster, self.hub, self.now = folder, settings, cluster, hub, now
        self.depot = Depot(folder, settings.keys, settings.fleet)
        self.outbox = Outbox(folder / "outbox.jsonl", REPORTS)
        self.file = folder / "state.json"
        self.state = State(**json.loads(self.file.read_bytes())) if self.file.exists() else State()
        self.said = ""
        self.inside = httpx.Client(timeout=10, trust_env=False)

    def close(self) -> None:
        """End its conversations."""
        for client in (self.hub, self.inside, self.cluster.client):
            client.close()

    def turn(self) -> None:
        """Finish what was begun, look at what runs, tell the hub, and follow what it says."""
        state = self.state
        try:
            if state.aim:
                self._switch(state.aim)
            drift = self._look()
        except ClusterError as error:
            drift = [str(error)]
            self._give_up(str(error))
        self._report(drift)
        wanted = self._ask() or self._carried()
        if wanted:
            self._follow(wanted)

    def _look(self) -> list[str]:
        """Count, judge a release on trial, and see what somebody changed by hand; returns that."""
        state = self.state
        if not state.running:
            return []
        objects = self._objects(state.running)
        if not state.stocked:
            self._stock(state.running)
        unready = self.cluster.unready(objects)
        self._count()
        if state.status == "trial" and state.told == state.running:
            self._judge(unready)
            if state.running != state.told:
                return []
        if self.now() - state.compared >= self.settings.compare_s:
            state.drift = self.cluster.drift(objects)
            if state.drift and self.settings.correct:
                self.cluster.put(objects)
            state.compared = self.now()
        return [*state.drift, *(unready if state.status == "settled" else ())]

    def _give_up(self, why: str) -> None:
        """A release that the cluster does not take is not tried for ever: what ran before is put back."""
        state = self.state
        if state.aim and state.aim != state.running and self.now() - state.since > self.settings.ready_s:
            state.bad[state.aim] = why
            state.status, state.why, state.aim = "rolled back", why, state.running
            self._save()

    def _judge(self, unready: list[str]) -> None:
        state, gates = self.state, self.settings.gates
        waited = self.now() - state.since
        if unready or not state.stocked:
            if waited > self.settings.ready_s:
                self._back("; ".join(unready[:3]) or "its models could not be put into the store")
            return
        found = judge(
            measures(Counts.read(state.counts), Counts.read(state.before), gates),
            least=gates.least_requests,
            most=sys.maxsize,
        )
        if found.verdict is Verdict.ROLL_BACK:
            self._back("; ".join(found.reasons))
        elif found.verdict is Verdict.PROMOTE or waited > self.settings.trial_s:
            state.status, state.why = "settled", ""
            self._save()
            kept = [one for one in (state.running, state.previous, state.carried) if one]
            self.depot.forget(kept, self.settings.site)

    def _back(self, why: str) -> None:
        """To the release before, with what lies here; where there is none, the one that is there stays."""
        state = self.state
        state.bad[state.running] = why
        state.status, state.why = "rolled back", why
        # what it counted is told as it was
        state.seen = {"counts": state.counts, "before": state.before}
        if state.previous:
            self._switch(state.previous)
        else:
            self._save()

    def _follow(self, wanted: str) -> None:
        state = self.state
        if wanted == state.running:
            self._mend(wanted)
            return
        if wanted in state.bad or (wanted == state.told and state.status == "refused"):
            return
        kept = wanted == state.previous
        if not kept and not self._may_now():
            return
        try:
            found = self.depot.release(wanted) if kept else self.depot.fetch(self.hub, wanted, self.settings.site)
            if found is None:
                return
            self._not_older(found, kept=kept)
        except ReleaseError as error:
            state.told, state.status, state.why = wanted, "refused", str(error)
            state.seen = {}
            self._save()
            return
        except (httpx.HTTPError, OSError) as error:
            self._say(f"the release {wanted[:12]} is not here yet: {error}")
            return
        state.told, state.status, state.why, state.seen = wanted, "trial", "", {}
        try:
            self._switch(wanted)
        except ClusterError as error:
            self._say(str(error))

    def _mend(self, running: str) -> None:
        """Bring again what the disk has spoilt of the release that runs."""
        found = self.depot.release(running)
        if found is None or self.depot.missing(found.variant(self.settings.site).blobs):
            try:
                self.depot.fetch(self.hub, running, self.settings.site)
            except (ReleaseError, httpx.HTTPError, OSError) as error:
                self._say(f"the release {running[:12]} cannot be mended: {error}")

    def _not_older(self, found: Release, *, kept: bool) -> None:
        """Nobody may bring back an old release with a fault that is known: only the one it ran before is kept."""
        running = self.depot.release(self.state.running) if self.state.running else None
        if not kept and running is not None and found.number <= running.number:
            message = f"release {found.number} is older than {running.number}, which runs, and is not kept here"
            raise ReleaseError(message)

    def _switch(self, digest: str) -> None:
        """Put a release in place of the one that runs; begun again after a power cut, it ends the same."""
        state = self.state
        if state.aim != digest:
            state.aim, state.since = digest, self.now()
            self._save()
        old = self._objects(state.running) if state.running else []
        new = self._objects(digest)
        state.stocked = self._models(digest) == self._models(state.running)
        if not state.stocked:
            self._stock(digest)
        self._count()
        self.cluster.put(new)
        self.cluster.drop(old, new)
        if digest != state.running:
            back = state.running in state.bad
            state.counts, state.before = (state.before, {}) if back else ({}, state.counts or state.before)
            state.previous = "" if back else state.running
            state.running = digest
        state.aim, state.since = "", self.now()
        state.compared, state.drift = self.now(), []
        self._save()

    def _objects(self, digest: str) -> list[Thing]:
        variant = self._kept(digest).variant(self.settings.site)
        content = self.depot.content(variant.objects)
        if content is None:
            message = f"the release {digest[:12]} was spoilt on the disk"
            raise ClusterError(message)
        return placed(content, self.settings.namespace)

    def _models(self, digest: str) -> dict[str, str]:
        if not digest:
            return {}
        return {path: blob.digest for path, blob in self._kept(digest).variant(self.settings.site).models.items()}

    def _kept(self, digest: str) -> Release:
        found = self.depot.release(digest)
        if found is None:
            message = f"the release {digest[:12]} is not kept here any longer"
            raise ClusterError(message)
        return found

    def _stock(self, digest: str) -> None:
        """Put the release's models into the site's store; before the first release there is none yet."""
        variant = self._kept(digest).variant(self.settings.site)
        try:
            for path, blob in variant.models.items():
                filer.upload(self.settings.documents, f"/models/{path}", self.depot.blob(blob))
        except OSError as error:
            self._say(f"the store {self.settings.documents}: {error}")
        else:
            self.state.stocked = True

    def _count(self) -> None:
        """Add what the pods counted since the last look."""
        pods: dict[str, dict[str, float]] = {}
        for name, address in self.cluster.pods(self.settings.service):
            try:
                answer = self.inside.get(f"http://{address}:{self.settings.port}/metrics/")
                pods[name] = domicile_meter.read(answer.raise_for_status().text)
            except (httpx.HTTPError, ValueError):
                # what it counted is not lost: the next look sees it
                pods[name] = self.state.meter.get(name, {})
        self.state.counts = domicile_meter.added(self.state.counts, domicile_meter.counted(self.state.meter, pods))

    def _report(self, drift: list[str]) -> None:
        state = self.state
        running = self.depot.release(state.running) if state.running else None
        report: dict[str, Any] = {
            "site": self.settings.site,
            "running": state.running,
            "number": running.number if running else 0,
            "release": state.told,
            "status": state.status,
            "why": state.why,
            "counts": state.counts,
            "before": state.before,
            **state.seen,
            "drift": drift,
            "models": {},
            "nodes": [],
        }
        with contextlib.suppress(ClusterError):
            report["nodes"] = self.cluster.nodes()
            report["models"] = self._models(state.running)
        state.sequence += 1
        self._save()
        self.outbox.put({**report, "sequence": state.sequence, "at": self.now()})

    def _ask(self) -> str:
        """Tell the hub all it does not know, a piece at a time; returns what is wanted, empty where nobody says."""
        waiting = self.outbox.waiting()
        wanted = ""
        for start in range(0, len(waiting), AT_ONCE):
            body = {"reports": waiting[start : start + AT_ONCE]}
            try:
                answer = self.hub.post(f"/v1/sites/{self.settings.site}/sync", json=body).raise_for_status().json()
                have, wanted = int(answer["have"]), str(answer["wanted"])
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                self._say(f"no line to the hub: {error}")
                return ""
            self.outbox.done(have)
        return wanted

    def _carried(self) -> str:
        """The newest release that was carried here; it waits for the site's window as others do."""
        found: list[Release] = []
        for file in sorted((self.folder / "inbox").glob("*.tar")):
            try:
                found.append(self.depot.take(file, self.settings.site))
            except (ReleaseError, OSError) as error:
                self._say(f"{file.name}: {error}")
                file.rename(file.with_suffix(".refused"))
                continue
            file.unlink()
        if found:
            self.state.carried = max(found, key=lambda one: one.number).digest
            self._save()
        return self.state.carried

    def _may_now(self) -> bool:
        if not self.settings.window:
            return True
        begins, ends = self.settings.window
        zone = zoneinfo.ZoneInfo(self.settings.zone)
        time_of_day = dt.datetime.fromtimestamp(self.now(), zone).strftime("%H:%M")
        if begins <= ends:
            return begins <= time_of_day < ends
        return time_of_day >= begins or time_of_day < ends

    def _save(self) -> None:
        part = self.file.with_suffix(".part")
        with part.open("w", encoding="utf-8") as out:
            json.dump(asdict(self.state), out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self.file)

    def _say(self, text: str) -> None:
        """Once, until it is something else."""
        if text != self.said:
            sys.stderr.write(f"{text}\n")
            self.said = text


def main() -> None:
    """Run the agent until it is told to end; `export` writes the waiting reports, for a site without a line."""
    folder = Path(os.environ["DOMICILE_STATE"])
    if sys.argv[1:] == ["export"]:
        for report in Outbox(folder / "outbox.jsonl", REPORTS).waiting():
            sys.stdout.write(json.dumps(report) + "\n")
        return
    settings = Settings.read(json.loads(Path(os.environ["DOMICILE_SETTINGS"]).read_bytes()))
    address = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    headers = {"Authorization": f"Bearer {os.environ['DOMICILE_SITE_TOKEN']}", "X-Site": settings.site}
    hub = httpx.Client(base_url=os.environ["DOMICILE_HUB"], headers=headers, timeout=60)
    site = Site(folder, settings, Cluster.of_account(address, settings.namespace), hub)
    ended = threading.Event()

    def end(number: int, frame: object) -> None:
        del number, frame
        ended.set()

    signal.signal(signal.SIGTERM, end)
    pause = float(os.environ.get("DOMICILE_EVERY_S", "60"))
    while not ended.is_set():
        try:
            site.turn()
        except OSError as error:
            sys.stderr.write(f"the disk: {error}\n")
        ended.wait(pause)


if __name__ == "__main__":
    main()
