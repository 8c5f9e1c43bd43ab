"""The encryption pack."""

from policies.registry import ENCRYPTION, VERSION
from policies.runner import as_policies

NAME = "domicile-encryption"
POLICIES = as_policies(ENCRYPTION)

__all__ = ["NAME", "POLICIES", "VERSION"]
