"""The estimators there are."""

from planning.estimate.contract import Estimator
from planning.estimate.roofline import Roofline

NAMES = ("roofline",)


def named(name: str) -> Estimator:
    """The estimator of a name."""
    del name
    return Roofline()
