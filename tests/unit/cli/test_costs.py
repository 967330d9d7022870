"""What `baton costs` says of limits: with one and without, in sentences of their own."""

from __future__ import annotations

from typing import Any

import pytest


def test_no_limit_is_said_in_a_sentence_of_its_own(baton: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert baton("costs", "--day-limit", "5").err == "The limit for a day is now: $5.00.\n"
    day, month = baton("costs").out.splitlines()[-2:]
    assert day == "Today: $0.00 of $5.00, $0.00 held for calls under way"
    assert month.startswith("This month: $0.00, no limit; counts from nothing on ")
    assert baton("costs", "--day-limit", "none").err == "There is no limit for a day any more.\n"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    day, month = baton("costs").out.splitlines()[-2:]
    assert day == "今天：$0.00，未设上限；为进行中的调用预留 $0.00"
    assert "上限无上限" not in month
