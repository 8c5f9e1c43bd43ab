"""What a platform team writes: the cluster, the stores and the guards that workloads of a region share."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from blueprints.written import Country, Name, Owner, Written
from components.gpu_pool.spec import CapacityKind
from components.targets import Target

Schedule = Annotated[str, Field(pattern=r"^\S+ \S+ \S+ \S+ \S+$", description="A cron schedule.")]
Days = Annotated[int, Field(gt=0, le=3650)]
Cidr = Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$", description="A network, as 10.20.0.0/16.")]


class Data(Written):
    """What law and policy say of the data that workloads bring."""

    classes: Annotated[
        list[Literal["public", "internal", "confidential", "restricted"]],
        Field(min_length=1, description="Each has a key of its own."),
    ]
    jurisdictions: Annotated[list[Country], Field(min_length=1, description="Countries the data must stay in.")]
    retention_days: Days = 365
    audit_retention_days: Annotated[Days, Field(description="How long the law wants audit logs.")] = 365


class Network(Written):
    """Addresses, and what may pass."""

    cidr: Cidr = "10.20.0.0/16"
    services: Cidr = "172.20.0.0/16"
    zones: Annotated[int, Field(ge=1, le=3)] = 3
    egress: Annotated[bool, Field(description="Whether anything may leave for the internet.")] = True
    public_ingress: bool = False
    log_days: Days = 90


class Nodes(Written):
    """How many nodes a pool has."""

    least: Annotated[int, Field(ge=0, le=500)] = 0
    most: Annotated[int, Field(gt=0, le=500)]

    @model_validator(mode="after")
    def _ordered(self) -> "Nodes":
        if self.least > self.most:
            message = f"least: {self.least} nodes are more than most: {self.most}"
            raise ValueError(message)
        return self


class Sharing(Written):
    """How one accelerator serves several pods."""

    mig_profile: Annotated[str, Field(pattern=r"^([1-7]g\.\d+gb)?$")] = ""
    time_slices: Annotated[int, Field(ge=1, le=48)] = 1


class Pool(Written):
    """Nodes with accelerators."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$")]
    purpose: Literal["inference", "training"]
    accelerator: Annotated[str, Field(description="Its name in the catalog, as L40S.")]
    per_node: Annotated[int, Field(gt=0, le=16)] = 1
    nodes: Nodes
    capacity: Annotated[
        list[Literal["reserved", "on-demand", "flex", "spot"]],
        Field(min_length=1, description="Tried in this order."),
    ] = ["on-demand"]  # noqa: RUF012 as below
    reservation: Annotated[str, Field(description="The reservation's id, for capacity `reserved`.")] = ""
    sharing: Sharing = Sharing()
    multi_node: Annotated[bool, Field(description="Whether nodes work on one job together.")] = False

    @property
    def kinds(self) -> tuple[CapacityKind, ...]:
        """The kinds of capacity, in order."""
        return tuple(CapacityKind(kind) for kind in self.capacity)


class Objects(Written):
    """A bucket."""

    name: Name
    data_class: str = ""
    locked_days: Days | None = None
    cold_after_days: Days | None = None
    replica_region: Annotated[str, Field(description="A second region with a copy; the law must allow it too.")] = ""


class ModelFiles(Written):
    """Shared storage for weights."""

    size_gib: Annotated[int, Field(ge=100, le=1_000_000)] = 1000
    parallel: bool = False


class Sql(Written):
    """PostgreSQL with pgvector."""

    cpus: Annotated[int, Field(ge=2, le=96)] = 4
    memory_gib: Annotated[int, Field(ge=4, le=768)] = 16
    storage_gib: Annotated[int, Field(ge=32, le=16384)] = 128
    standbys: Annotated[int, Field(ge=0, le=2)] = 1
    backup_days: Annotated[int, Field(ge=1, le=35)] = 14


class Cache(Written):
    """A cache that speaks Redis' protocol."""

    memory_gib: Annotated[int, Field(ge=1, le=100)] = 6
    replicas: Annotated[int, Field(ge=0, le=2)] = 1


class Queue(Written):
    """A stream of events."""

    retention_hours: Annotated[int, Field(ge=1, le=168)] = 24
    partitions: Annotated[int, Field(ge=1, le=32)] = 4


class Warehouse(Written):
    """Tables for analysis and features, in the target's own warehouse."""

    engine: Literal["own"] = "own"
    expire_days: Days | None = None


Ranges = Annotated[list[Cidr], Field(min_length=1, description="Addresses that may sign in.")]
VendorCloud = Annotated[Literal["aws", "gcp", "azure"], Field(description="Where the vendor keeps the account.")]


