"""What holds of every decision."""

import dataclasses
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import hardware, models
from planning import clouds, constraints, demand, law, placement, sizing
from planning.option import Option
from planning.sizing import Load, Objective, Sizing
from planning.workload import Data, Workload

LAWS = ["eu-gdpr", "uk-gdpr", "in-dpdp", "in-certin", "in-rbi-payments", "eu-ai-act", "us-hipaa", "pci-dss-4"]
KINDS = ["public", "internal", "personal", "health", "payment", "sdf-localised", "restricted"]


def chat(**changes: Any) -> Workload:
    base = {"name": "case", "work": "chat", "users": ["DE"], "models": {"allowed": ["Qwen/Qwen3-32B"]}}
    return Workload.model_validate({**base, **changes})


option = st.builds(
    Option,
    kind=st.sampled_from(["cloud", "owned", "hosted", "hybrid"]),
    target=st.sampled_from(["aws", "gcp", "azure"]),
    region=st.text("abc", min_size=1, max_size=3),
    country=st.just("DE"),
    what=st.text("xyz", max_size=2),
    purchase=st.sampled_from(["on-demand", "spot"]),
    low=st.just(0.0),
    expected=st.floats(1, 1e6),
    high=st.just(0.0),
    first_ms=st.floats(1, 3000),
    whole_ms=st.floats(1, 3000),
    availability=st.floats(90, 99.99),
    complexity=st.floats(0, 1),
    lock_in=st.floats(0, 1),
    replicas=st.just(1),
    gpus=st.just(1),
)


@given(st.lists(option, min_size=2, max_size=8, unique_by=lambda one: one.key), st.data())
def test_a_cheaper_price_never_loses_rank(found: list[Option], data: st.DataObject) -> None:
    workload = chat()
    index = data.draw(st.integers(0, len(found) - 1))
    key = found[index].key

    def rank_of(these: list[Option]) -> int:
        return [one.option.key for one in placement.rank(these, workload)].index(key)

    before = rank_of(found)
    cheaper = dataclasses.replace(found[index], expected=found[index].expected * data.draw(st.floats(0.01, 1)))
    assert rank_of([*found[:index], cheaper, *found[index + 1 :]]) <= before


@given(
    st.sampled_from(["Qwen/Qwen3-8B", "Qwen/Qwen3-32B", "openai/gpt-oss-20b", "BAAI/bge-m3"]),
    st.sampled_from(["L4", "L40S", "H100", "H200", "A100-80GB", "MI300X"]),
    st.floats(0.01, 50),
    st.floats(1, 20),
    st.integers(0, 2),
)
def test_more_load_never_needs_fewer_replicas(model: str, gpu: str, rate: float, factor: float, spare: int) -> None:
    found, accelerator = models.find(model), hardware.accelerator(gpu)
    assert found
    assert accelerator
    sizes = [
        sizing.size(found, "bf16", accelerator, Load(one, 2000, 300), Objective(3000, 80), spare=spare, gpus=2)
        for one in (rate, rate * factor)
    ]
    if isinstance(sizes[0], str):
        assert isinstance(sizes[1], str)
        return
    assert isinstance(sizes[1], Sizing)
    assert sizes[0].replicas <= sizes[1].replicas
    assert sizes[0].replicas > spare


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 20), st.floats(1, 10))
def test_more_load_never_costs_less(rate: float, factor: float) -> None:
    costs: list[float] = []
    for one in (rate, rate * factor):
        winner = placement.decide(
            chat(
                traffic={"requests_per_s": one},
                weights={"cost": 1.0, "latency": 0.0, "availability": 0.0, "operations": 0.0, "lock_in": 0.0},
            )
        ).winner
        assert winner
        costs.append(winner.option.expected)
    assert costs[0] <= costs[1] * 1.000001


