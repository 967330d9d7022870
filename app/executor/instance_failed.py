"""What an instance ends with when it could not do its work."""

from __future__ import annotations

from app.events.run_events import Failure


class InstanceFailed(Exception):
    """The instance failed after its last attempt. `in_doubt`: an effect outside may have happened all the same."""

    def __init__(self, failure: Failure, *, in_doubt: bool = True) -> None:
        super().__init__(failure.code)
        self.failure = failure
        self.in_doubt = in_doubt
