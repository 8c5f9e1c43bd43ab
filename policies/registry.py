"""Every rule, written out by hand, by pack."""

from policies.rule import AnyRule
from policies.rules import ai, budget, costs, documents, encryption, governance, residency, retention, routes

VERSION = "0.2.0"
PACKS: dict[str, tuple[AnyRule, ...]] = {
    "residency": (*residency.RULES, *retention.RULES, *routes.RULES),
    "encryption": (*encryption.RULES, *documents.RULES),
    "budget": (*budget.RULES, *costs.RULES),
    "ai": (*ai.RULES, *governance.RULES),
}
RULES: tuple[AnyRule, ...] = tuple(rule for rules in PACKS.values() for rule in rules)
BY_ID: dict[str, AnyRule] = {rule.id: rule for rule in RULES}
PACK_OF: dict[str, str] = {rule.id: pack for pack, rules in PACKS.items() for rule in rules}
#: ids that are used no more, and why: an id never means something else
RETIRED: dict[str, str] = {}
