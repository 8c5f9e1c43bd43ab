"""Scales one Deployment ahead of its load, by `foresight`: the fallback where no KEDA is installed.

Runs in the cluster on a bare Python image, beside `foresight.py`, `hours.py` and `kube.py`, with a service account that
may read pods, change the Deployment's scale, and keep what it has seen in one config map. Environment: DEPLOYMENT,
NAMESPACE, SELECTOR, PORT, PATH_OF_METRICS, RUNNING and WAITING (the metrics that count requests), TARGET, ANSWER_S,
MIN, MAX, LEAD_MINUTES, MEMORY (the config map), INTERVAL_S, HOURS, SLEEP_S and, for a server that sleeps, DOOR, the
selector of the gateway's pods, with DOOR_PORT, KNOCKS and KNOCKING. A pod that does not answer counts as unknown: then
no replica is taken away.
"""

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import Any

from foresight import KEPT, Decider, Foresight, Policy
from hours import Sleep, floor, wanted
from kube import api

SAVE_EVERY_S = 900
FILE = "load.json"


def counted(metrics: str, name: str, label: str = "") -> float | None:
    """The sum of a metric's series, by its name and a label; None when there is none."""
    labels = rf"\{{[^}}]*{re.escape(label)}[^}}]*\}}" if label else r"(?:\{[^}]*\})?"
    found = re.findall(rf"^{re.escape(name)}{labels}\s+([0-9.eE+-]+)", metrics, re.MULTILINE)
    return sum(map(float, found)) if found else None


def remembered(saved: dict[str, Any], now_s: float) -> list[float]:
    """The load of the past until now, minute by minute; for minutes that nobody saw, what was seen last."""
    levels: list[float] = list(saved.get("levels") or ())
    missed = int((now_s - float(saved.get("until_s", now_s))) // 60)
    if not levels or missed < 0 or missed > KEPT:
        return []
    return (levels + [levels[-1]] * missed)[-KEPT:]


def memory(levels: list[float], now_s: float) -> dict[str, Any]:
    """What is kept of it."""
    return {"until_s": now_s, "levels": [round(level, 1) for level in levels]}


def main() -> None:
    """Look, decide, scale, wait; for ever."""
    settings = os.environ
    space = f"/namespaces/{settings['NAMESPACE']}"
    scale = f"/apis/apps/v1{space}/deployments/{settings['DEPLOYMENT']}/scale"
    kept = f"/api/v1{space}/configmaps/{settings['MEMORY']}"
    decider = Decider(
        Foresight(_policy(), remembered(json.loads(_data(kept).get(FILE, "{}")), time.time())),
        step_s=float(settings["INTERVAL_S"]),
    )
    saved_s = time.monotonic()
    sleep = Sleep(float(settings.get("SLEEP_S", "0")), time.monotonic())
    while True:
        seen = [read_pod(address) for address in pod_addresses(settings["NAMESPACE"], settings["SELECTOR"])]
        known = [one for one in seen if one is not None]
        running, waiting = (sum(one[index] for one in known) for index in (0, 1))
        current = int(api("GET", scale)["spec"].get("replicas", 0))
        unknown = len(known) < len(seen)
        target = limited(decider.look(running, waiting, current, unknown=unknown), sleep, running + waiting + unknown)
        if target != current:
            api("PATCH", scale, {"spec": {"replicas": target}})
            print(json.dumps({"from": current, "to": target, "running": running, "waiting": waiting}), flush=True)
        if time.monotonic() - saved_s > SAVE_EVERY_S:
            api("PATCH", kept, {"data": {FILE: json.dumps(memory(decider.foresight.past, time.time()))}})
            saved_s = time.monotonic()
        time.sleep(float(settings["INTERVAL_S"]))


def limited(target: int, sleep: Sleep, in_flight: float) -> int:
    """What hours and sleep leave of it."""
    settings = os.environ
    knocks, knocking = door() if sleep.after_s else (None, 0.0)
    return wanted(
        int(settings["MIN"]),
        int(settings["MAX"]),
        target,
        floor(json.loads(settings.get("HOURS", "[]")), datetime.now(UTC)),
        asleep=sleep.look(time.monotonic(), in_flight, knocks, knocking),
    )


def door() -> tuple[float | None, float]:
    """What all gateways count: requests that found the model asleep, and those that wait; None if one does not tell."""
    settings = os.environ
    knocks = knocking = 0.0
    for address in pod_addresses(settings["NAMESPACE"], settings["DOOR"]):
        try:
            with urllib.request.urlopen(f"http://{address}:{settings['DOOR_PORT']}/metrics/", timeout=5) as answer:
                told = answer.read().decode()
        except OSError:
            return None, knocking
        alias = f'alias="{settings["DEPLOYMENT"]}"'
        knocks += counted(told, settings["KNOCKS"], alias) or 0
        knocking += counted(told, settings["KNOCKING"], alias) or 0
    return knocks, knocking


def _policy() -> Policy:
    settings = os.environ
    return Policy(
        target=float(settings["TARGET"]),
        answer_s=float(settings["ANSWER_S"]),
        least=int(settings["MIN"]),
        most=int(settings["MAX"]),
        lead_minutes=int(settings["LEAD_MINUTES"]),
    )


def _data(path: str) -> dict[str, str]:
    try:
        return api("GET", path).get("data") or {}
    except urllib.error.HTTPError:
        return {}


def pod_addresses(namespace: str, selector: str) -> list[str]:
    """The addresses of the pods that run."""
    query = urllib.parse.urlencode({"labelSelector": selector})
    pods: list[dict[str, Any]] = api("GET", f"/api/v1/namespaces/{namespace}/pods?{query}")["items"]
    return [pod["status"]["podIP"] for pod in pods if pod["status"].get("podIP")]


def read_pod(address: str) -> tuple[float, float] | None:
    """One pod's requests, running and waiting; None when it does not tell."""
    url = f"http://{address}:{os.environ['PORT']}{os.environ['PATH_OF_METRICS']}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            told = answer.read().decode()
    except OSError:
        return None
    running, waiting = (counted(told, os.environ[name]) for name in ("RUNNING", "WAITING"))
    return None if running is None or waiting is None else (running, waiting)


if __name__ == "__main__":
    main()
