"""The replay dialog where a price is unknown: no zero, no break-even, and no word of free."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from app import texts
from app.costs.break_even import BreakEven, ReplayedRow
from app.hindsight.replay import Replayed
from app.ui.replay.replay_dialog import ReplayDialog


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    texts.set_language("en")


def found(first: Decimal | None, strong: Decimal | None) -> Replayed:
    told = BreakEven(1, first, strong, first, 0.2)
    rows = (ReplayedRow(0, "Yes", "yes", 1),)
    cost, known = strong or Decimal(0), strong is not None
    return Replayed("r", "c", "w", "Mail", "Sort", "big", 0.0, told, cost, rows, "x", known)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(("first", "strong"), [(Decimal("0.25"), None), (None, Decimal("0.5")), (None, None)])
def test_what_nobody_knows_is_said(
    qtbot: QtBot, language: str, first: Decimal | None, strong: Decimal | None
) -> None:
    texts.set_language(language)
    dialog = ReplayDialog(None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show_outcome(found(first, strong))
    words = dialog.words
    assert texts.text("replay.unknown") in words
    assert texts.text("figure.unknown") in words
    assert "$0.00" not in words
    assert dialog.bar.isHidden()


def test_a_strong_model_that_is_free_is_no_unknown_one(qtbot: QtBot) -> None:
    dialog = ReplayDialog(None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show_outcome(found(None, Decimal(0)))
    assert texts.text("cli.replay.free") in dialog.words