@given(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(["DE", "IN", "GB", "US", "BR"]), max_size=2, unique=True),
    st.lists(st.sampled_from(LAWS), max_size=3, unique=True),
    st.sampled_from(LAWS),
    st.lists(st.sampled_from(["DE", "EU", "EEA", "IN", "US"]), max_size=2, unique=True),
    st.lists(st.sampled_from(["adequacy", "dpf", "scc"]), max_size=2, unique=True),
)
def test_a_stricter_law_never_widens_where_data_may_go(
    kinds: list[str], subjects: list[str], laws: list[str], one_more: str, areas: list[str], safeguards: list[str]
) -> None:
    def countries(**changes: Any) -> frozenset[str]:
        found = {"kinds": kinds, "subjects": subjects, "laws": laws, "safeguards": safeguards, **changes}
        return law.territory(Data.model_validate(found)).storage()

    before = countries()
    assert countries(laws=list(dict.fromkeys([*laws, one_more]))) <= before
    assert countries(jurisdictions=areas or ["DE"]) <= before
    assert countries(safeguards=[]) <= before


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["DE", "IN", "GB", "US"]))
def test_a_law_never_adds_an_option(country: str) -> None:
    loose = chat(data={"kinds": ["internal"]})
    strict = chat(data={"kinds": ["internal"], "jurisdictions": [country]})
    keys = [{one.key for one in clouds.clouds(each, law.territory(each.data))[0]} for each in (loose, strict)]
    assert keys[1] <= keys[0]


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "residency": ({"data": {"kinds": ["personal"], "subjects": ["DE"]}}, "eu-gdpr keeps personal data"),
    "jurisdiction": ({"data": {"jurisdictions": ["KE"]}}, "the workload names KE"),
    "target": ({"targets": ["owned"]}, "only owned may be used"),
    "capability": ({"operations": {"capability": "none"}}, "running it takes the capability"),
    "latency": ({"users": ["DE", "AU"], "objectives": {"first_token_ms": 40}}, "the network alone takes"),
    "uplink": ({"sites": [{"name": "plant", "country": "DE", "uplink": "none"}]}, "no uplink"),
}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(BROKEN)), min_size=1))
def test_a_refusal_tells_every_broken_constraint(broken: set[str]) -> None:
    changes: dict[str, Any] = {"data": {}}
    for name in broken:
        for key, value in BROKEN[name][0].items():
            changes[key] = {**changes.get(key, {}), **value} if isinstance(value, dict) else value
    workload = chat(**changes)
    reasons = constraints.region_reasons(workload, law.territory(workload.data), "aws", "us-east-1")
    for name in broken:
        assert any(BROKEN[name][1] in reason for reason in reasons), (name, reasons)


@given(st.floats(0.01, 100), st.floats(1, 20), st.sampled_from(sorted(demand.SHAPES)), st.floats(0.01, 1))
def test_the_hours_of_a_week_keep_the_mean(mean: float, factor: float, shape: str, weekend: float) -> None:
    traffic = {"requests_per_s": mean, "peak_factor": factor, "shape": shape, "weekend": weekend}
    hours = demand.hourly(chat(traffic=traffic))
    assert len(hours) == 7 * 24
    assert abs(sum(hours) / len(hours) - mean) < mean * 1e-9
    assert min(hours) > 0
    assert max(hours[-48:]) <= max(hours[:24]) * (1 + 1e-9)


def test_images_and_adapters_take_memory_and_time() -> None:
    accelerator = hardware.accelerators()["L40S"]

    def carried(**changes: Any) -> sizing.Sizing:
        base = {
            "name": "case",
            "work": "chat",
            "models": {"allowed": ["Qwen/Qwen3-VL-8B-Instruct"], "precisions": ["bf16"]},
        }
        fits, why = demand.fits(Workload.model_validate({**base, **changes}), accelerator, 1)
        assert fits, why
        assert fits[0].sizing
        return fits[0].sizing

    plain = carried()
    pictures = carried(traffic={"requests_per_s": 1.0, "images": 3.0})
    assert pictures.requests_per_s < plain.requests_per_s
    adapted = carried(
        models={"allowed": ["Qwen/Qwen3-VL-8B-Instruct"], "precisions": ["bf16"], "adapters": 40, "adapter_rank": 32}
    )
    assert adapted.kv_gib < plain.kv_gib


def test_a_replica_that_spans_nodes_takes_whole_instances() -> None:
    kimi = chat(
        users=["US"],
        models={"allowed": ["moonshotai/Kimi-K2.5"], "precisions": ["bf16"]},
        objectives={"per_token_ms": 150, "first_token_ms": 5000},
        targets=["aws"],
    )
    found, _, _ = clouds.clouds(kimi, law.territory(kimi.data))
    spanning = [one for one in found if one.offer and one.fit and one.fit.gpus > one.offer.count]
    assert spanning, "B300 holds it in a node, H200 and B200 do not"
    assert len(spanning) < len(found)
    for one in spanning:
        assert one.offer
        assert one.fit
        instances = one.replicas * one.fit.gpus / one.offer.count
        assert instances == int(instances)
        cheapest = min(float(usd) for usd in (one.offer.reserved_1y, one.offer.ondemand) if usd is not None)
        assert one.high >= instances * cheapest * demand.HOURS_PER_MONTH * 0.999
