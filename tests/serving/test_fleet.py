"""A fleet: releases through rings, sites that judge and go back by themselves, lines that break, and who is believed."""

import base64
import json
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from domicile_cluster import Cluster, ClusterError
from domicile_depot import Outbox
from domicile_rings import Counts, Gates, Ring, Rollout, Seen
from domicile_site import Site
from fleets import (
    ENVIRONMENT,
    HOUR,
    Around,
    OneRoom,
    Releases,
    Running,
    address_of,
    objects,
    settings_of,
    site_of,
    spec_of,
    surroundings,
)
from fleets import GATES as TOLD
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.fleet.errors import FleetError
from components.ownership import Ownership
from serving.fleet import files, release
from serving.fleet.spec import SiteSpec
from serving.gateway.hooks.domicile_policy import digest

OWNERSHIP = Ownership(workload="lines", owner="a", cost_centre="b", data_class="internal", jurisdictions=("DE",))
FIRST, EARLY, REST = ("a-1", "a-2", "a-3"), ("b-1", "b-2", "b-3", "b-4"), tuple(f"c-{n}" for n in range(1, 8))
SITES = (*FIRST, *EARLY, *REST)


class World:
    """A hub that runs and its sites, each with a cluster in memory."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.releases = Releases(folder / "releases", SITES)
        rings = (("first", 3, FIRST), ("early", 3, EARLY), ("all", 0, REST))
        self.hub = Running(folder / "hub", spec_of(rings, self.releases.public, OWNERSHIP))
        self.hub.start()
        self.clock, self.operator = self.hub.clock, self.hub.operator()
        self.address = {site: address_of(index) for index, site in enumerate(SITES)}
        self.cluster = {site: OneRoom(self.address[site]) for site in SITES}
        self.site = {site: self.begun(site) for site in SITES}

    def begun(self, site: str, **other: Any) -> Site:
        told = settings_of(site, self.releases.public, self.port, self.address[site], **other)
        return site_of(self.folder / site, self.hub, told, self.cluster[site])

    def publish(self, number: int, model: str = "good", **other: Any) -> str:
        made = self.releases.make(number, model, **other)
        digest = self.operator.publish(self.releases.packed(made))
        assert self.operator.order("begin", digest)["state"] == "running"
        return digest

    def hours(self, count: int, sites: tuple[str, ...] = SITES, requests: int = 400) -> None:
        for _ in range(count):
            for site in sites:
                Around.work(self.address[site], requests)
                self.site[site].turn()
            self.clock.go(HOUR)

    def done(self, sites: tuple[str, ...] = SITES) -> None:
        for _ in range(40):
            self.hours(1, sites)
            if self.rollout()["state"] == "done":
                return
        pytest.fail(str(self.rollout()))

    def running(self) -> dict[str, str]:
        return {site: self.site[site].state.running for site in SITES}

    def rollout(self) -> dict[str, Any]:
        return self.operator.told()["rollout"]

    def brought(self, number: int, model: str = "good") -> str:
        """A release that every site has."""
        digest = self.publish(number, model)
        self.done()
        self.hours(2)
        assert set(self.running().values()) == {digest}
        return digest


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fleet that runs nothing yet."""
    with surroundings() as port:
        found = World(tmp_path, port)
        try:
            yield found
        finally:
            found.hub.kill()
        found.operator.client.close()
        for site in found.site.values():
            site.hub.close()
            site.cluster.client.close()


def test_a_release_goes_from_ring_to_ring_and_not_before_the_ring_before_is_fine(world: World) -> None:
    one = world.brought(1)
    two = world.publish(2)
    world.hours(3)
    assert {site for site, digest in world.running().items() if digest == two} == set(FIRST)
    world.hours(3)
    assert {site for site, digest in world.running().items() if digest == one} == set(REST)
    world.done()
    assert set(world.running().values()) == {two}
    # what sites told says the same, and which machines and models they have
    told = world.operator.told()["sites"]
    assert {one["report"]["number"] for one in told.values()} == {2}
    assert told["a-1"]["report"]["nodes"][0]["name"] == "n"
    assert list(told["a-1"]["report"]["models"]) == ["welds/002/model.onnx"]


