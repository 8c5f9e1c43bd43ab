"""What a budget is: money a month, and who is told."""

from dataclasses import dataclass

from components.namespace.admission import AdmissionSpec, SignaturesSpec
from components.ownership import Ownership

ALERTS = (50, 80, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSpec:
    """``alerts`` are percentages of the month's money; ``start`` is the first day it counts, as `2026-01-01`.

    ``gpus`` is the quota of accelerators in the platform's namespace: the cluster's own budget; ``admission`` are the
    rules at its door.
    """

    name: str
    ownership: Ownership
    region: str
    monthly_usd: int
    contact: str
    gpus: int
    start: str
    admission: AdmissionSpec | None
    signatures: SignaturesSpec | None = None
    alerts: tuple[int, ...] = ALERTS
