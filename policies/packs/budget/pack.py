"""The budget pack."""

from policies.registry import BUDGET, VERSION
from policies.runner import as_policies

NAME = "domicile-budget"
POLICIES = as_policies(BUDGET)

__all__ = ["NAME", "POLICIES", "VERSION"]
