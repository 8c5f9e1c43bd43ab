"""The ai pack."""

from policies.registry import PACKS, VERSION
from policies.runner import as_policies

NAME = "domicile-ai"
POLICIES = as_policies(PACKS["ai"])

__all__ = ["NAME", "POLICIES", "VERSION"]
