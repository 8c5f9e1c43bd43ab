"""What is watched of a workload, and the objectives it is held to."""

from dataclasses import dataclass

from components.ownership import Ownership
from serving.gateway.spec import NAME as GATEWAY
from serving.gateway.spec import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A model server: its engine and release name its metrics; ``start_s`` is how long it may take to start.

    ``answer_s`` is about how long an answer takes, ``usd_hour`` what its GPUs cost an hour, 0 where that is not known.
    ``gpus`` are those of a replica, ``port`` and ``path`` where metrics are. One that is not ``always`` there runs for
    a job, whose requests wait; one that ``sleeps`` has no replica while nobody asks.
    """

    name: str
    engine: str
    release: str
    start_s: int
    most: int
    scaled: bool
    usd_hour: float
    answer_s: int = 1
    always: bool = True
    sleeps: bool = False
    gpus: int = 1
    port: str = "http"
    path: str = "/metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSpec:
    """Objectives in percent of requests; budgets in USD a month, the workload's and those of its teams.

    ``door`` is the part that clients ask. ``aliases`` are held to the objectives; ``fallback_percent`` is how many
    requests fallbacks may answer. Work in windows has been done at least every ``batch_s`` seconds, 0 where there is
    none; a training run ends within ``training_s``; documents are read whole every ``documents_s``, 0 without any.
    ``hub`` is the part that knows of a fleet's sites. ``gateway`` is what is behind the door; of Envoy an answer is
    slow whose first piece takes longer than ``first_token_s``.
    """

    ownership: Ownership
    door: str = GATEWAY
    servers: tuple[Watched, ...]
    aliases: tuple[str, ...]
    availability_percent: float
    latency_percent: float = 95.0
    fallback_percent: float = 10.0
    team_budgets: tuple[tuple[str, float], ...] = ()
    backups: bool = True
    batch_s: int = 0
    training_s: int = 0
    documents_s: int = 0
    hub: str = ""
    gateway: Engine = "litellm"
    first_token_s: float = 0.0
    keda: bool
    operator: bool

    @property
    def accelerated(self) -> bool:
        """Whether any of it has GPUs."""
        return bool(self.training_s) or any(server.gpus for server in self.servers)

    @property
    def namespace(self) -> str:
        """The workload's namespace."""
        return self.ownership.workload

    @property
    def here(self) -> str:
        """The matcher of the workload's series: two workloads may have an alias of the same name."""
        return f'namespace="{self.namespace}"'
