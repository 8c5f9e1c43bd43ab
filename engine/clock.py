"""The time as Pulumi writes it into states and events."""

from datetime import UTC, datetime


def now() -> str:
    """The current time, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
