"""The error that a node or a power raises: a code with arguments, never a sentence."""

from __future__ import annotations

from app.costs.usage import Usage
from app.document.problem import Argument

# Only these may pass by themselves, so only these are tried again.
PASSING = frozenset(
    {
        *("timeout", "unreachable", "too_many_requests", "server_error", "stream_cut", "cut_off"),
        *("host_crashed", "host_killed"),
    }
)

# Contact was lost, or time was up: what had been begun may have come to its end all the same.
_OPEN = frozenset(
    {
        *("timeout", "unreachable", "stream_cut", "cut_off"),
        *("host_crashed", "host_killed"),
    }
)


def may_pass(code: str) -> bool:
    """Whether what this code says may be over the next time."""
    return code.rpartition(".")[2] in PASSING


class NodeError(Exception):
    """A step could not do its work. `code` is `<area>.<what>`, such as `file.missing` or `model.timeout`.

    `retry_after` is the server's own wish in seconds. `field` names the setting to look at. `used` is what had been
    answered, and so paid, before it failed, where that is known; `is_guess`: as far as it can be guessed. `unsent`:
    nothing had left for the server, so nobody can have worked on it. `is_open`: what had been begun outside may have
    happened all the same; by default where the code says that contact was lost.
    """

    def __init__(
        self, code: str, *, field: str | None = None, retry_after: float | None = None, **args: Argument
    ) -> None:
        super().__init__(f"{code} {args}" if args else code)
        self.code = code
        self.field = field
        self.retry_after = retry_after
        self.used: Usage | None = None
        self.is_guess = False
        self.unsent = False
        self.is_open = code.rpartition(".")[2] in _OPEN
        self.args_by_name = args

    @property
    def may_pass(self) -> bool:
        return may_pass(self.code)

    @property
    def in_doubt(self) -> bool:
        """Whether nobody knows if an effect outside has happened."""
        return self.is_open and not self.unsent
