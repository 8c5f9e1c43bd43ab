"""One way to run a workload, and what kinds of place are worth."""

from dataclasses import dataclass

from catalog.hardware import Offer
from catalog.prices import Hosted
from planning.demand import Fit
from planning.workload import Site

CLOUDS = ("aws", "azure", "gcp")
# Availability in percent of what each kind of place gives a workload with a spare replica. Assumed: providers'
# promises cover their own parts only. A site's own figure is in the workload.
AVAILABILITY = {"cloud": 99.95, "gpu-cloud": 99.5, "hosted": 99.5}
SPOT_AVAILABILITY = 99.0
WITHOUT_SPARE = 99.0
COMPLEXITY = {"hosted": 0.1, "cloud": 0.5, "gpu-cloud": 0.6, "owned": 0.7, "hybrid": 0.85}
# Chips of one provider take models compiled for them.
OWN_CHIPS = 0.2
LOCK_IN = {"cloud": 0.4, "gpu-cloud": 0.2, "owned": 0.1, "hosted-open": 0.4, "hosted": 0.9, "own-chips": 0.8}


@dataclass(frozen=True, slots=True)
class Option:
    """One way to run a workload. USD are for a month; ``expected`` follows the load of a day, ``high`` is always peak.

    Times include the network, p95, in milliseconds. ``unpriced`` says what is not known of the price.
    """

    kind: str
    target: str
    region: str
    country: str
    what: str
    purchase: str
    low: float
    expected: float
    high: float
    first_ms: float
    whole_ms: float
    availability: float
    complexity: float
    lock_in: float
    replicas: int
    gpus: int
    instance: str = ""
    accelerator: str = ""
    fit: Fit | None = None
    offer: Offer | None = None
    hosted: Hosted | None = None
    site: Site | None = None
    second: "Option | None" = None
    unpriced: str = ""

    @property
    def key(self) -> str:
        """What tells options apart, and orders equals."""
        place = f"{self.kind}/{self.target}/{self.region}/{self.accelerator}"
        return f"{place}/{self.what}/{self.purchase}/{self.instance}"

    @property
    def where(self) -> str:
        """The place in words."""
        found = self.region if self.target in (self.region, "owned") else f"{self.target} {self.region}"
        return f"{found} ({self.country or 'country not known'})"


@dataclass(frozen=True, slots=True)
class Rejected:
    """What will not do, with every reason in a sentence."""

    what: str
    reasons: tuple[str, ...]
