"""The encryption pack."""

from policies.registry import PACKS, VERSION
from policies.runner import as_policies

NAME = "domicile-encryption"
POLICIES = as_policies(PACKS["encryption"])

__all__ = ["NAME", "POLICIES", "VERSION"]
