"""Carries out a rollout on a running gateway: gives the canary its share, looks, goes on, back, or waits."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from engine.errors import EngineError
from engine.providers.kubernetes.api import Connection
from engine.state.files import write_atomic
from serving.gateway.spec import ROLLOUT
from serving.rollout import metrics
from serving.rollout.observed import Limits, Observed
from serving.rollout.release import Release


class RolloutError(EngineError):
    """A rollout cannot go on; says why. It stands where it stood."""


class Place(Protocol):
    """Where a gateway runs: what it counts, and the share it is told."""

    def counted(self, alias: str) -> dict[str, Observed]:
        """What was counted so far, of `stable` and `canary`."""
        ...

    def share(self, alias: str, percent: int) -> None:
        """Give the canary its share."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """A gateway on this machine."""

    url: str
    file: Path

    def counted(self, alias: str) -> dict[str, Observed]:
        """From its metrics."""
        return metrics.observed([httpx.get(f"{self.url}/metrics/", timeout=30).raise_for_status().text], alias)

    def share(self, alias: str, percent: int) -> None:
        """Into the file it reads."""
        shares: dict[str, int] = json.loads(self.file.read_bytes()) if self.file.exists() else {}
        write_atomic(self.file, json.dumps({**shares, alias: percent}).encode())


@dataclass(frozen=True, slots=True)
class There:
    """A gateway on a cluster: counted by Prometheus, told by a ConfigMap that its pods read."""

    connection: Connection
    namespace: str
    prometheus: str

    def counted(self, alias: str) -> dict[str, Observed]:
        """From Prometheus.

        Raises:
            RolloutError: it does not answer.
        """
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for name, query in metrics.queries(alias, self.namespace).items():
            try:
                answer = httpx.get(f"{self.prometheus}/api/v1/query", params={"query": query}, timeout=30)
                result: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
            except (httpx.HTTPError, ValueError, KeyError) as error:
                message = f"Prometheus at {self.prometheus} does not answer ({error}): the canary keeps its share"
                raise RolloutError(message) from None
            found[name] = [(one["metric"], float(one["value"][1])) for one in result]
        return metrics.of_answers(found)

    def share(self, alias: str, percent: int) -> None:
        """Into the ConfigMap.

        Raises:
            RolloutError: there is none.
        """
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/{ROLLOUT}"
        answer = self.connection.request("GET", path)
        if answer.status != 200:
            message = f"{self.namespace} has no ConfigMap '{ROLLOUT}' ({answer.status}): bring the stack up first"
            raise RolloutError(message)
        shares: dict[str, int] = json.loads(answer.body["data"]["rollout.json"])
        body = {"data": {"rollout.json": json.dumps({**shares, alias: percent})}}
        changed = self.connection.request("PATCH", path, body=body, content_type="application/merge-patch+json")
        if changed.status != 200:
            message = f"the ConfigMap '{ROLLOUT}' of {self.namespace} cannot be changed ({changed.status})"
            raise RolloutError(message)


def run(
    place: Place, state: Path, alias: str, limits: Limits, *, tell: Callable[[str], None], pause_s: float, looks: int
) -> Release:
    """Begin or go on, until it is decided or has been looked at ``looks`` times; the release as it stands then.

    ``alias`` is one whose canary it is, or `ANSWERS`.
    """
    release = _resumed(place, state, alias, limits, tell)
    for _ in range(looks):
        if release.state != "running":
            break
        time.sleep(pause_s)
        counted = place.counted(alias)
        later, found = release.looked_at(counted["stable"], counted["canary"], limits)
        if (later.percent, later.state) != (release.percent, release.state):
            tell(f"{found.verdict}: {'; '.join(found.reasons)}")
        release = later
        _settle(place, state, release)
    tell(f"{release.called}: {release.state}, the canary has {release.percent} %")
    return release


def abort(place: Place, state: Path, alias: str) -> Release:
    """Give everything back to the stable version."""
    release = Release(alias=alias, state="rolled back", reasons=("it was called off",))
    _settle(place, state, release)
    return release


def _resumed(place: Place, state: Path, alias: str, limits: Limits, tell: Callable[[str], None]) -> Release:
    if state.exists():
        release = Release.read(json.loads(state.read_bytes()))
        if release.alias == alias and release.state == "running":
            tell(f"going on with {release.called} at {release.percent} %")
            place.share(alias, release.percent)
            return release
    counted = place.counted(alias)
    release = Release(alias=alias).begun(counted["stable"], counted["canary"], limits)
    tell(f"{release.called}: its canary begins with {release.percent} %")
    _settle(place, state, release)
    return release


def _settle(place: Place, state: Path, release: Release) -> None:
    """Write down first, then do: who goes on later does it again, and it is the same."""
    write_atomic(state, json.dumps(release.written()).encode())
    place.share(release.alias, release.percent)
