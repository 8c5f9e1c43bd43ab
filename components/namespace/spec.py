"""What a workload's namespace is: its name, its security level and its share of the cluster."""

from dataclasses import dataclass

from components.namespace.admission import AdmissionSpec, SignaturesSpec
from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSpec:
    """``quota`` is a ResourceQuota's hard limits; ``default_*`` apply to containers that state none."""

    name: str
    ownership: Ownership
    quota: dict[str, str]
    default_cpu: str = "250m"
    default_memory: str = "256Mi"
    annotations: tuple[tuple[str, str], ...] = ()
    admission: AdmissionSpec | None = None
    signatures: SignaturesSpec | None = None