class Snowflake(Written):
    """The same at Snowflake, in an account that is there; its region the law is asked about."""

    engine: Literal["snowflake"]
    organization: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
    account: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
    cloud: VendorCloud
    region: Annotated[str, Field(description="The account's region, as its cloud names it.")]
    size: Literal["XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE"] = "XSMALL"
    monthly_credits: Annotated[int, Field(gt=0, description="The compute ends when they are used up.")]
    clients: Ranges
    public_key: Annotated[str, Field(pattern=r"^-----BEGIN PUBLIC KEY-----", description="The workloads' (PEM, RSA).")]
    history_days: Annotated[int, Field(ge=0, le=90)] = 7


class Databricks(Written):
    """The same at Databricks, in a workspace that is there; its region the law is asked about."""

    engine: Literal["databricks"]
    host: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+$")]
    cloud: VendorCloud
    region: Annotated[str, Field(description="The workspace's region, as its cloud names it.")]
    size: Literal["2X-Small", "X-Small", "Small", "Medium", "Large"] = "2X-Small"
    clients: Ranges
    group: Annotated[str, Field(min_length=1, description="Who may use it, by the name of their group.")]
    storage: Annotated[str, Field(pattern=r"^(s3|gs|abfss)://", description="Where the catalog keeps its tables.")]


class Features(Written):
    """A feature store (Feast): registry in a bucket, history in the target's warehouse, fresh values in Valkey."""

    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    memory_gib: Annotated[int, Field(ge=1, le=100, description="Of fresh values.")] = 4
    materialize: Annotated[str, Field(pattern=r"^\S+ \S+ \S+ \S+ \S+$", description="A cron schedule.")] = (
        "*/15 * * * *"
    )


class Tracking(Written):
    """Runs and versions of models (MLflow): records in the platform's PostgreSQL, files in a bucket."""

    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    image: Annotated[
        str,
        Field(pattern=r"^(\S+[:@]\S+)?$", description="Another that has MLflow, psycopg2 and the target's storage."),
    ] = ""
    keep_backups: Annotated[int, Field(ge=1, le=365, description="So many days of records.")] = 14
    backup_gib: Annotated[int, Field(ge=5, le=1024)] = 20


MIRRORS = ("registry-1.docker.io", "quay.io")


class OwnVectors(Written):
    """Vectors in the cluster, or in the relational store."""

    engine: Literal["qdrant", "weaviate", "milvus", "pgvector"]
    storage_gib: Annotated[int, Field(ge=10, le=16384)] = 100
    memory_gib: Annotated[int, Field(ge=1, le=768)] = 8


class Pinecone(Written):
    """Vectors at Pinecone: an endpoint outside, whose region the law is asked about."""

    engine: Literal["pinecone"]
    endpoint: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+$")]
    cloud: Literal["aws", "gcp", "azure"]
    region: str


class Registry(Written):
    """Images in the region, and the registries whose images are fetched through it."""

    mirrors: list[Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")]] = Field(
        default_factory=lambda: list(MIRRORS)
    )


def _engine_of(written: Any) -> str:
    """A warehouse that names no engine is the target's own."""
    if isinstance(written, Written):
        return str(getattr(written, "engine", ""))
    return str(written.get("engine", "own")) if hasattr(written, "get") else ""


class Stores(Written):
    """What keeps data. What is left out is not made."""

    objects: list[Objects] = Field(default_factory=list[Objects])
    models: ModelFiles | None = ModelFiles()
    sql: Sql | None = None
    vectors: Annotated[OwnVectors | Pinecone, Field(discriminator="engine")] | None = None
    cache: Cache | None = None
    queue: Queue | None = None
    warehouse: (
        Annotated[
            Annotated[Warehouse, Tag("own")]
            | Annotated[Snowflake, Tag("snowflake")]
            | Annotated[Databricks, Tag("databricks")],
            Discriminator(_engine_of),
        ]
        | None
    ) = None
    features: Features | None = None
    tracking: Tracking | None = None
    registry: Registry | None = Registry()


class Needs(Written):
    """A use of a store: a bucket by its name, or `queue`, `warehouse`, `registry`."""

    store: str
    access: Literal["read", "write"]


class Workload(Written):
    """A workload's identity: its service account, and all it may do."""

    name: Name
    namespace: Name
    service_account: Name
    uses: Annotated[list[Needs], Field(min_length=1)]


class Budget(Written):
    """What the platform may cost a month."""

    monthly_usd: Annotated[int, Field(gt=0)]
    start: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-01$", description="First day of a month.")] = "2026-01-01"


class Platform(Written):
    """A platform in one region."""

    kind: Literal["platform"]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$")]
    owner: Owner
    data: Data
    network: Network = Network()
    pools: Annotated[list[Pool], Field(min_length=1)]
    stores: Stores = Stores()
    identities: list[Workload] = Field(default_factory=list[Workload])
    budget: Budget
    target: Target
