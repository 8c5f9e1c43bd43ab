"""What a stand-in counts, told under the names that the engine it stands for uses."""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from serving.engines.metrics import Meaning, Metric

BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
COUNT = "_count"


class Counts(Collector):
    """Gauges, counters and histograms by meaning. A meaning that the engine has no name for is not told."""

    def __init__(self, names: Mapping[Meaning, Metric], model: str) -> None:
        """Count under these names, of this model."""
        self._names = names
        self._model = model
        self.values: dict[Meaning, float] = defaultdict(float)
        self._observed: dict[Meaning, list[float]] = defaultdict(list)

    def observe(self, meaning: Meaning, value: float) -> None:
        """Add an observation to a histogram."""
        bisect.insort(self._observed[meaning], value)

    def text(self) -> bytes:
        """The exposition, as a scrape gets it."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterable[Family]:
        """The families of this moment, each once: what two meanings share is one of two labels."""
        families: dict[str, Family] = {}
        for meaning, metric in self._names.items():
            if metric.kind == "histogram":
                yield self._histogram(meaning, metric)
                continue
            family = families.setdefault(metric.name, _family(metric, meaning))
            family.add_sample(metric.name, self._labels(metric), self.values[meaning])
        yield from families.values()

    def _histogram(self, meaning: Meaning, metric: Metric) -> Family:
        family, labels, seen = Family(metric.name, meaning, "histogram"), self._labels(metric), self._observed[meaning]
        for bound in BUCKETS:
            family.add_sample(
                f"{metric.name}_bucket", {**labels, "le": str(bound)}, float(bisect.bisect_right(seen, bound))
            )
        family.add_sample(f"{metric.name}_bucket", {**labels, "le": "+Inf"}, float(len(seen)))
        family.add_sample(f"{metric.name}{COUNT}", labels, float(len(seen)))
        family.add_sample(f"{metric.name}_sum", labels, sum(seen))
        return family

    def _labels(self, metric: Metric) -> dict[str, str]:
        labels = {metric.model_label: self._model} if metric.model_label else {}
        if metric.selector:
            key, _, text = metric.selector.partition("=")
            labels[key] = text.strip('"')
        elif metric.name.endswith("request_success_total"):
            labels["finished_reason"] = "stop"
        return labels


def _family(metric: Metric, meaning: Meaning) -> Family:
    """Of its type, as engines tell it; the client writes `_total` behind the name of a counter itself."""
    if metric.kind == "counter":
        bare = metric.name.removesuffix("_total")
        return Family(bare, meaning, "counter") if bare != metric.name else Family(metric.name, meaning, "unknown")
    return Family(metric.name, meaning, "gauge")
