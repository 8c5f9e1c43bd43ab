"""Works through what lies in the document store, and lets models run only as long as there is work.

Runs in the cluster on a bare Python image. Environment: DOCUMENTS, GATEWAY (base URLs), ALIAS, API_KEY, TASK
(`requests` or `documents`), INSTRUCTION, FIELDS (JSON), PARALLEL, ATTEMPTS, DEADLINE_S, START_S, KEEP_DAYS, NAMESPACE,
SERVERS (deployments and their replicas, JSON). ``/documents/in`` holds the work, ``/documents/out`` what became of it,
``/documents/review`` what people must look at. Ending it at any moment loses nothing but the answers under way: what
has an outcome is not asked again.
"""

import functools
import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import extraction
import filer
import requests_file
from kube import api

IN, OUT, REVIEW = "/documents/in", "/documents/out", "/documents/review"
#: what a model or a gateway says that may be asked again
AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
LONGEST_WAIT_S, LONGEST_ANSWER_S = 60.0, 600.0
#: how long an answer that is under way at the end of the window is waited for
LAST_S = 60.0
#: what tells whether the model answers at all, and how often that is asked while it starts
PROBE: dict[str, Any] = {"messages": [{"role": "user", "content": "Say yes."}], "max_tokens": 1}
LOOK_S = 10.0


class NotAnsweredError(Exception):
    """A request was not answered, and will not be."""

    def __init__(self, code: int, text: str) -> None:
        """``code`` is that of HTTP, 0 where nothing came back."""
        super().__init__(text)
        self.code = code


class EndedError(Exception):
    """The time is over, or somebody ends the program."""


@dataclass(slots=True)
class Run:
    """What a run knows. ``wait`` sleeps that long, or shorter where it is to end, and tells whether it is."""

    settings: dict[str, str]
    wait: Callable[[float], bool]
    ends_s: float
    clock: Callable[[], float] = time.monotonic
    told: dict[str, int] = field(default_factory=dict[str, int])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, outcome: str) -> None:
        """Count an outcome."""
        with self.lock:
            self.told[outcome] = self.told.get(outcome, 0) + 1

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask the gateway, again while that may help.

        Raises:
            NotAnsweredError: it will not answer.
            EndedError: there is no time left.
        """
        while True:
            answer = self._tried(body)
            if isinstance(answer, dict):
                return answer
            # a request that fails while others are answered fails by itself; in an outage none does
            if answer.code not in AGAIN | {0} or isinstance(self.once(PROBE)[0], dict):
                raise answer

    def _tried(self, body: dict[str, Any]) -> dict[str, Any] | NotAnsweredError:
        """The answer, or the last failure of so many tries."""
        last: NotAnsweredError = NotAnsweredError(0, "not asked")
        for attempt in range(1, int(self.settings["ATTEMPTS"]) + 1):
            if self.clock() >= self.ends_s or self.wait(0):
                raise EndedError
            found, wait_s = self.once(body)
            if isinstance(found, dict) or found.code not in AGAIN | {0}:
                return found
            last = found
            # the jitter keeps those that failed together from coming back together
            pause = min(LONGEST_WAIT_S, wait_s or 2.0**attempt) * (0.5 + random.random() / 2)  # noqa: S311 no secret
            if self.wait(pause):
                raise EndedError
        return last

    def once(self, body: dict[str, Any]) -> tuple[dict[str, Any] | NotAnsweredError, float]:
        """The answer or the failure of one try, and how long the gateway wants to be left alone."""
        sent = {**body, "model": self.settings["ALIAS"], "stream": False}
        request = urllib.request.Request(  # noqa: S310 an address of the workload
            f"{self.settings['GATEWAY']}/chat/completions",
            data=json.dumps(sent).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.settings['API_KEY']}"},
        )
        try:
            left_s = min(LONGEST_ANSWER_S, self.ends_s - self.clock() + LAST_S)
            with urllib.request.urlopen(request, timeout=left_s) as answer:  # noqa: S310 as above
                return json.loads(answer.read()), 0.0
        except urllib.error.HTTPError as error:
            text = error.read(2000).decode(errors="replace")
            after = error.headers.get("Retry-After") or ""
            return NotAnsweredError(error.code, text), float(after) if after.isdigit() else 0.0
        except (OSError, ValueError) as error:
            return NotAnsweredError(0, str(error)), 0.0


def main() -> None:
    """Do what there is to do; the exit code is 1 where something was left for the next run."""
    ended, settings = threading.Event(), dict(os.environ)

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        ended.set()
        # answers under way may take longer than a pod has to end
        scale(settings, on=False)

    signal.signal(signal.SIGTERM, end)
    run = Run(settings, ended.wait, time.monotonic() + float(settings["DEADLINE_S"]))
    try:
        left = work(run)
    finally:
        # whatever happened: models that nobody uses cost what models cost that are used
        scale(settings, on=False)
    print(json.dumps({"left": left, **dict(sorted(run.told.items()))}), flush=True)
    raise SystemExit(1 if left else 0)


def work(run: Run) -> int:
    """Work through it; returns how much is left."""
    base, task = run.settings["DOCUMENTS"], TASKS[run.settings["TASK"]]
    kept = forget(base, timedelta(days=int(run.settings["KEEP_DAYS"])), datetime.now(UTC))
    waiting = pending(kept, task.outcome)
    if not waiting:
        return 0
    scale(run.settings, on=True)
    if not started(run):
        return len(waiting)
    with ThreadPoolExecutor(int(run.settings["PARALLEL"])) as pool:
        return task.do(run, base, waiting, pool)


def pending(kept: dict[str, datetime], outcome: Callable[[str], str]) -> list[str]:
    """Of the files there are, those that have no outcome yet or changed since, the oldest first."""
    found: list[tuple[datetime, str]] = []
    for path, written in kept.items():
        if path.startswith(f"{IN}/"):
            ends = [f"{folder}{outcome(path.removeprefix(IN))}" for folder in (OUT, REVIEW)]
            if not any(end in kept and kept[end] >= written for end in ends):
                found.append((written, path))
    return [path for _, path in sorted(found)]


def when(entry: dict[str, Any]) -> datetime:
    """When a file was written."""
    told = datetime.fromisoformat(entry["Mtime"])
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def forget(base: str, keep: timedelta, now: datetime) -> dict[str, datetime]:
    """Remove what was kept as long as it may be; gives the files that are left, and when they were written."""
    there = {entry["FullPath"]: when(entry) for folder in (IN, OUT, REVIEW) for entry in filer.files(base, folder)}
    old = [path for path, written in there.items() if now - written > keep]
    for path in old:
        filer.remove(base, path)
        del there[path]
    return there


def started(run: Run) -> bool:
    """Whether the model answers in time."""
    by = min(run.ends_s, run.clock() + float(run.settings["START_S"]))
    while run.clock() < by:
        found, _ = run.once(PROBE)
        if isinstance(found, dict):
            return True
        if found.code not in AGAIN | {0}:
            raise found
        if run.wait(LOOK_S):
            return False
    return False


def scale(settings: dict[str, str], *, on: bool) -> None:
    """Give each server its replicas, or none."""
    for name, replicas in json.loads(settings["SERVERS"]).items():
        path = f"/apis/apps/v1/namespaces/{settings['NAMESPACE']}/deployments/{name}/scale"
        api("PATCH", path, {"spec": {"replicas": int(replicas) if on else 0}})


@dataclass(frozen=True, slots=True)
class Task:
    """How files are worked on: each one's outcome is the file ``outcome``; ``do`` tells how many have none yet."""

    outcome: Callable[[str], str]
    do: Callable[[Run, str, list[str], ThreadPoolExecutor], int]


