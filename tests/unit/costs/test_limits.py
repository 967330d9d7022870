"""Limits of days and months: which one a call would overrun, and when it counts from nothing again."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.costs.limits import Cap, Caps, booked_in, caps_of, reached, renewal, with_cap
from app.executor.booking import local_day
from app.settings import Preferences

TODAY = "2026-11-20"
money = st.decimals(0, 5, allow_nan=False, places=2)
caps = st.builds(Cap, st.none() | money, st.none() | money)
days = st.sampled_from(["2026-10-31", "2026-11-01", "2026-11-19", TODAY])
names = st.sampled_from(["", "A", "B"])


@given(
    caps,
    st.dictionaries(st.sampled_from(["A", "B"]), caps),
    st.dictionaries(st.tuples(days, names), money),
    st.dictionaries(names, money),
    names,
    money,
)
def test_a_call_begins_only_where_no_limit_would_be_overrun(
    everything: Cap,
    own: dict[str, Cap],
    spent: dict[tuple[str, str], Decimal],
    held: dict[str, Decimal],
    connection: str,
    amount: Decimal,
) -> None:
    found = reached(Caps(everything, own), TODAY, spent, held, connection, amount)
    broken = {
        (span, name)
        for name, cap in (("", everything), (connection, own.get(connection, Cap())))
        for span, limit, beginning in (("day", cap.day, TODAY), ("month", cap.month, "2026-11"))
        if limit is not None
        and booked_in(spent, beginning, name)
        + sum(some for at, some in held.items() if name in ("", at))
        + amount
        > limit
    }
    assert (found is None) == (not broken)
    if found is not None:
        assert (found.span, found.connection) in broken
        assert found.only_held == (
            booked_in(spent, TODAY if found.span == "day" else "2026-11", found.connection) + amount
            <= found.cap
        )


@pytest.mark.parametrize(
    ("span", "today", "then"),
    [
        ("day", "2026-12-31", "2027-01-01"),
        ("month", "2026-12-31", "2027-01-01"),
        ("month", "2028-01-31", "2028-02-01"),
        ("day", "2028-02-28", "2028-02-29"),
    ],
)
def test_when_a_limit_counts_from_nothing(span: str, today: str, then: str) -> None:
    assert renewal(span, today) == then  # type: ignore[arg-type]


def test_limits_are_read_from_preferences_and_set_there() -> None:
    changed = with_cap(with_cap(Preferences(), "day", "", Decimal("2.5")), "month", "Work", Decimal(30))
    assert caps_of(changed) == Caps(Cap(Decimal("2.5")), {"Work": Cap(None, Decimal(30))})
    assert not caps_of(with_cap(with_cap(changed, "day", "", None), "month", "Work", None)).bind_any


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(os.name != "posix", reason="time zones of POSIX")
@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-03-28T22:59:59", "2026-03-28"),  # winter time: an hour ahead
        ("2026-03-28T23:00:00", "2026-03-29"),
        ("2026-03-29T21:59:59", "2026-03-29"),  # the same day, 23 hours long: two hours ahead
        ("2026-03-29T22:00:00", "2026-03-30"),
        ("2026-10-25T22:59:59", "2026-10-25"),  # 25 hours long
        ("2026-10-25T23:00:00", "2026-10-26"),
    ],
)
def test_a_day_is_the_day_of_the_place(utc: str, day: str) -> None:
    assert local_day(dt.datetime.fromisoformat(f"{utc}+00:00").timestamp()) == day
