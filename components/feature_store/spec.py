"""What a feature store is: how many servers answer, how fresh their values are, and who may ask."""

from dataclasses import dataclass

from components.cache.spec import CacheSpec
from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureStoreSpec:
    """``materialize`` is the schedule that brings new values to the ``online`` store; ``namespaces`` may ask it."""

    name: str
    ownership: Ownership
    region: str
    service_account: str
    image: str
    replicas: int
    materialize: str
    online: CacheSpec
    namespaces: tuple[str, ...]
