"""Workloads people would write go where they should, with the reasons."""

import pytest
from written import CASES, Case

from planning import placement
from planning.workload import Workload


def test_there_are_thirty() -> None:
    assert len({case.name for case in CASES}) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_goes_where_it_should(case: Case) -> None:
    decision = placement.decide(Workload.model_validate({"name": "case", **case.workload}))
    told = "\n".join(reason for one in decision.rejected for reason in one.reasons)
    assert decision.refused == case.refused, told[:2000]
    for reason in case.reasons:
        assert reason in told
    for warning in case.warnings:
        assert warning in "\n".join(decision.warnings)
    if decision.winner:
        option = decision.winner.option
        assert option.kind in case.kinds
        assert not case.countries or set(option.country.split(", ")) <= case.countries
        assert not case.targets or option.target in case.targets
        assert option.expected > 0
    if case.trains_in:
        assert decision.training
        assert decision.training.country in case.trains_in


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_workload_gives_the_same_decision(case: Case) -> None:
    workload = Workload.model_validate({"name": "case", **case.workload})
    assert placement.decide(workload) == placement.decide(workload)
