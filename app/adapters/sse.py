"""Server-sent events: the data of each event from the bytes of a stream, wherever its pieces were cut.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from app.sdk.errors import NodeError

LONGEST_EVENT = 4 * 1024 * 1024  # bytes


class EventData:
    """Takes chunks in, gives the data of the events that are complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Raises NodeError `model.bad_reply` on an event without end."""
        lines = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LONGEST_EVENT:
            raise NodeError("model.bad_reply")
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data = []
        return events

    def end(self) -> list[bytes]:
        """What a server that forgot the last empty line left behind."""
        return self.feed(b"\n\n")