@pytest.mark.parametrize("model", ["blind", "broken", "numb"])
def test_a_bad_model_gets_no_further_than_the_first_ring_and_is_gone_there(world: World, model: str) -> None:
    one = world.brought(1)
    bad = world.publish(2, model)
    world.hours(3)
    stopped = world.rollout()
    assert (stopped["state"], stopped["ring"]) == ("stopped", 0), stopped
    assert set(world.running().values()) == {one}
    assert all(bad not in world.site[site].state.bad for site in (*EARLY, *REST))
    assert {world.site[site].state.status for site in FIRST} == {"rolled back"}
    # a number below what was tried is not begun again; a better one is
    world.brought(3)


def test_a_site_goes_back_without_hub_and_line_with_what_lies_on_its_disk(world: World) -> None:
    one = world.brought(1)
    world.publish(2, "blind")
    world.hours(1)
    assert world.site["a-1"].state.running != one
    world.hub.kill()
    world.hours(3, FIRST)
    assert {world.site[site].state.running for site in FIRST} == {one}
    stock = Around.stock[world.address["a-1"]]
    assert stock["/models/welds/001/model.onnx"].startswith(b"good")
    things = world.cluster["a-1"].things
    assert things["/api/v1/namespaces/line/configmaps/settings"]["data"] == {"v": "1"}
    # what it has to say waits, and is told when there is a hub again
    world.hub.start()
    world.hours(1)
    assert world.rollout()["state"] == "stopped"
    statuses = [report["status"] for report in world.operator.history("a-1")]
    assert "rolled back" in statuses
    assert statuses.count("settled") >= 1


def test_sites_that_were_away_for_weeks_hold_nobody_up_and_jump_to_the_newest(world: World) -> None:
    one = world.brought(1)
    away = ("a-3", "b-4", "c-1", "c-2")
    here = tuple(site for site in SITES if site not in away)
    # they run on, and cannot tell
    for site in away:
        world.site[site].hub.close()
        world.site[site].hub = httpx.Client(base_url="http://127.0.0.1:9", timeout=1)
    two = world.publish(2)
    world.hours(11, here)
    # a silence of twelve hours is waited for: one of three is not settled
    assert (world.rollout()["state"], world.rollout()["ring"]) == ("running", 0)
    world.done(here)
    three = world.publish(3)
    world.hours(3, away)
    assert {world.site[site].state.running for site in away} == {one}
    world.done(here)
    for site in away:
        world.site[site].hub.close()
        world.site[site].hub = world.hub.line(site)
    world.hours(3)
    assert set(world.running().values()) == {three}
    assert all(two not in {report["running"] for report in world.operator.history(site)} for site in away)
    assert not any(one["silent"] for one in world.operator.told()["sites"].values())


def test_a_release_that_never_gets_ready_is_taken_back(world: World) -> None:
    one = world.brought(1)
    for site in FIRST:
        world.cluster[site].limp = True
    world.publish(2)
    world.hours(3)
    assert world.rollout()["state"] == "stopped"
    assert "0 of 2 ready" in " ".join(world.rollout()["why"])
    assert set(world.running().values()) == {one}


def test_a_release_the_cluster_does_not_take_is_given_up(world: World) -> None:
    one = world.brought(1)
    odd = [{"apiVersion": "v1", "kind": "Wonder", "metadata": {"name": "w", "namespace": "domicile-site"}}]
    world.publish(2, runs=objects(2, odd))
    world.hours(4)
    assert world.rollout()["state"] == "stopped"
    assert "no Wonder" in " ".join(world.rollout()["why"])
    assert set(world.running().values()) == {one}
    things = world.cluster["a-1"].things
    assert things["/api/v1/namespaces/line/configmaps/settings"]["data"] == {"v": "1"}


