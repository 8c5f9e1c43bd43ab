"""When there are replicas though nobody asks, and when there are none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.scripts import hours

OFFICE = {"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "18:00", "zone": "Europe/Berlin", "replicas": 2}


@pytest.mark.parametrize(
    ("at", "least"),
    [
        ("2026-11-27T06:59:59+00:00", 0),
        ("2026-11-27T07:00:00+00:00", 2),
        ("2026-11-27T16:59:59+00:00", 2),
        ("2026-11-27T17:00:00+00:00", 0),
        ("2026-11-28T12:00:00+00:00", 0),
        # in summer the clocks of Berlin are two hours ahead
        ("2026-07-01T06:00:00+00:00", 2),
        ("2026-07-01T05:59:59+00:00", 0),
    ],
)
def test_hours_are_those_of_the_zone(at: str, least: int) -> None:
    assert hours.floor([OFFICE], datetime.fromisoformat(at)) == least
    assert hours.floor([OFFICE, {**OFFICE, "replicas": 1}], datetime.fromisoformat(at)) == least, "the most counts"
    night = {**OFFICE, "days": list(range(7)), "from": "18:00", "to": "24:00", "replicas": 1}
    assert hours.floor([night], datetime(2026, 11, 27, 22, 30, tzinfo=UTC)) == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 3), st.none() | st.integers(0, 3), st.integers(0, 2)), max_size=60
    )
)
def test_nobody_sleeps_who_was_asked_lately(looks: list[tuple[int, int, int | None, int]]) -> None:
    sleep, now, busy, counted = hours.Sleep(600, 0.0), 0.0, 0.0, 0.0
    for past, in_flight, knocks, knocking in looks:
        now += past
        counted += knocks or 0
        if in_flight or knocking or knocks or knocks is None:
            busy = now
        slept = sleep.look(now, in_flight, None if knocks is None else counted, knocking)
        if slept:
            assert now - busy >= 600
        if not (in_flight or knocking) and knocks == 0 and now - busy >= 600:
            assert slept, "and it does sleep when it may"


@given(
    least=st.integers(0, 9),
    more=st.integers(0, 9),
    target=st.integers(0, 12),
    floor=st.integers(0, 9),
    asleep=st.booleans(),
)
def test_hours_weigh_more_than_sleep_and_bounds_more_than_all(
    *, least: int, more: int, target: int, floor: int, asleep: bool
) -> None:
    most = least + more
    found = hours.wanted(least, most, target, floor, asleep=asleep)
    assert 0 <= found <= most
    assert found >= min(floor, most)
    assert asleep or found >= least
    assert not asleep or found == min(floor, most)
