"""The residency pack."""

from policies.registry import RESIDENCY, VERSION
from policies.runner import as_policies

NAME = "domicile-residency"
POLICIES = as_policies(RESIDENCY)

__all__ = ["NAME", "POLICIES", "VERSION"]