def test_wherever_the_power_goes_the_release_is_whole_in_the_end(world: World) -> None:
    world.brought(1)
    two = world.publish(2)
    for takes in range(5):
        # the power goes after so many objects; the agent begins again with what is on the disk
        world.cluster["a-1"].takes = takes
        world.site["a-1"].turn()
        world.site["a-1"].close()
        world.site["a-1"] = world.begun("a-1")
    world.cluster["a-1"].takes = -1
    world.hours(2, ("a-1",))
    assert world.site["a-1"].state.running == two
    assert world.cluster["a-1"].things["/api/v1/namespaces/line/configmaps/settings"]["data"] == {"v": "2"}
    assert world.cluster["a-1"].drift(world.site["a-1"]._objects(two)) == []  # pyright: ignore[reportPrivateUsage]


def test_what_is_changed_by_hand_is_told_and_put_right_or_only_told(world: World) -> None:
    world.brought(1)
    path = "/api/v1/namespaces/line/configmaps/settings"
    world.site["a-2"] = world.begun("a-2", correct=False)
    for site in ("a-1", "a-2"):
        world.cluster[site].things[path]["data"] = {"v": "by hand"}
        del world.cluster[site].things["/apis/apps/v1/namespaces/line/deployments/scorer"]
    world.hours(1)
    told = world.operator.told()["sites"]
    assert told["a-1"]["report"]["drift"][:2] == ["ConfigMap settings was changed", "Deployment scorer is gone"]
    assert world.cluster["a-1"].things[path]["data"] == {"v": "1"}
    assert world.cluster["a-2"].things[path]["data"] == {"v": "by hand"}
    world.hours(1)
    assert world.operator.told()["sites"]["a-1"]["report"]["drift"] == []
    assert world.operator.told()["sites"]["a-2"]["report"]["drift"]


def test_secrets_are_made_at_the_site_once_and_fit_together(world: World) -> None:
    world.brought(1)
    prefix = "/api/v1/namespaces/line/secrets/"
    secrets = {site: world.cluster[site].things[f"{prefix}gateway-key-line"]["data"]["API_KEY"] for site in SITES}
    assert len(set(secrets.values())) == len(SITES)
    things = world.cluster["a-1"].things
    digests = json.loads(base64.b64decode(things[f"{prefix}decisions-keys"]["data"]["DOMICILE_KEYS"]))
    key = base64.b64decode(secrets["a-1"]).decode()
    assert digests == {digest(key): "line"}
    assert key.startswith("sk-")
    world.brought(2)
    assert things[f"{prefix}gateway-key-line"]["data"]["API_KEY"] == secrets["a-1"]


def test_a_line_that_breaks_is_gone_on_with_and_nothing_is_fetched_twice(world: World) -> None:
    one = world.releases.make(1)
    digest = world.operator.publish(world.releases.packed(one))
    world.operator.order("begin", digest)
    site = world.site["a-1"]
    site.turn()
    blob = next(iter(one.files))
    asked: list[tuple[str, str]] = []

    def note(request: httpx.Request) -> None:
        asked.append((request.url.path, request.headers.get("Range", "")))

    site.hub.event_hooks = {"request": [note]}
    # a second release with the same model, of which half has come before the line broke
    two = release.make("lines", 2, {"all": release.Runs(objects(2), {"welds/002/model.onnx": one.files[blob], "welds/002/labels.txt": world.releases.packed(one, "large")})}, dict.fromkeys(SITES, "all"), release.read_key(world.releases.pem))  # fmt: skip
    large = next(digest for digest in two.files if digest != blob)
    world.operator.order("stop")
    digest = world.operator.publish(world.releases.packed(two))
    world.operator.order("begin", digest)
    (world.folder / "a-1" / "blobs" / f"{large}.part").write_bytes(two.files[large].read_bytes()[:100_000])
    site.turn()
    assert site.state.running == digest
    fetched = {path: given for path, given in asked if "/blobs/" in path}
    assert fetched[f"/v1/blobs/{large}"] == "bytes=100000-"
    assert f"/v1/blobs/{blob}" not in fetched


