"""What a registry is: the images a platform runs, mirrored into its region."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySpec:
    """``mirrors`` are registries whose images are fetched through it; ``keep`` is how many untagged images stay."""

    name: str
    ownership: Ownership
    region: str
    mirrors: tuple[str, ...]
    keep: int = 20
    storage_class: str = "encrypted"
    storage_gib: int = 200
    image: str = ""
