"""Usage: the tokens of a model call in parts that add up."""

from __future__ import annotations

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Tokens. `cached` is the part of `input` that a provider or engine had already processed, `written` the part
    that it was paid to keep for later calls, `reasoning` the part of `output` that was thought and not shown: none is
    counted twice.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    written: int = 0

    def __add__(self, other: Usage) -> Usage:
        if self is NO_USAGE:  # as every sum begins
            return other
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.written + other.written,
        )

    @property
    def total(self) -> int:
        return self.input + self.output


NO_USAGE = Usage()