def _requests(run: Run, base: str, waiting: list[str], pool: ThreadPoolExecutor) -> int:
    """One file after another, many of its requests at a time."""
    return sum(not _file(run, base, path, pool) for path in waiting)


def _file(run: Run, base: str, path: str, pool: ThreadPoolExecutor) -> bool:
    """Answer a file of requests, a part at a time: a part that is written is not asked again."""
    name = path.removeprefix(IN)
    parts = requests_file.parts(filer.read(base, path))
    kept = {entry["FullPath"] for entry in filer.files(base, f"{OUT}{name}.parts")}
    written = [f"{OUT}{name}.parts/{requests_file.name_of(part)}" for part in parts]
    outcomes: list[dict[str, Any]] = []
    for part, target in zip(parts, written, strict=True):
        if target in kept:
            outcomes += json.loads(filer.read(base, target))
            continue
        try:
            answered = list(pool.map(functools.partial(_answered, run), part))
        except EndedError:
            return False
        filer.write(base, target, json.dumps(answered).encode())
        outcomes += answered
    good, bad = requests_file.files(outcomes)
    if bad:
        filer.write(base, f"{OUT}{requests_file.errors_of(name)}", bad)
    filer.write(base, f"{OUT}{name}", good)
    for target in [*written, *(kept - set(written))]:
        filer.remove(base, target)
    return True


def _answered(run: Run, line: bytes) -> dict[str, Any]:
    wanted = requests_file.request(line)
    if "error" in wanted:
        run.count("refused")
        return wanted
    try:
        answer = run.ask(wanted.pop("body"))
    except NotAnsweredError as error:
        run.count("failed")
        return requests_file.failed(wanted["custom_id"], error.code, str(error))
    run.count("answered")
    return requests_file.answered(wanted["custom_id"], answer)


def _documents(run: Run, base: str, waiting: list[str], pool: ThreadPoolExecutor) -> int:
    """Many documents at a time."""
    return sum(not done for done in pool.map(functools.partial(_document, run, base), waiting))


def _document(run: Run, base: str, path: str) -> bool:
    fields = extraction.fields(run.settings["FIELDS"])
    name = extraction.outcome(path.removeprefix(IN))
    try:
        asked = extraction.question(run.settings["INSTRUCTION"], fields, path, filer.read(base, path))
        values = extraction.values(run.ask(asked))
        wrong = extraction.wrong(fields, values)
    except EndedError:
        return False
    except NotAnsweredError as error:
        values, wrong = {}, [f"not answered: {error.code} {error}"]
    except extraction.UnreadableError as error:
        values, wrong = {}, [str(error)]
    run.count("review" if wrong else "read")
    made = json.dumps({"document": path, "fields": values, "wrong": wrong}, ensure_ascii=False).encode()
    filer.write(base, f"{REVIEW if wrong else OUT}{name}", made)
    # what people had to look at is settled by a better reading
    filer.remove(base, f"{OUT if wrong else REVIEW}{name}")
    return True


TASKS = {"requests": Task(requests_file.outcome, _requests), "documents": Task(extraction.outcome, _documents)}


if __name__ == "__main__":
    main()
