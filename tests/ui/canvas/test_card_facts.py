"""What a card says of settings and runs: words, figures, marks; honest about what isn't known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.costs.cost import UNKNOWN, Cost
from app.costs.usage import Usage
from app.document.workflow import Json, Node
from app.events.run_events import (
    BudgetReached,
    Failure,
    Message,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    PersonAsked,
    Retrying,
    RunEvent,
    RunFinished,
    RunStarted,
)
from app.forecast.forecast import Amounts, CostInterval, Interval, Known, StepForecast
from app.registry.discovery import discover
from app.ui.canvas.card import Card
from app.ui.canvas.card_facts import card_of
from app.ui.canvas.card_state import total_of
from app.ui.canvas.placed import place
from tests.ui.canvas.triage import run_state, specs


def card(node: Node, *events: RunEvent, rows: int | None = None) -> Card:
    placed = place(node, specs, ())
    started = RunStarted("r", "w", "", "", "", (node.id,), rows)
    return card_of(placed, run_state([started, *events]) if events else None)


USAGE = Usage(30, 12)


def called(cost: Cost, usage: Usage | None = USAGE, model: str = "Haiku") -> ModelCalled:
    return ModelCalled(1.0, "n", "", model, "c", usage, cost, 1.0)


def facts(of: Card) -> list[tuple[str, str]]:
    return [(fact.text, fact.tone) for fact in of.facts]


STARTED = NodeStarted(0.0, "n", "")
WRITE = Node("n", "test.write")


@pytest.mark.parametrize(
    ("fields", "title", "kind", "icon"),
    [
        ({}, "Cheap model", "cheap", "zap"),
        ({"model": {"role": "strong"}}, "Strong model", "strong", "brain"),
        # Written out in full it is the same choice.
        ({"model": {"role": "strong", "connection": "", "otherwise": ""}}, "Strong model", "strong", "brain"),
        ({"model": {"connection": "c", "model": "opus"}}, "Text model", "strong", "brain"),
    ],
)
def test_a_model_is_called_by_whom_it_asks(
    fields: dict[str, dict[str, str]], title: str, kind: str, icon: str
) -> None:
    shown = card(Node("n", "test.write", fields=fields))
    assert (shown.title, shown.kind, shown.icon) == (title, kind, icon)


def test_the_second_line_says_what_matters() -> None:
    assert card(Node("n", "test.check", title="Mine")).subtitle == "Check · 3 rules"
    assert card(Node("n", "test.look_up", title="Mine")).subtitle == "Tool · Web request"
    assert card(Node("n", "test.look_up")).subtitle == "Tool"
    assert card(WRITE).subtitle == "Model"
    assert card(Node("n", "test.send")).subtitle == "For tests"
    file = {"model": {"connection": "c", "model": "Qwen2.5-7B-Instruct-Q4_K_M"}}
    assert card(Node("n", "test.write", fields=file)).subtitle == "Model · Qwen2.5 7B Instruct"
    chosen = {"model": {"connection": "c", "model": "opus"}}
    assert card(Node("n", "test.write", title="Mine", fields=chosen)).subtitle == "Model · opus"
    ran = card(Node("n", "test.write", title="Mine"), STARTED, called(Cost()))
    assert ran.subtitle == "Cheap model · Haiku"


def test_a_step_of_several_models_names_the_first_and_counts_the_others() -> None:
    rows: list[Json] = [{"model": {"connection": "c", "model": name}} for name in ("mini", "large", "mini")]
    step = Node("n", "model.cascade", fields={"models": rows})
    assert card_of(place(step, discover().get, ()), None).subtitle == "Model · mini +1"
    several = [called(UNKNOWN, model=name) for name in ("Haiku", "Opus", "Haiku")]
    assert card(WRITE, STARTED, several[0]).subtitle.endswith("Haiku")
    assert card(WRITE, STARTED, *several).subtitle.endswith("Haiku +1")


def test_before_a_run() -> None:
    assert facts(card(WRITE)) == [("not run", "muted")]
    assert card(WRITE).badge is None
    off = card(Node("n", "test.write", disabled=True))
    assert (facts(off), off.faded) == ([("switched off", "muted")], True)


@pytest.mark.parametrize(
    ("cost", "words", "tone"),
    [
        (Cost(), "free", "done"),
        (Cost(Decimal("0.0011"), "priced"), "$0.0011", "done"),
        (Cost(Decimal("0.0011"), "estimated"), "≈ $0.0011", "muted"),
        (Cost(Decimal("0.00001"), "priced"), "< $0.0001", "done"),
        (UNKNOWN, "unknown", "muted"),
    ],
)
def test_what_is_not_known_is_never_zero(cost: Cost, words: str, tone: str) -> None:
    assert facts(card(WRITE, STARTED, called(cost)))[1] == (words, tone)


def test_tokens_that_a_server_did_not_count() -> None:
    assert facts(card(WRITE, STARTED, called(Cost())))[0] == ("42 tokens", "")
    assert facts(card(WRITE, STARTED, called(Cost(), None)))[0] == ("0+ tokens", "")


def test_states_and_their_marks() -> None:
    retry = Retrying(1.0, "n", "", 1, 3, 2.0, Failure("model.timeout"))
    asked = PersonAsked(1.0, "n", "", "Send?", "", None, may_edit=True)
    failed = NodeSettled(1.0, "n", "", "failed", failure=Failure("model.timeout"))
    marks = {
        "rotate-ccw": card(WRITE, STARTED, retry),
        "user-check": card(WRITE, STARTED, asked),
        "x": card(WRITE, STARTED, failed),
        "minus": card(WRITE, NodeSettled(1.0, "n", "", "skipped", skip="branch")),
        "square": card(WRITE, STARTED, NodeSettled(1.0, "n", "", "cancelled")),
        "clock": card(WRITE, NodeStarted(0.0, "other", "")),
        "pause": card(WRITE, BudgetReached(1.0, "n", "", "0.9", "1", "0.2")),
    }
    assert {icon: shown.badge.icon if shown.badge else "" for icon, shown in marks.items()} == {
        icon: icon for icon in marks
    }
    assert facts(marks["rotate-ccw"]) == [("try 2 of 3", "warning")]
    assert (marks["x"].border, marks["minus"].faded, marks["user-check"].facts[0].text) == (
        "error",
        True,
        "Waiting for a person",
    )


def test_what_never_ran_waits_no_more_when_the_run_is_over() -> None:
    over = card(WRITE, RunFinished(2.0, "failed"))
    assert (over.badge, facts(over)) == (None, [("not run", "muted")])


def verdict(scope: str, word: str) -> NodeSettled:
    return NodeSettled(1.0, "n", scope, "ok", 0.5, verdict={"verdict": word, "reasons": []})


def test_over_rows_checks_are_counted() -> None:
    check = Node("n", "test.check")
    mixed = card(
        check, verdict("#0", "passed"), verdict("#1", "failed"), verdict("#2", "not_checked"), rows=10
    )
    assert facts(mixed) == [("1 of 3", "warning")]
    good = card(check, verdict("#0", "passed"), verdict("#1", "passed"), rows=10)
    assert facts(good) == [("2 of 2", "done")]


def test_over_rows_the_strip_says_how_far() -> None:
    settled = [NodeSettled(1.0, "n", f"#{i}", "ok", 0.5) for i in range(3)]
    failed = NodeSettled(1.0, "n", "#3", "failed", failure=Failure("x"))
    going = card(WRITE, *settled, failed, NodeStarted(2.0, "n", "#4"), rows=8)
    assert going.progress == 0.5
    assert facts(going) == [("3 rows", ""), ("1 failed", "error")]
    assert card(WRITE, *settled, rows=8).progress is None


def test_a_total_is_no_total_where_a_part_is_unknown() -> None:
    a = ModelCalled(1.0, "a", "", "m", "c", Usage(1, 1), Cost(Decimal("0.5"), "priced"), 1.0)
    b = ModelCalled(1.0, "b", "", "m", "c", Usage(1, 1), UNKNOWN, 1.0)
    state = run_state([RunStarted("r", "w", "", "", "", ("a", "b")), a, b])
    assert total_of(("a",), state) == total_of(("a", "nobody"), state)
    assert [total.text if (total := total_of(of, state)) else "" for of in (("a",), ("a", "b"), ())] == [
        "$0.5000",
        "$0.5000 + unknown",
        "",
    ]
    assert total_of(("a",), None) is None


@given(st.text(max_size=60))
def test_data_is_shown_as_it_is_and_on_one_line(words: str) -> None:
    shown = card(Node("n", "test.write", title=words))
    assert "\n" not in shown.title
    assert "\u202e" not in shown.title


@pytest.mark.parametrize(
    ("state", "words"), [("free", "free"), ("estimated", "≈ $0.0005"), ("unknown", "unknown")]
)
def test_a_step_that_has_not_run_says_what_it_will_take(state: Known, words: str) -> None:
    about = Interval(0, 0, 1500, 700)  # a step that seldom runs still takes something
    usd = Decimal("0.0005") if state == "estimated" else Decimal(0)
    cost = CostInterval(Decimal(0), Decimal(0), usd * 3, usd, state)
    amounts = Amounts(about, about, about, about, about, cost)
    placed = place(WRITE, specs, ())
    ahead = StepForecast(amounts, 0)
    assert facts(card_of(placed, None, (), ahead)) == [("est. 700", "muted"), (words, "muted")]
    ran = run_state(
        [RunStarted("r", "w", "", "", "", ("n",)), STARTED, called(Cost(Decimal("0.1"), "priced"))]
    )
    assert not any("est." in fact.text for fact in card_of(placed, ran, (), ahead).facts)


WAITS = Message(
    1.0, "n", "", "model.waits_memory", {"model": "beta", "behind": ("alpha",), "running": 1, "ahead": 0}
)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (WAITS, "Waits for memory: alpha"),
        (
            Message(1.0, "n", "", "model.waits_room", {"model": "beta", "behind": ()}),
            "Waits for memory",
        ),
    ],
)
def test_a_step_whose_model_waits_for_memory_says_for_whom(told: Message, words: str) -> None:
    waiting = card(WRITE, STARTED, told)
    assert waiting.badge is not None
    assert (waiting.badge.icon, waiting.badge.word) == ("clock", "Waits for memory")
    assert waiting.preview == words
    has_room = Message(2.0, "n", "", "model.waited_memory", {"model": "beta", "n": 1})
    for later in (has_room, NodeSettled(2.0, "n", "", "cancelled", 1.0)):
        after = card(WRITE, STARTED, told, later)
        assert after.badge is not None
        assert after.badge.icon != "clock"
        assert after.preview == ""
