"""What a placement costs a month: raw inference, then each line of what makes the whole a multiple of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from catalog import gpu_clouds, hardware, prices
from catalog.inventory import Inventory
from planning import demand
from planning.option import CLOUDS, Option
from planning.placement import Decision
from planning.sites import REFERENCE, reference_offer
from planning.workload import Workload

HOURS_PER_MONTH = Decimal(730)
CENT = Decimal("0.01")
ZONES = 3
BYTES_PER_TOKEN = 4
AUDIT_OVERHEAD = 2.0
BACKUPS = 2
# Shares of a person who runs it, by where it runs. Assumed; the catalog's one figure is a quarter for a vector store.
STAFF = {"hosted": 0.05, "cloud": 0.25, "gpu-cloud": 0.35, "owned": 0.5, "hybrid": 0.6}
RAW = "accelerators"
_BLOCK = {"aws": "gp3", "azure": "Standard SSD", "gcp": "pd-balanced"}
_OBJECT = {"aws": "S3 Standard", "azure": "Blob Hot", "gcp": "Standard"}
_DATABASE = {"aws": "db.m5.large", "azure": "D2ds_v5", "gcp": "db-n1-standard-4"}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a bill, USD a month as the load goes; ``low`` and ``high`` bound it. None is not known."""

    item: str
    usd: Decimal | None
    basis: str
    low: Decimal | None = None
    high: Decimal | None = None
    group: str = RAW


