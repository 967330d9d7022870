"""What an instance ends with when it could not do its work."""

from __future__ import annotations

from app.events.run_events import Failure


class InstanceFailed(Exception):
    """The instance failed after its last attempt."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure
