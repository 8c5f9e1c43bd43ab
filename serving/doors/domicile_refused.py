"""A request that is not answered as it was asked for."""


class RefusedError(Exception):
    """The status, and every reason."""

    def __init__(self, status: int, reasons: list[str]) -> None:
        """Say why."""
        super().__init__("; ".join(reasons))
        self.status = status
        self.reasons = reasons