@dataclass(frozen=True, slots=True)
class Cost:
    """A month's bill in USD."""

    lines: tuple[CostLine, ...]

    @property
    def total(self) -> Decimal:
        """The sum of what is known, as the load goes."""
        return sum((line.usd for line in self.lines if line.usd is not None), Decimal(0))

    @property
    def low(self) -> Decimal:
        """The sum at the quietest."""
        return sum((_or(line.low, line.usd) for line in self.lines), Decimal(0))

    @property
    def high(self) -> Decimal:
        """The sum at the peak."""
        return sum((_or(line.high, line.usd) for line in self.lines), Decimal(0))

    @property
    def raw(self) -> Decimal:
        """What inference alone costs: accelerators or tokens."""
        return sum((line.usd for line in self.lines if line.group == RAW and line.usd is not None), Decimal(0))

    @property
    def multiple(self) -> float | None:
        """How many times raw inference the whole is; None without any raw cost."""
        return float(self.total / self.raw) if self.raw else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The items without a price."""
        return tuple(line.item for line in self.lines if line.usd is None)


def bill(workload: Workload, option: Option, training: Option | None = None, small: Option | None = None) -> Cost:
    """Everything an option costs a month, with the training and the small model beside it."""
    lines = list(_compute(option))
    if small:
        lines += [replace(line, item=f"small model: {line.item}") for line in _compute(small)]
    if training:
        basis = f"{training.what}, {training.instance} in {training.where} {training.purchase}"
        lines.append(_line("training", training.expected, basis, group="training"))
    cloud = option.second.target if option.second else option.target
    region = option.second.region if option.second else option.region
    if cloud in CLOUDS:
        lines += _cloud(workload, option, cloud, region)
    elif option.kind != "hosted":
        lines += [
            CostLine(item, None, f"no price is known at {option.where}", group="services")
            for item in ("storage", "network")
        ]
    lines.append(_licences(option))
    lines += _people(workload, option)
    return Cost(tuple(lines))


def bill_of(decision: Decision) -> Cost | None:
    """The bill of what was chosen; None when nothing was."""
    if decision.chosen is None:
        return None
    beside = decision.training if decision.winner else None
    return bill(decision.workload, decision.chosen, beside, decision.small)


def _compute(option: Option) -> Iterator[CostLine]:
    if option.hosted:
        one = option.hosted
        basis = (
            f"{one.input_usd_per_mtok} and {one.output_usd_per_mtok} USD per million tokens in and out "
            f"({one.source}, {one.as_of})"
        )
        yield _line(f"tokens of {one.id}", option.expected, basis)
        return
    if option.kind == "hybrid" and option.second and option.offer:
        yield _line(
            f"accelerators: {option.site.name if option.site else 'owned'}, then {option.offer.instance_type}",
            option.expected,
            f"owned base, {option.offer.instance_type} at {option.offer.ondemand} USD/h beyond ({option.offer.as_of})",
            option.low,
            option.high,
        )
    elif option.offer:
        offer = option.offer
        price = {"on-demand": offer.ondemand, "reserved-1y": offer.reserved_1y}.get(
            option.purchase, offer.spot or offer.spot_estimate
        )
        place = f"{offer.instance_type} {option.purchase} at {price} USD/h in {option.where}"
        yield _line(
            f"accelerators: {option.replicas} replicas, {option.gpus} {option.accelerator}",
            option.expected,
            f"{place} ({offer.source}, {offer.as_of})",
            option.low,
            option.high,
        )
    else:
        usd = option.site.usd_month if option.site else 0
        basis = option.unpriced or f"the share of {usd} USD a month that is used"
        yield _line(f"accelerators: {option.gpus} owned {option.accelerator}", option.expected, basis)


def _cloud(workload: Workload, option: Option, cloud: str, region: str) -> Iterator[CostLine]:
    requests = _requests(workload)
    answers_gb = requests * workload.traffic.answer_tokens * BYTES_PER_TOKEN / 1e9
    weights = option.fit.weights_gib if option.fit else 0.0
    volume = workload.data.volume_gib
    yield _priced("control plane", "k8s_control_plane", (cloud, region), _plane(cloud), 730)
    yield _priced("object storage of the data", "object_storage", (cloud, region), _OBJECT[cloud], volume)
    yield _priced(
        "block storage of weights and indexes",
        "block_storage",
        (cloud, region),
        _BLOCK[cloud],
        weights * 2 + volume * 0.3 + 50,
    )
    yield _priced(f"{BACKUPS} snapshots", "snapshot", (cloud, region), _BLOCK[cloud], BACKUPS * (volume * 0.3 + 50))
    audit = (
        requests
        * (workload.traffic.prompt_tokens + workload.traffic.answer_tokens)
        * BYTES_PER_TOKEN
        * AUDIT_OVERHEAD
        / 1e9
    )
    kept = audit * min(workload.data.retention_days, 3650) / 30
    yield _priced("audit log as objects, at full retention", "object_storage", (cloud, region), _OBJECT[cloud], kept)
    yield _priced("database of the gateway", "postgres", (cloud, region), _DATABASE[cloud], 730)
    if cloud == "gcp":
        yield _priced("address translation", "nat", (cloud, region), "Cloud NAT per VM", 730 * 8)
    else:
        yield _priced(
            f"address translation in {ZONES} zones",
            "nat",
            (cloud, region),
            "NAT gateway",
            730 * ZONES,
            words_not="data",
        )
    yield _egress(cloud, region, answers_gb)
    for item in (
        "processors beside the accelerators",
        "load balancers",
        "traffic between zones",
        "ingestion of logs and metrics",
    ):
        yield CostLine(item, None, f"the catalog has no price of {cloud}", group="services")


def _requests(workload: Workload) -> float:
    """Requests a month."""
    return workload.traffic.requests_per_s * 3600 * demand.HOURS_PER_MONTH


def _licences(option: Option) -> CostLine:
    if option.kind == "hosted":
        return _line("licences", 0.0, "within the price of the tokens", group="services")
    basis = "vLLM, SGLang, TensorRT-LLM and the gateway have open licences; support contracts are not counted"
    return _line("licences", 0.0, basis, group="services")


def _people(workload: Workload, option: Option) -> Iterator[CostLine]:
    share, salary = STAFF[option.kind], prices.owned("staff_usd_year")
    if salary and salary.value is not None:
        basis = (
            f"{share:g} of a person, assumed, at {salary.value} USD a year "
            f"({salary.source}, {salary.as_of}, {salary.confidence} confidence)"
        )
        yield _line("staff", share * float(salary.value) / 12, basis, group="people")
    operations = workload.operations
    if operations.reviews_share:
        hours = _requests(workload) * operations.reviews_share * operations.review_minutes / 60
        if operations.reviewer_usd_hour is None:
            yield CostLine(
                "human review",
                None,
                f"{hours:,.0f} hours a month; the workload names no price of an hour",
                group="people",
            )
        else:
            yield _line(
                "human review", hours * operations.reviewer_usd_hour, f"{hours:,.0f} hours a month", group="people"
            )


def _plane(cloud: str) -> str:
    return {"aws": "EKS cluster", "azure": "AKS Standard", "gcp": "GKE cluster"}[cloud]


def _priced(
    item: str, category: str, place: tuple[str, str], words: str, quantity: float, *, words_not: str | None = None
) -> CostLine:
    cloud, region = place
    found = prices.service(category, cloud, region, words)
    if found and words_not and words_not in found.item:
        found = next(
            (
                one
                for one in prices.services()
                if one.category == category
                and one.cloud == cloud
                and one.region == found.region
                and words_not not in one.item
            ),
            None,
        )
    if found is None:
        return CostLine(item, None, f"the catalog has no price of {words} of {cloud}", group="services")
    elsewhere = "" if found.region == region or found.region.startswith("(") else f", of {found.region}"
    basis = (
        f"{quantity:,.0f} {found.unit} of {found.item} at {found.usd} USD{elsewhere} "
        f"({found.source}, {found.as_of}, {found.confidence} confidence)"
    )
    return _line(item, quantity * float(found.usd), basis, group="services")


def _egress(cloud: str, region: str, gigabytes: float) -> CostLine:
    free = prices.service("egress", cloud, region, "free tier")
    tiers = [
        one for one in prices.services() if one.category == "egress" and one.cloud == cloud and "up to" in one.item
    ]
    left = max(0.0, gigabytes - float(free.usd if free else 0))
    usd, before = 0.0, 0.0
    for tier in tiers:
        limit = float("inf") if "unlimited" in tier.item else float(tier.item.split("up to ")[1].split()[0])
        used = min(left, limit - before)
        usd += used * float(tier.usd)
        left -= used
        before = limit
    basis = f"{gigabytes:,.1f} GB of answers; prices of {tiers[0].region} ({tiers[0].source}, {tiers[0].as_of})"
    return _line("answers to the internet", usd, basis, group="services")


@dataclass(frozen=True, slots=True)
class Units:
    """What one unit costs in USD; None where the workload has no such unit."""

    per_1000_requests: float
    per_million_tokens: float | None
    per_person: float | None


def units(workload: Workload, cost: Cost) -> Units:
    """The bill by unit."""
    requests = _requests(workload)
    generated = workload.work in demand.GENERATING
    tokens = requests * (workload.traffic.prompt_tokens + workload.traffic.answer_tokens)
    total = float(cost.total)
    return Units(
        total / requests * 1000,
        total / tokens * 1e6 if generated else None,
        total / workload.people if workload.people else None,
    )


@dataclass(frozen=True, slots=True)
class Server:
    """An owned server in colocation: what it costs at once and a month, and an hour over its life; no staff."""

    outlay_usd: float
    monthly_usd: float
    hourly_usd: float
    basis: str


def owned_server(servers: str = "8xH100") -> Server | None:
    """An owned server of a kind; None where a figure of it is not known."""
    own = {name: prices.owned(name, servers) for name in ("server_capex_usd", "server_kw")}
    general = {
        name: prices.owned(name)
        for name in ("network_share", "residual_share", "depreciation_months", "colocation_usd_kw_month")
    }
    known = {name: float(one.value) for name, one in {**own, **general}.items() if one and one.value is not None}
    if len(known) < len(own) + len(general):
        return None
    capex, months = known["server_capex_usd"], known["depreciation_months"]
    outlay = capex * (1 + known["network_share"])
    monthly = known["server_kw"] * known["colocation_usd_kw_month"]
    hourly = ((outlay - capex * known["residual_share"]) / months + monthly) / 730
    basis = (
        f"{servers}: {capex:,.0f} USD, {known['network_share']:.1%} network, {known['residual_share']:.0%} left after "
        f"{months:.0f} months, {known['server_kw']:g} kW at {known['colocation_usd_kw_month']:g} USD a kW-month"
    )
    return Server(outlay, monthly, hourly, basis)


def gpus(item: str, inventory: Inventory, pool_name: str, count: int, running: float = 1.0) -> CostLine:
    """The cost of GPUs in a pool: by the inventory's own price, else what the same GPUs cost on demand in a cloud.

    They are ``running`` for that share of the month; a node with a price of its own stands all of it.
    """
    pool = next(pool for pool in inventory.pools if pool.name == pool_name)
    if pool.accelerator is None:
        return CostLine(item, None, f"pool '{pool_name}' has no GPUs")
    if pool.monthly_usd_per_node is not None:
        share = Decimal(count) / Decimal(pool.accelerator.count)
        usd = Decimal(str(pool.monthly_usd_per_node)) * share
        return CostLine(
            item, _cents(usd), f"{count} of {pool.accelerator.count} GPUs of a node, price of the inventory"
        )
    known = hardware.accelerator(pool.accelerator.product)
    if inventory.provider:
        reference = gpu_clouds.offer(inventory.provider, inventory.region, pool.accelerator.product)
        where = f"{inventory.provider} {inventory.region}: name the inventory's monthly_usd_per_node"
    else:
        reference, where = reference_offer(known.name) if known else None, REFERENCE[1]
    if reference is None:
        return CostLine(item, None, f"no price is known for {pool.accelerator.product} in {where}")
    each, best = reference
    basis = (
        f"{count} GPUs at the on-demand price of {best.cloud} {best.instance_type} in {best.region} "
        f"({best.ondemand} USD/h for {best.count:g}, as of {best.as_of})"
    )
    hours = HOURS_PER_MONTH * Decimal(str(running))
    if running < 1:
        basis += f", {hours:.0f} hours a month"
    return CostLine(item, _cents(each * count * hours), basis)


def volumes(gib: float) -> CostLine:
    """The cost of block storage at the reference cloud's price."""
    return _priced(f"volumes, {gib:.0f} GiB", "block_storage", REFERENCE, _BLOCK[REFERENCE[0]], gib)


def _line(
    item: str, usd: float, basis: str, low: float | None = None, high: float | None = None, *, group: str = RAW
) -> CostLine:
    bounds = [_cents(Decimal(str(round(usd if one is None else one, 4)))) for one in (low, high)]
    return CostLine(item, _cents(Decimal(str(round(usd, 4)))), basis, bounds[0], bounds[1], group)


def _or(bound: Decimal | None, usd: Decimal | None) -> Decimal:
    return bound if bound is not None else usd if usd is not None else Decimal(0)


def _cents(usd: Decimal) -> Decimal:
    return usd.quantize(CENT, ROUND_HALF_UP)
