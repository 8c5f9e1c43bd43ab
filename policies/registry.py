"""Every rule, written out by hand, by pack."""

from typing import Any

from policies.rule import Rule, StackRule
from policies.rules import budget, encryption, residency

AnyRule = Rule[Any] | StackRule
VERSION = "0.1.0"
RESIDENCY: tuple[AnyRule, ...] = (residency.DECLARED, residency.ALLOWED, residency.INFERENCE, residency.EGRESS)
ENCRYPTION: tuple[AnyRule, ...] = (encryption.AT_REST, encryption.IN_TRANSIT, encryption.PLAIN_SECRETS)
BUDGET: tuple[AnyRule, ...] = (budget.OWNED, budget.LIMITED, budget.GPU_TOTAL)
PACKS: dict[str, tuple[AnyRule, ...]] = {"residency": RESIDENCY, "encryption": ENCRYPTION, "budget": BUDGET}
RULES: tuple[AnyRule, ...] = (*RESIDENCY, *ENCRYPTION, *BUDGET)
