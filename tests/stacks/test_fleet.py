"""The example's fleet on the local cluster, with a few sites; `make rehearse-fleet` takes 200."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fleet_rehearsal import Fleet, inventory, rehearse
from fleets import surroundings

from engine.localcluster.cluster import Cluster

SITES = 8


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A cluster with nodes for its sites, and a hub."""
    cluster = Cluster("test-fleet")
    with surroundings() as port:
        try:
            cluster.up(lambda _text: None, inventory(tmp_path, SITES))
            made = Fleet(cluster, tmp_path, SITES, port, lambda _text: None)
            yield made
            made.close()
        finally:
            cluster.down()


def test_a_fleet_takes_releases_stops_a_bad_one_and_catches_up(fleet: Fleet) -> None:
    rehearse(fleet, 1)
    # what the API server holds is what the release says, whatever it adds to it
    site = fleet.site["line-3"]
    assert site.cluster.drift(site._objects(site.state.running)) == []  # pyright: ignore[reportPrivateUsage]
    path = "/apis/apps/v1/namespaces/line-3/deployments/scorer"
    body = {"spec": {"replicas": 5}}
    assert fleet.api.patch(path, json=body, headers={"Content-Type": "application/merge-patch+json"}).status_code == 200
    site.settings = replace(site.settings, compare_s=0)
    fleet.hour(("line-3",))
    assert fleet.operator.told()["sites"]["line-3"]["report"]["drift"][0] == "Deployment scorer was changed"
    assert fleet.api.get(path).json()["spec"]["replicas"] == 2
