"""What `baton costs` says of limits: with one and without, in sentences of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows import flow

CLOUD = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
ASKING = flow(
    {
        "a": ("intent.ask", {"asked": [{"name": "message"}]}),
        "m": ("model.text", {"prompt": "{{message}}", "model": CLOUD}),
        "o": ("output.output", {"name": "reply"}),
    },
    ["a.message>m.message", "m.text>o.value"],
)


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


@pytest.mark.usefixtures("paid_server")
def test_a_limit_holds_for_the_connection_however_its_name_is_written(baton: Any, save: Any) -> None:
    path = save(ASKING)
    said = baton("costs", "--day-limit", "0.0001", "--connection", "cloud")
    assert (said.code, said.err) == (0, "The limit for a day at “CLOUD” is now: $0.0001.\n")
    held = baton("run", path, "--input", "message=hi", "--allow", "--json")
    assert (held.code, held.json["status"]) == (5, "paused")
    assert baton("costs", "--day-limit", "none", "--connection", "Cloud").code == 0
    assert baton("run", path, "--input", "message=hi", "--allow", "--json").json["status"] == "done"


@pytest.mark.usefixtures("nowhere")
def test_a_limit_for_a_connection_that_is_not_there_is_refused_with_the_nearest(baton: Any) -> None:
    said = baton("costs", "--day-limit", "1", "--connection", "CLOUDS")
    assert said.code == 4
    assert "but one named “CLOUD”" in said.err


@pytest.mark.parametrize("option", ["--day-limit", "--month-limit"])
def test_an_amount_that_is_none_names_its_own_option(baton: Any, option: str) -> None:
    said = baton("costs", option, "-5")
    assert said.code == 2
    assert f"Write for example {option} 0.50." in said.err
