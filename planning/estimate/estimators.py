"""The estimators there are."""

from planning.estimate.contract import Estimator
from planning.estimate.kernels import Kernels
from planning.estimate.roofline import Roofline


def named(name: str) -> Estimator:
    """The estimator of a name: roofline or aiconfigurator."""
    return Kernels() if name == Kernels.name else Roofline()