def test_only_what_the_fleets_keys_signed_is_taken_and_never_an_older_one(world: World) -> None:
    stranger, _ = release.new_key()
    forged = world.releases.make(9, pem=stranger)
    with pytest.raises(FleetError, match="no key that is trusted"):
        world.operator.publish(world.releases.packed(forged))
    world.brought(1)
    two = world.brought(2)
    # a hub that somebody took over gives what it likes
    site = world.site["a-1"]
    base = world.hub.state / "hub.sqlite"
    with sqlite3.connect(base) as changed:
        rollout = json.loads(changed.execute("select value from kept where name = 'rollout'").fetchone()[0])
        for number, digest in enumerate((forged.digest, "b" * 64), 90):
            changed.execute(
                "insert into releases values (?, ?, ?, ?)",
                (digest, number, forged.content.decode(), forged.signature.decode()),
            )
        old = changed.execute("select digest from releases where number = 1").fetchone()[0]
    for wanted, why in ((forged.digest, "no key that is trusted"), ("b" * 64, "no key that is trusted")):
        with sqlite3.connect(base) as changed:
            changed.execute("update kept set value = ?", (json.dumps({**rollout, "release": wanted}),))
        world.hours(1, ("a-1",))
        assert site.state.status == "refused"
        assert why in site.state.why
        assert site.state.running == two
    three = world.releases.make(3)
    with sqlite3.connect(base) as changed:
        changed.execute("update kept set value = ?", (json.dumps({**rollout, "release": two}),))
    world.hours(1)
    assert three
    # the one before the last may come back, none older: it is not kept
    site.state.previous = ""
    with sqlite3.connect(base) as changed:
        changed.execute("update kept set value = ?", (json.dumps({**rollout, "release": old}),))
    world.hours(1, ("a-1",))
    assert "is older than 2" in site.state.why
    assert site.state.running == two


def test_a_file_that_is_not_what_the_release_says_is_never_run(world: World) -> None:
    made = world.releases.make(1)
    digest = world.operator.publish(world.releases.packed(made))
    blob = world.hub.state / "blobs" / next(iter(made.files))
    blob.write_bytes(b"x" * blob.stat().st_size)
    world.operator.order("begin", digest)
    world.hours(2, FIRST)
    assert {world.site[site].state.status for site in FIRST} == {"refused"}
    assert "is not what the release says" in world.site["a-1"].state.why
    assert world.cluster["a-1"].things == {}
    assert world.rollout()["state"] == "stopped"


def test_a_site_without_any_line_is_brought_its_release_and_its_reports_are_carried_back(world: World) -> None:
    world.site["c-7"].hub.close()
    world.site["c-7"].hub = httpx.Client(base_url="http://127.0.0.1:9", timeout=1)
    made = world.releases.make(1)
    inbox = world.folder / "c-7" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "a.tar").write_bytes(world.releases.packed(made).read_bytes()[:5000])
    (inbox / "b.tar").write_bytes(world.releases.packed(made).read_bytes())
    world.hours(7, ("c-7",))
    assert world.site["c-7"].state.running == made.digest
    assert world.site["c-7"].state.status == "settled"
    assert sorted(file.name for file in inbox.iterdir()) == ["a.refused"]
    carried = world.folder / "reports.jsonl"
    waiting = Outbox(world.folder / "c-7" / "outbox.jsonl", 1000).waiting()
    carried.write_text(exported(world.folder / "c-7"), encoding="utf-8")
    assert world.operator.carry(carried) == len(waiting) > 0
    assert world.operator.told()["sites"]["c-7"]["report"]["number"] == 1
    world.operator.carry(carried)
    assert len(world.operator.history("c-7")) == len(waiting)
    carried.write_text("nonsense", encoding="utf-8")
    with pytest.raises(FleetError, match="it is no file of reports"):
        world.operator.carry(carried)


