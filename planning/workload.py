"""What a workload needs, as a team states it. Everything left out has a default, and the plan shows it as assumed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]
Area = Annotated[str, Field(pattern=r"^([A-Z]{2}|EEA)$", description="A country, or EU or EEA.")]
Share = Annotated[float, Field(ge=0, lt=1)]
Tokens = Annotated[int, Field(gt=0, le=1_000_000)]
Work = Literal["chat", "rag", "embeddings", "vision", "tabular", "batch", "fine-tuning", "training"]
DataKind = Literal["public", "internal", "personal", "health", "payment", "sdf-localised", "restricted"]
Law = Literal["eu-gdpr", "uk-gdpr", "in-dpdp", "in-certin", "in-rbi-payments", "eu-ai-act", "us-hipaa", "pci-dss-4"]
Safeguard = Literal["adequacy", "dpf", "scc"]
Target = Literal["aws", "azure", "gcp", "lambda", "runpod", "coreweave", "owned", "hosted"]


class Written(BaseModel):
    """Taken as written: no unknown key, no conversion between types, no change afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Traffic(Written):
    """Requests, and what one is like. Shares are of requests, ``shared_prefix`` of a prompt's tokens."""

    requests_per_s: Annotated[float, Field(gt=0, le=1e6, description="Mean over the week.")]
    peak_factor: Annotated[float, Field(ge=1, le=100, description="The busiest minute over the mean.")] = 3.0
    shape: Literal["flat", "office", "evening", "global"] = "office"
    weekend: Annotated[float, Field(ge=0, le=1, description="Load of a weekend day over that of a workday.")] = 1.0
    growth_per_year: Annotated[float, Field(ge=0, le=10)] = 0.0
    prompt_tokens: Tokens = 1500
    answer_tokens: Tokens = 300
    prompt_tokens_p95: Tokens | None = None
    answer_tokens_p95: Tokens | None = None
    images: Annotated[float, Field(ge=0, le=100, description="Images of a request, on average.")] = 0.0
    image_tokens: Tokens = 1000
    cacheable: Share = 0.0
    small_model: Share = 0.0
    shared_prefix: Share = 0.0


class Objectives(Written):
    """What users wait for, at the 95th percentile, and how often it may fail."""

    first_token_ms: Annotated[int, Field(ge=10, le=600_000)] = 2000
    per_token_ms: Annotated[int, Field(ge=2, le=10_000)] = 60
    end_to_end_ms: Annotated[int, Field(ge=2, le=3_600_000)] | None = None
    availability_percent: Annotated[float, Field(ge=50, le=99.999)] = 99.5
    error_percent: Annotated[float, Field(ge=0, le=50)] = 1.0


class Data(Written):
    """What law and policy say. ``jurisdictions`` bound where data is kept, ``processing`` where it is worked on."""

    kinds: Annotated[list[DataKind], Field(min_length=1)] = ["internal"]
    subjects: list[Country] = []
    laws: list[Law] = []
    safeguards: list[Safeguard] = []
    jurisdictions: list[Area] = []
    processing: list[Area] = []
    retention_days: Annotated[int, Field(gt=0, le=36_500)] = 365
    volume_gib: Annotated[float, Field(ge=0, le=1e7)] = 100.0


class Models(Written):
    """Which models may answer, by id of the catalog: with open weights, or hosted. The first that does is taken."""

    allowed: list[str] = ["Qwen/Qwen3-8B"]
    small: Annotated[str | None, Field(description="Answers traffic.small_model of the requests.")] = None
    least_tier: Literal["small", "medium", "large", "frontier"] | None = None
    precisions: Annotated[list[Literal["bf16", "fp8", "fp4", "int4"]], Field(min_length=1)] = ["bf16", "fp8"]
    hosted: bool = True
    adapters: Annotated[int, Field(ge=0, le=1000, description="Low-rank adapters kept in memory.")] = 0
    adapter_rank: Annotated[int, Field(gt=0, le=512)] = 16
    gflops_per_item: Annotated[float, Field(gt=0, le=1e6, description="Of a vision model.")] = 50.0
    memory_gib: Annotated[float, Field(gt=0, le=1000, description="Of a vision or tabular model.")] = 2.0
    scores_per_s_per_vcpu: Annotated[float, Field(gt=0, le=1e6, description="Of a tabular model.")] = 500.0


