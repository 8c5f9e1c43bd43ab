"""A fleet on the local cluster: each site a namespace, the hub a process, all of it as in earnest but for the distance.

`make rehearse-fleet` runs it with 200 sites and says what it measured; the tests run it with fewer.
"""

import base64
import contextlib
import random
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import yaml
from decided import until
from domicile_cluster import Cluster as Apart
from domicile_site import Site
from fleets import HOUR, ROOT, Around, Releases, Running, address_of, settings_of, site_of, spec_of, surroundings

from blueprints import load
from blueprints.fleet.resolve import FleetPlan
from cli.fleet.render import objects_of
from engine.localcluster.cluster import Cluster

EXAMPLE = ROOT / "blueprints" / "fleet" / "examples" / "weld-lines-onprem-munich.yaml"
STACK = "fleet-onprem-munich"
POOL = {
    "name": "line",
    "instance_type": "industrial-l4",
    "accelerator": {"product": "NVIDIA-L4", "memory_gib": 24, "count": 16},
    "cpus": 512,
    "memory_gib": 4096,
    "taint": False,
}


class Namespace(Apart):
    """A site's cluster as a namespace of the local one; its service answers at the site's own address."""

    def __init__(self, client: httpx.Client, namespace: str, address: str) -> None:
        super().__init__(client, namespace)
        self.address = address

    def pods(self, part: str) -> list[tuple[str, str]]:
        return [(f"{part}-0", self.address)]


