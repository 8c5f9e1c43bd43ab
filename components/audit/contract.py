"""What the rest of a platform needs of an audit sink."""

from dataclasses import dataclass
from typing import Protocol

from pulumi import Input, Output

from components.audit.spec import AuditSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArgs:
    """The spec, and the key that encrypts what is kept."""

    spec: AuditSpec
    key: Input[str]


class Audit(Protocol):
    """An append-only sink in the region."""

    sink: Output[str]


class HasAudit(Protocol):
    """A kit that can make one."""

    def audit(self, name: str, args: AuditArgs) -> Audit:
        """Make a locked sink and send the account's own audit trail there."""
        ...