class Training(Written):
    """A training or fine-tuning run: tokens seen, and how soon it has to be done."""

    model: str
    tokens_b: Annotated[float, Field(gt=0, le=1e6)]
    method: Literal["full", "lora"] = "lora"
    deadline_h: Annotated[float, Field(gt=0, le=24 * 365)] = 72.0
    runs_per_month: Annotated[float, Field(gt=0, le=1000)] = 1.0


class Site(Written):
    """Hardware a team already has: on premises or at an edge. ``usd_month`` is what all of it costs while it stands."""

    name: Name
    country: Country
    accelerator: str | None = None
    gpus_per_node: Annotated[int, Field(gt=0, le=16)] = 1
    nodes: Annotated[int, Field(gt=0, le=10_000)] = 1
    cpus_per_node: Annotated[int, Field(gt=0, le=1024)] = 16
    uplink: Literal["none", "poor", "good"] = "good"
    kind: Literal["datacentre", "edge"] = "datacentre"
    terms: Literal["owned", "leased"] = "owned"
    usd_month: Annotated[float, Field(ge=0)] | None = None
    availability_percent: Annotated[float, Field(ge=50, le=99.999)] = 99.5


class Operations(Written):
    """What the team can run: nothing, managed clouds, Kubernetes anywhere, or platforms that span places."""

    capability: Literal["none", "managed", "kubernetes", "platform"] = "kubernetes"
    reviews_share: Annotated[float, Field(ge=0, le=1, description="Answers a person looks at.")] = 0.0
    review_minutes: Annotated[float, Field(gt=0, le=600)] = 3.0
    reviewer_usd_hour: Annotated[float, Field(gt=0)] | None = None


class Budget(Written):
    """USD a month, and what happens when a plan costs more."""

    monthly_usd: Annotated[float, Field(gt=0)]
    when_exceeded: Literal["refuse", "warn"] = "refuse"


class Weights(Written):
    """How much each criterion counts."""

    cost: Annotated[float, Field(ge=0)] = 0.5
    latency: Annotated[float, Field(ge=0)] = 0.15
    availability: Annotated[float, Field(ge=0)] = 0.15
    operations: Annotated[float, Field(ge=0)] = 0.1
    lock_in: Annotated[float, Field(ge=0)] = 0.1


class Workload(Written):
    """A workload."""

    kind: Literal["workload"] = "workload"
    name: Name
    work: Work
    traffic: Traffic = Traffic(requests_per_s=1.0)
    objectives: Objectives = Objectives()
    users: list[Country] = []
    people: Annotated[int, Field(gt=0)] | None = None
    data: Data = Data()
    models: Models = Models()
    training: Training | None = None
    deadline_h: Annotated[float, Field(gt=0, description="Of batch work.")] | None = None
    sites: list[Site] = []
    operations: Operations = Operations()
    targets: list[Target] = []
    burst: bool = True
    purchases: Annotated[list[Literal["on-demand", "spot", "reserved-1y"]], Field(min_length=1)] = [
        "on-demand",
        "reserved-1y",
    ]
    engine: Literal["vllm", "sglang", "trtllm"] = "vllm"
    budget: Budget | None = None
    weights: Weights = Weights()

    @model_validator(mode="after")
    def _whole(self) -> "Workload":
        if self.work in ("fine-tuning", "training") and self.training is None:
            message = f"training: a workload of kind '{self.work}' says what it trains: give model and tokens_b"
            raise ValueError(message)
        if self.traffic.small_model and self.models.small is None:
            message = "models.small: a share of requests goes to a small model: name it"
            raise ValueError(message)
        return self


def assumed(workload: BaseModel, prefix: str = "") -> list[str]:
    """What was left to defaults, as ``path = value``, to any depth."""
    found: list[str] = []
    for name in type(workload).model_fields:
        value = getattr(workload, name)
        path = f"{prefix}{name}"
        if name not in workload.model_fields_set:
            if value not in (None, []) and name != "kind":
                shown = value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value
                found.append(f"{path} = {shown}")
        elif isinstance(value, BaseModel):
            found += assumed(value, f"{path}.")
    return found
