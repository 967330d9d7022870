"""What ends a scope: a step failed, and its policy says so."""

from __future__ import annotations

from app.events.run_events import Failure


class ScopeFailed(Exception):
    """A step failed and its policy stops the scope."""

    def __init__(self, node: str, failure: Failure) -> None:
        super().__init__(f"{node}: {failure.code}")
        self.node = node
        self.failure = failure
