"""The budget pack."""

from policies.registry import PACKS, VERSION
from policies.runner import as_policies

NAME = "domicile-budget"
POLICIES = as_policies(PACKS["budget"])

__all__ = ["NAME", "POLICIES", "VERSION"]