def exported(folder: Path) -> str:
    """What the agent's program prints at a site, from the files that its pod has."""
    programs = folder / "programs"
    programs.mkdir()
    spec = SiteSpec(site="c-7", fleet="lines", namespace="line", keys=(), gates=TOLD, ready_s=1, trial_s=1, correct=True, window=(), zone="Etc/UTC")  # fmt: skip
    for name, text in files.site(spec).items():
        (programs / name).write_text(text, encoding="utf-8")
    command = [str(ENVIRONMENT / "python"), str(programs / "domicile_site.py"), "export"]
    done = subprocess.run(command, env={"DOMICILE_STATE": str(folder)}, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_release_waits_for_the_sites_window_and_going_back_does_not(world: World) -> None:
    # the fleet's clock begins at 16:13 in Berlin
    world.site["a-1"] = world.begun("a-1", window=("22:00", "05:00"), zone="Europe/Berlin")
    digest = world.publish(1)
    world.hours(1, FIRST)
    assert world.site["a-1"].state.running == ""
    assert world.site["a-2"].state.running == digest
    world.hours(5, FIRST)
    assert world.site["a-1"].state.running == ""
    world.hours(1, FIRST)
    assert world.site["a-1"].state.running == digest


def test_a_release_that_was_carried_waits_for_the_window_too(world: World) -> None:
    world.site["c-7"] = world.begun("c-7", window=("22:00", "05:00"), zone="Europe/Berlin")
    world.site["c-7"].hub.close()
    world.site["c-7"].hub = httpx.Client(base_url="http://127.0.0.1:9", timeout=1)
    made = world.releases.make(1)
    inbox = world.folder / "c-7" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "a.tar").write_bytes(world.releases.packed(made).read_bytes())
    world.hours(3, ("c-7",))
    assert world.site["c-7"].state.running == ""
    assert list(inbox.iterdir()) == []
    world.hours(5, ("c-7",))
    assert world.site["c-7"].state.running == made.digest


def test_what_a_disk_spoils_is_told_and_brought_again(world: World) -> None:
    one = world.brought(1)
    kept = world.site["a-1"].depot
    release_ = kept.release(one)
    assert release_ is not None
    objects_ = kept.blob(release_.variant("a-1").objects)
    objects_.write_bytes(b"[]")
    world.hours(1, ("a-1",))
    assert "was spoilt on the disk" in world.operator.told()["sites"]["a-1"]["report"]["drift"][0]
    (world.folder / "a-2" / "releases" / f"{one}.json").write_bytes(b"")
    world.hours(2, ("a-1", "a-2"))
    told = world.operator.told()["sites"]
    assert [told[site]["report"]["drift"] for site in ("a-1", "a-2")] == [[], []]
    assert objects_.stat().st_size > 2


def test_other_keys_do_not_stop_what_runs(world: World) -> None:
    one = world.brought(1)
    other = release.public(release.read_key(release.new_key()[0]))
    world.site["a-1"] = world.begun("a-1", keys=(other,))
    world.publish(2)
    world.hours(1, ("a-1",))
    assert world.site["a-1"].state.status == "refused"
    assert world.site["a-1"].state.running == one
    world.hours(1, ("a-1",))
    assert world.operator.told()["sites"]["a-1"]["report"]["drift"] == []


def test_a_hub_that_is_killed_forgets_nothing_it_was_told(world: World) -> None:
    one = world.brought(1)
    two = world.publish(2)
    world.hours(2)
    before = world.operator.told()
    world.hub.kill()
    world.hub.start()
    after = world.operator.told()
    assert {site: said["report"] for site, said in after["sites"].items()} == {
        site: said["report"] for site, said in before["sites"].items()
    }
    assert after["rollout"] == before["rollout"]
    world.done()
    world.hours(1)
    assert set(world.running().values()) == {two} != {one}


def test_an_operator_pauses_goes_on_and_stops(world: World) -> None:
    one = world.brought(1)
    two = world.publish(2)
    world.hours(2)
    assert world.operator.order("pause")["state"] == "paused"
    world.hours(9)
    assert {site for site, digest in world.running().items() if digest == two} == set(FIRST)
    assert world.operator.order("resume")["state"] == "running"
    world.hours(3)
    assert world.running()["b-1"] == two
    assert world.operator.order("stop")["state"] == "stopped"
    world.hours(2)
    assert set(world.running().values()) == {one}
    with pytest.raises(FleetError, match="it cannot pause: no release is under way"):
        world.operator.order("pause")