def inventory(folder: Path, sites: int) -> Path:
    """Nodes for so many sites: two GPUs and eight pods each."""
    file = folder / "nodes.yaml"
    count = 1 + max(sites * 2 // 16, sites * 8 // 100)
    content = {"region": "eu-central", "country": "DE", "pools": [{**POOL, "count": count}]}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def asks(cluster: Cluster) -> httpx.Client:
    """The API server, as the cluster's administrator."""
    settings: dict[str, Any] = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    user, server = settings["users"][0]["user"], settings["clusters"][0]["cluster"]
    context = ssl.create_default_context(cadata=base64.b64decode(server["certificate-authority-data"]).decode())
    return httpx.Client(
        base_url=server["server"],
        verify=context,
        headers={"Authorization": f"Bearer {user['token']}"},
        timeout=60,
        limits=httpx.Limits(max_connections=32),
        trust_env=False,
    )


class Fleet:
    """So many sites of the example's workload."""

    def __init__(self, cluster: Cluster, folder: Path, count: int, port: int, say: Callable[[str], None]) -> None:
        self.say, self.folder = say, folder
        self.names = tuple(f"line-{number}" for number in range(count))
        first, early = max(2, count // 40), max(4, count // 5)
        self.first, self.rest = self.names[:first], self.names[first + early :]
        plan = load.plan(EXAMPLE)
        assert isinstance(plan, FleetPlan)
        self.variant = plan.variants[0]
        self.objects = objects_of(STACK, ROOT, EXAMPLE, "sites/weld-line.yaml", self.variant)
        self.releases = Releases(folder / "releases", self.names)
        rings = (("first", 3, self.first), ("early", 3, self.names[first : first + early]), ("all", 0, self.rest))
        self.hub = Running(folder / "hub", spec_of(rings, self.releases.public, plan.hub.ownership))
        fleet = self.hub.programs / "fleet.json"
        fleet.write_text(fleet.read_text(encoding="utf-8").replace('"weld-lines"', '"lines"'), encoding="utf-8")
        self.hub.start()
        self.operator = self.hub.operator()
        self.api = asks(cluster)
        self.site: dict[str, Site] = {}
        for index, name in enumerate(self.names):
            address = address_of(index)
            told = settings_of(name, self.releases.public, port, address, namespace=name, compare_s=12 * HOUR)
            self.site[name] = site_of(folder / name, self.hub, told, Namespace(self.api, name, address))

    def close(self) -> None:
        self.hub.kill()
        self.operator.client.close()
        for site in self.site.values():
            site.close()

    def publish(self, number: int, model: str) -> str:
        objects = [
            {**one, "data": {**one["data"], "release": str(number)}} if one["kind"] == "ConfigMap" else one
            for one in self.objects
        ]
        made = self.releases.make(number, model, runs=objects)
        digest = self.operator.publish(self.releases.packed(made))
        self.operator.order("begin", digest)
        return digest

    def hour(self, sites: tuple[str, ...]) -> None:
        """An hour of the fleet: every site answers requests and has its turn."""

        def turn(name: str) -> None:
            site = self.site[name]
            Around.work(site.settings.documents.removeprefix("http://").partition(":")[0], 400)
            site.turn()
            if site.state.status == "trial":
                # pods take seconds here, and the fleet's clock is ours
                objects = site._objects(site.state.running)  # pyright: ignore[reportPrivateUsage]
                ready = until(lambda: not site.cluster.unready(objects), 1800, every_s=0.5)
                assert ready, site.cluster.unready(objects)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(turn, sites))
        self.hub.clock.go(HOUR)

    def until(self, state: str, sites: tuple[str, ...] | None = None, hours: int = 60) -> int:
        """Hours until the rollout is so."""
        for hour in range(hours):
            if self.operator.told()["rollout"]["state"] == state:
                return hour
            self.hour(sites or self.names)
        told = self.operator.told()
        raise AssertionError(
            (told["rollout"], Counter(str(one["report"]) for one in told["sites"].values()).most_common(3))
        )

    def running(self, sites: tuple[str, ...] | None = None) -> Mapping[str, int]:
        return Counter(self.site[name].state.running for name in sites or self.names)

    def pods(self) -> tuple[int, int]:
        """Pods that are ready, of all in the sites' namespaces."""
        found = [
            one for one in self.api.get("/api/v1/pods").json()["items"] if one["metadata"]["namespace"] in self.site
        ]
        ready = [
            one
            for one in found
            if any(c["type"] == "Ready" and c["status"] == "True" for c in one["status"].get("conditions", []))
        ]
        return len(ready), len(found)


def rehearse(fleet: Fleet, away: int) -> None:
    """A first release, a bad one, one while sites are away, and their return."""
    begun = time.monotonic()
    one = fleet.publish(1, "good")
    hours = fleet.until("done")
    for _ in range(3):
        fleet.hour(fleet.names)
    assert fleet.running() == {one: len(fleet.names)}
    ready, pods = fleet.pods()
    assert ready == pods >= 5 * len(fleet.names)
    fleet.say(f"release 1: at all {len(fleet.names)} sites after {hours} h, {ready} of {pods} pods ready, {time.monotonic() - begun:.0f} s here")  # fmt: skip

    bad = fleet.publish(2, "blind")
    hours = fleet.until("stopped")
    for _ in range(2):
        fleet.hour(fleet.names)
    assert fleet.operator.told()["rollout"]["ring"] == 0
    assert fleet.running() == {one: len(fleet.names)}
    had = [name for name in fleet.names if bad in fleet.site[name].state.bad]
    assert set(had) <= set(fleet.first)
    assert had
    fleet.say(f"release 2, a bad model: stopped after {hours} h; {len(had)} sites had it, all run release 1 again")

    gone = tuple(random.Random(7).sample(fleet.rest, away))  # noqa: S311 a test's choice
    here = tuple(name for name in fleet.names if name not in gone)
    for name in gone:
        fleet.site[name].hub.close()
        fleet.site[name].hub = httpx.Client(base_url="http://127.0.0.1:9", timeout=1)
    three = fleet.publish(3, "good")
    hours = fleet.until("done", here)
    for _ in range(13):
        fleet.hour(here)
    assert fleet.running(here) == {three: len(here)}
    told = fleet.operator.told()["sites"]
    assert {name for name, site in told.items() if site["silent"]} == set(gone)
    fleet.say(
        f"release 3 with {away} sites away: done after {hours} h, {len(here)} sites have it, {away} are told silent"
    )

    four = fleet.publish(4, "good")
    fleet.until("done", here)
    for name in gone:
        # they did their work all the while, and what they had to say waited
        fleet.site[name].turn()
        fleet.site[name].hub.close()
        fleet.site[name].hub = fleet.hub.line(name)
    for _ in range(4):
        fleet.hour(fleet.names)
    assert fleet.running() == {four: len(fleet.names)}
    assert all(three not in {report["running"] for report in fleet.operator.history(name)} for name in gone)
    told = fleet.operator.told()["sites"]
    assert not any(site["silent"] for site in told.values())
    assert {site["report"]["status"] for site in told.values()} == {"settled"}
    fleet.say(f"their return: all {away} went from release 1 to 4 at once, nobody is silent; {time.monotonic() - begun:.0f} s in all")  # fmt: skip


def tell(text: str) -> None:
    """Say it now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(count: int) -> None:
    """Rehearse with so many sites, a tenth of them away in the middle."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = Cluster("fleet-rehearsal")
        stack.callback(cluster.down)
        cluster.up(tell, inventory(folder, count))
        port = stack.enter_context(surroundings())
        fleet = Fleet(cluster, folder, count, port, tell)
        stack.callback(fleet.close)
        rehearse(fleet, count // 10)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
