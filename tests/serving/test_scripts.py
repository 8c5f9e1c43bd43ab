"""The programs that run in the cluster."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.model_server import DRAIN_S, grace_s, start_budget_s
from serving.rehearsal import fleet, shapes
from serving.scripts import foresight, scaler

POLICY = foresight.Policy(target=10, answer_s=12, least=1, most=8, lead_minutes=4)
looks = st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200), st.booleans()), max_size=60)


@given(looks=looks, least=st.integers(1, 3), more=st.integers(0, 6))
def test_the_scaler_stays_within_its_bounds(looks: list[tuple[float, float, bool]], least: int, more: int) -> None:
    policy = dataclasses.replace(POLICY, least=least, most=least + more)
    decider, current = foresight.Decider(foresight.Foresight(policy), step_s=15), least
    for running, waiting, unknown in looks:
        target = decider.look(running, waiting, current, unknown=unknown)
        assert least <= target <= least + more
        if unknown:
            assert target >= current, "with an unknown it never removes a replica"
        current = target


def test_the_scaler_follows_the_load_and_is_patient_on_the_way_down() -> None:
    decider = foresight.Decider(foresight.Foresight(POLICY), step_s=15)
    assert decider.look(30, 0, 1) == 4, "30 in flight and a margin, 10 a replica"
    steady = [decider.look(30, 0, 4) for _ in range(40)]
    assert steady[-1] == 3, "once it is known that nothing changes, no margin is paid for"
    assert decider.look(30, 20, 3) > 3, "a line that grows is load"
    after = [decider.look(0, 0, 8) for _ in range(60)]
    assert after[0] > 3
    assert after[-1] == 1
    assert after == sorted(after, reverse=True)


def test_a_line_that_stands_is_worked_off_and_not_answered_with_a_fleet() -> None:
    decider = foresight.Decider(foresight.Foresight(POLICY), step_s=15)
    decider.look(30, 40, 3)
    targets = [decider.look(30, 40, 3) for _ in range(60)]
    assert targets[-1] == 4, "30 run, and 40 that wait are 8 more for a minute"


def test_what_came_every_day_is_expected_before_it_comes() -> None:
    day = [10.0] * 600 + [60.0] * 240 + [10.0] * 600
    known = foresight.Foresight(POLICY, [*day, *day, *day[:598]])
    new = foresight.Foresight(POLICY, day[:598])
    assert known.expected() >= 60, "two minutes before, with four to start"
    assert new.expected() < 12


def test_a_fresh_scaler_takes_up_what_another_has_seen() -> None:
    saved = scaler.memory([5.0, 7.04], 1_000_000)
    assert scaler.remembered(json.loads(json.dumps(saved)), 1_000_000 + 150) == [5.0, 7.0, 7.0, 7.0]
    assert scaler.remembered(saved, 1_000_000 + 100 * 86_400) == [], "too long ago"
    assert scaler.remembered({}, 1_000_000) == []


def test_the_scaler_reads_an_engines_metrics() -> None:
    text = '# HELP x\nvllm:num_requests_waiting{engine="0",model_name="chat"} 7.0\nvllm:num_requests_running{a="b"} 3\n'
    assert scaler.counted(text, "vllm:num_requests_waiting") == 7.0
    assert scaler.counted("nothing here", "vllm:num_requests_waiting") is None
    assert scaler.counted("tgi_queue_size 4\n", "tgi_queue_size") == 4.0


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", shapes.shapes())
def test_the_objective_is_met_at_little_more_than_foresight_costs(name: str, seed: int) -> None:
    outcome = fleet.rehearse(shapes.shapes(seed)[name], fleet.Fleet(), seed)
    assert outcome.met >= 0.99
    assert outcome.cost <= 1.25


def test_a_scaler_that_only_follows_the_queue_would_not_meet_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(self: foresight.Decider, running: float, waiting: float, current: int, *, unknown: bool = False) -> int:
        del self, unknown, running
        return max(1, min(30, current + 1 if waiting > 5 else current - 1))

    monkeypatch.setattr(foresight.Decider, "look", late)
    assert fleet.rehearse(shapes.shapes()["office hours"], fleet.Fleet()).met < 0.9


@given(st.floats(0.1, 200), st.integers(1, 600))
def test_starting_and_stopping_have_the_time_they_need(weights: float, answer: int) -> None:
    assert start_budget_s(weights) >= 90 + 2 * weights / 0.2
    assert start_budget_s(weights, "trtllm") >= 600 + 2 * weights / 0.2
    assert grace_s(answer) >= DRAIN_S + answer
