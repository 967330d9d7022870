"""A month as the Costs page walks them: its name, its first and last day, the one before and the one after."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from app import texts
from app.costs.ledger import Days
from app.texts import text


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    number: int

    @classmethod
    def of(cls, day: str) -> Month:
        """The month of an ISO day."""
        return cls(int(day[:4]), int(day[5:7]))

    @property
    def length(self) -> int:
        return calendar.monthrange(self.year, self.number)[1]

    @property
    def days(self) -> Days:
        return Days(self.day(1), self.day(self.length))

    def day(self, number: int) -> str:
        return dt.date(self.year, self.number, number).isoformat()

    def moved(self, months: int) -> Month:
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)

    @property
    def name(self) -> str:
        if texts.language().startswith("zh"):
            return f"{self.year} 年 {self.number} 月"
        return f"{self.words} {self.year}"

    @property
    def words(self) -> str:
        """Without the year."""
        if texts.language().startswith("zh"):
            return f"{self.number} 月"
        return text(f"model.month.{self.number}")


def day_in_month(day: str) -> str:
    """As "20 November"."""
    date = dt.date.fromisoformat(day)
    if texts.language().startswith("zh"):
        return f"{date.month} 月 {date.day} 日"
    return f"{date.day} {text(f'model.month.{date.month}')}"
