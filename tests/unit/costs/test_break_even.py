from __future__ import annotations

from decimal import Decimal

import pytest

from app.costs.break_even import BreakEven, ReplayedRow, agreed


@pytest.mark.parametrize(("escalated", "met"), [(0.69, True), (0.7, False), (0.9, False)])
def test_a_cascade_pays_while_few_rows_go_on(escalated: float, met: bool) -> None:
    """0.2 for the cheap one and its check, 1 for the strong one: until 80 % - but the check may cost 0.1 more."""
    told = BreakEven(40, Decimal("0.3"), Decimal(1), Decimal("0.3") + Decimal(str(escalated)), escalated)
    assert told.most_escalated == pytest.approx(0.7)
    assert told.is_met == met
    assert (told.saved > 0) == met, "which is what the sum says too"


def test_where_the_strong_one_is_free_nothing_can_be_saved() -> None:
    told = BreakEven(3, Decimal(0), Decimal(0), Decimal(0), 0.5)
    assert (told.most_escalated, told.is_met) == (None, None)


@pytest.mark.parametrize(("first", "strong"), [(None, Decimal(1)), (Decimal(1), None), (None, None)])
def test_without_a_price_nobody_can_say_whether_it_pays(
    first: Decimal | None, strong: Decimal | None
) -> None:
    told = BreakEven(3, first, strong, None, 0.5)
    assert (told.most_escalated, told.is_met, told.saved, told.is_known) == (None, None, None, False)
    assert BreakEven(3, first, Decimal(0), None, 0.5).is_known, "it costs nothing, whatever the others take"


def test_what_counts_as_the_same_answer() -> None:
    rows = [ReplayedRow(0, "Yes", " yes\n", 1), ReplayedRow(1, "no", "yes", 1), ReplayedRow(2, "", None, 2)]
    assert agreed(rows) == 1
