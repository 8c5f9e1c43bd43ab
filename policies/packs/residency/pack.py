"""The residency pack."""

from policies.registry import PACKS, VERSION
from policies.runner import as_policies

NAME = "domicile-residency"
POLICIES = as_policies(PACKS["residency"])

__all__ = ["NAME", "POLICIES", "VERSION"]
