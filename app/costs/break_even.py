"""Whether a cascade pays: what it costs a row against the strong model alone, and how often it may go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ReplayedRow:
    """One row of a past run with what the last model alone gave for it. `strong` is None where that failed."""

    number: int
    cascade: str
    strong: str | None
    tier: int


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Averages a row, in US dollars: `first` is the first model with its check, `strong` the last model alone,
    `cascade` what the cascade took in all; None = nobody knows a price of it. `escalated` is the share of rows that
    went on.
    """

    rows: int
    first: Decimal | None
    strong: Decimal | None
    cascade: Decimal | None
    escalated: float

    @property
    def is_known(self) -> bool:
        """Whether anybody can say if it pays; also where the strong model is free, so that it can't."""
        return self.strong == 0 or None not in (self.first, self.strong)

    @property
    def most_escalated(self) -> float | None:
        """Up to this share of rows that go on the cascade is cheaper: p < 1 - (C_cheap + C_check) / C_strong. None
        where the strong model costs nothing, and where it isn't known.
        """
        return float(1 - self.first / self.strong) if self.strong and self.first is not None else None

    @property
    def is_met(self) -> bool | None:
        most = self.most_escalated
        return None if most is None else self.escalated < most

    @property
    def saved(self) -> Decimal | None:
        """A row; less than nothing where the cascade costs more."""
        return None if self.strong is None or self.cascade is None else self.strong - self.cascade


def agreed(rows: Sequence[ReplayedRow]) -> int:
    """Rows where both said the same, spaces and capitals aside."""
    return sum(map(is_same, rows))


def is_same(row: ReplayedRow) -> bool:
    """Whether both said the same of it; never where one failed."""
    return row.strong is not None and _plain(row.cascade) == _plain(row.strong)


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()
