"""A Problem: why something can't load or run, as a code with arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]
Argument: TypeAlias = str | int | float | bool | None | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Which node, which field, what to do: the window and the CLI render it from the catalogues.

    `code` is the key: `problem.<code>` (what happened) and `problem.<code>.fix` (what to do).
    An `error` keeps the workflow from running, a `warning` doesn't.
    """

    code: str
    node: str | None = None
    field: str | None = None
    edge: str | None = None
    args: Mapping[str, Argument] = dataclasses.field(default_factory=dict[str, Argument])
    severity: Severity = "error"


class ProblemError(Exception):
    """Raised where a call can't go on; carries one or more Problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(f"{p.code} {dict(p.args)}" for p in problems))
        self.problems = problems
