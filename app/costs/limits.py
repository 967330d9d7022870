"""Limits of a profile: what all its runs together may cost in a day and in a month, and at each connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from app.settings import Preferences

Span: TypeAlias = Literal["day", "month"]
Spent: TypeAlias = Mapping[tuple[str, str], Decimal]  # by day ("2026-11-20") and connection
Held: TypeAlias = Mapping[str, Decimal]  # by connection, for calls under way


@dataclass(frozen=True, slots=True)
class Cap:
    """US dollars; None: no limit."""

    day: Decimal | None = None
    month: Decimal | None = None

    @property
    def is_set(self) -> bool:
        return self.day is not None or self.month is not None


@dataclass(frozen=True, slots=True)
class Caps:
    """What holds for everything, and for single connections by name."""

    everything: Cap = Cap()
    connections: Mapping[str, Cap] = field(default_factory=dict[str, Cap])

    def bind(self, connection: str) -> bool:
        """Whether any of them concerns a call at this connection."""
        own = self.connections.get(connection)
        return self.everything.is_set or (own is not None and own.is_set)

    @property
    def bind_any(self) -> bool:
        """Whether there is any limit."""
        return self.everything.is_set or any(cap.is_set for cap in self.connections.values())


def caps_of(preferences: Preferences) -> Caps:
    """What a person has chosen."""
    connections = {
        name: Cap(_amount(caps.get("day", "")), _amount(caps.get("month", "")))
        for name, caps in preferences.connection_budgets.items()
    }
    return Caps(Cap(_amount(preferences.budget_day_usd), _amount(preferences.budget_month_usd)), connections)


def with_cap(preferences: Preferences, span: Span, connection: str, cap: Decimal | None) -> Preferences:
    """The same with another limit; None takes it away."""
    amount = "" if cap is None else str(cap)
    if connection:
        own = {**preferences.connection_budgets.get(connection, {}), span: amount}
        budgets = {**preferences.connection_budgets, connection: own}
        return replace(preferences, connection_budgets=budgets)
    if span == "day":
        return replace(preferences, budget_day_usd=amount)
    return replace(preferences, budget_month_usd=amount)


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@dataclass(frozen=True, slots=True)
class LimitReached:
    """Why a call may not begin. `connection` is empty where the limit is that of everything; `spent` counts what is
    held for calls under way. `renews` is the first day on which it counts from nothing. `only_held`: there would be
    room without the calls under way, so it is worth waiting for them.
    """

    span: Span
    connection: str
    cap: Decimal
    spent: Decimal
    needed: Decimal
    renews: str
    only_held: bool = False


class SharedLimits(Protocol):
    """The limits of a profile, kept by all its processes together. Raises JournalError."""

    async def hold(self, run: str, connection: str, amount: Decimal) -> Decimal | LimitReached:
        """Holds an amount for a call that is about to begin. Gives what is held now: 0 where nothing limits it."""
        ...

    def release(self, run: str, connection: str, held: Decimal) -> None:
        """The call is over, and what it has cost is booked."""
        ...

    async def changed(self, seconds: float) -> None:
        """Comes back when limits may have changed, at the latest after so long."""
        ...

    def wake(self) -> None:
        """Limits have changed: who waits looks again."""
        ...


def reached(
    caps: Caps, today: str, spent: Spent, held: Held, connection: str, amount: Decimal
) -> LimitReached | None:
    """The first limit that a call of this amount would overrun. `spent` holds at least the days of this month."""
    asked: tuple[tuple[str, Cap], ...] = (
        ("", caps.everything),
        (connection, caps.connections.get(connection, Cap())),
    )
    for name, cap in asked:
        under_way = sum((some for at, some in held.items() if name in ("", at)), Decimal(0))
        spans: tuple[tuple[Span, Decimal | None, str], ...] = (
            ("day", cap.day, today),
            ("month", cap.month, today[:7]),
        )
        for span, limit, beginning in spans:
            if limit is None:
                continue
            booked = booked_in(spent, beginning, name)
            if booked + under_way + amount > limit:
                return LimitReached(
                    span,
                    name,
                    limit,
                    booked + under_way,
                    amount,
                    renewal(span, today),
                    only_held=booked + amount <= limit,
                )
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a limit is used up: `spent` is what it has counted, `held` what calls under way may cost at most."""

    span: Span
    connection: str
    cap: Decimal | None
    spent: Decimal
    held: Decimal
    renews: str


def standings(caps: Caps, today: str, spent: Spent, held: Held) -> tuple[Standing, ...]:
    """Those of everything, limited or not, and those that connections have."""
    found: list[Standing] = []
    for name, cap in (("", caps.everything), *sorted(caps.connections.items())):
        under_way = sum((some for at, some in held.items() if name in ("", at)), Decimal(0))
        spans: tuple[tuple[Span, Decimal | None, str], ...] = (
            ("day", cap.day, today),
            ("month", cap.month, today[:7]),
        )
        found += [
            Standing(span, name, limit, booked_in(spent, beginning, name), under_way, renewal(span, today))
            for span, limit, beginning in spans
            if limit is not None or not name
        ]
    return tuple(found)


def booked_in(spent: Spent, beginning: str, connection: str = "") -> Decimal:
    """What a day or month has counted; `beginning` is the day, or the month's "2026-11"."""
    return sum(
        (
            amount
            for (day, at), amount in spent.items()
            if day.startswith(beginning) and connection in ("", at)
        ),
        Decimal(0),
    )


def renewal(span: Span, today: str) -> str:
    """The first day of the next day or month."""
    day = dt.date.fromisoformat(today)
    if span == "day":
        return (day + dt.timedelta(days=1)).isoformat()
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1).isoformat()
