"""What keys are: one for each class of data, rotated, in the region."""

from dataclasses import dataclass

from components.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysSpec:
    """``rotation_days`` is how often a key gets new material. ``external`` names a KMS that is not ours to make.

    ``disks`` tells whether volumes are encrypted with them too.
    """

    name: str
    ownership: Ownership
    region: str
    data_classes: tuple[str, ...]
    rotation_days: int = 90
    external: str = ""
    disks: bool = True