def test_a_hub_answers_only_those_it_knows_and_says_what_is_wrong(world: World) -> None:
    line = world.hub.line("a-1")
    assert line.post("/v1/sites/a-2/sync", json={"reports": []}).status_code == 401
    assert line.get("/v1/fleet").status_code == 401
    assert line.post("/v1/rollout", json={"do": "stop"}).status_code == 401
    assert line.put("/v1/blobs/" + "0" * 64, content=b"x").status_code == 401
    assert httpx.get(f"{world.hub.url}/v1/releases/{'0' * 64}").status_code == 401
    report = {"sequence": 1, "at": 1.0}
    for body, status in (
        ("nonsense", 422),
        ("[]", 422),
        ('{"reports": 5}', 422),
        ('{"reports": [{}]}', 422),
        ('{"reports": [{"sequence": true, "at": 1.0}]}', 422),
        ("[" * 100_000, 422),
        (json.dumps({"reports": [{**report, "counts": {"asked": "many"}, "status": 7}]}), 200),
    ):
        assert line.post("/v1/sites/a-1/sync", content=body).status_code == status, body[:80]
    assert line.get("/v1/blobs/..%2Fhub.sqlite").status_code == 404
    key = {"Authorization": "Bearer sk-operator"}
    assert httpx.put(f"{world.hub.url}/v1/blobs/{'0' * 64}", content=b"x", headers=key).status_code == 422
    assert httpx.post(f"{world.hub.url}/v1/releases", json={"release": "x"}, headers=key).status_code == 422
    text = httpx.get(f"{world.hub.url}/metrics").text
    assert 'domicile_fleet_sites{ring="all",status="silent"} 7' in text
    with pytest.raises(FleetError, match="there is no such release"):
        world.operator.order("begin", "0" * 64)
    line.close()


def test_a_tar_with_other_things_in_it_is_refused(world: World) -> None:
    file = world.folder / "odd.tar"
    with tarfile.open(file, "w") as out:
        member = tarfile.TarInfo("../../escape")
        out.addfile(member)
    with pytest.raises(FleetError, match="it is no release"):
        world.operator.publish(file)


GATES = Gates(least_requests=100, margin=0.02, shift=0.2, rolled_back=0.1, enough=0.9, silent_s=72 * HOUR)
RINGS = (Ring("first", 24 * HOUR), Ring("early", HOUR), Ring("all", 0.0))
NUMBER = st.integers(-5, 2000)
SAID = st.fixed_dictionaries(
    {"asked": NUMBER, "failed": NUMBER, "stood_in": NUMBER, "outcomes": st.dictionaries(st.sampled_from("ab"), NUMBER)}
)
SEEN = st.builds(
    Seen,
    ring=st.integers(0, 2),
    heard=st.floats(0, 200 * HOUR),
    release=st.sampled_from(["new", "old", ""]),
    status=st.sampled_from(["trial", "settled", "rolled back", "refused", ""]),
    counts=SAID.map(Counts.read),
    before=SAID.map(Counts.read),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(SEEN, max_size=20), max_size=8))
def test_whatever_sites_tell_a_release_never_skips_a_ring_and_stays_stopped(rounds: list[list[Seen]]) -> None:
    rollout = Rollout("old", "", 0, "done").begun("new", 0.0)
    now = 0.0
    for seen in rounds:
        now += 30 * HOUR
        later = rollout.looked_at(seen, RINGS, GATES, now)
        assert later.ring in {rollout.ring, rollout.ring + 1}
        if rollout.state in {"stopped", "done"}:
            assert later == rollout
        if later.state == "stopped":
            assert {later.wanted(ring) for ring in range(3)} == {"old"}
        elif later.state == "running":
            assert [later.wanted(ring) for ring in range(3)] == ["new"] * (later.ring + 1) + ["old"] * (2 - later.ring)
        if later.ring > rollout.ring or (later.state, rollout.state) == ("done", "running"):
            heard = [one for one in seen if one.ring == rollout.ring and now - one.heard <= GATES.silent_s]
            settled = [one for one in heard if one.release == "new" and one.status == "settled"]
            assert heard
            assert len(settled) >= 0.9 * len(heard)
        rollout = later


def test_the_agent_sees_a_cluster_that_does_not_answer_as_such() -> None:
    cluster = Cluster(httpx.Client(base_url="http://127.0.0.1:9", timeout=1), "line")
    with pytest.raises(ClusterError, match="the cluster does not answer GET /api/v1/nodes"):
        cluster.nodes()
    cluster.client.close()
