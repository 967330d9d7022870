"""What cards and forms say of results that were there already, of pins, and of figures that are no longer sure."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtWidgets import QApplication

from app.costs.cost import Cost
from app.document.workflow import Node
from app.events.run_events import NodeSettled, NodeStarted, RunFinished, RunStarted
from app.events.run_state import RunState
from app.ui.canvas.card import Card, Fact, Mark
from app.ui.canvas.card_marks import marked
from app.ui.canvas.card_state import facts_of
from app.ui.inspector.step_facts import figures_of
from app.ui.inspector.trouble_form import TroubleForm
from app.ui.runs.steps import status_cell
from tests.flows import SPECS


def given(source: str, saved: Cost | None = None, scopes: tuple[str, ...] = ("",)) -> RunState:
    run = RunState()
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",), len(scopes) if scopes != ("",) else None))
    for scope in scopes:
        run.apply(NodeStarted(0.0, "a", scope))
        run.apply(NodeSettled(0.1, "a", scope, "ok", source=source, saved=saved))  # type: ignore[arg-type]
    run.apply(RunFinished(0.2, "done"))
    return run


def test_a_hit_of_the_cache_says_so_and_what_it_saved() -> None:
    run = given("cache", Cost(Decimal("0.0012"), "priced"))
    chips = [fact.text for fact in facts_of(run, run.nodes["a"], disabled=False)]
    assert chips[:2] == ["from cache", "saved $0.0012"]
    figures = figures_of(run.nodes["a"])
    assert figures is not None
    assert "from cache, saved $0.0012" in figures.note


def test_a_hit_that_cost_nothing_before_saves_no_money() -> None:
    run = given("cache", Cost())
    chips = [fact.text for fact in facts_of(run, run.nodes["a"], disabled=False)]
    assert "from cache" in chips
    assert not any("saved" in chip for chip in chips)


def test_a_step_table_counts_what_came_from_the_cache() -> None:
    run = given("cache", Cost(Decimal("0.5"), "priced"), scopes=("#0", "#1", "#2"))
    assert status_cell(run.nodes["a"]).text == "3 done, 3 from cache"


def test_a_stale_card_keeps_its_figures_and_says_that_they_are_not_sure() -> None:
    card = Card(
        "Title", "", "x", "model", facts=(Fact("$0.01", "done"),), badge=Mark("check", "done", "Done")
    )
    stale = marked(card, pinned=False, stale=True)
    assert [fact.text for fact in stale.facts] == ["stale", "$0.01"]
    assert stale.facts[1].tone == "muted"
    assert marked(card, pinned=False, stale=False) == card


def test_a_step_without_a_result_has_nothing_stale() -> None:
    card = Card("Title", "", "x", "model", facts=(Fact("not run", "muted"),))
    assert marked(card, pinned=False, stale=True) == card
    assert marked(card, pinned=True, stale=False).pinned


def test_a_model_step_says_whether_results_of_before_are_taken(qapp: QApplication) -> None:
    form = TroubleForm(None, SPECS["model.text"])
    form.show_node(Node("a", "model.text", cache="fresh"), "")
    form.open()
    assert form.form.row("cache").editor.value() == "fresh"
    heard: list[object] = []
    form.edited.connect(lambda attributes, _: heard.append(attributes))
    form.form.edited.emit("cache", "never", False)
    assert heard == [{"cache": "never"}]


@pytest.mark.parametrize(
    ("type_id", "missing"),
    [
        ("model.text", set[str]()),
        ("data.read_file", {"cache"}),
        ("flow.agent", {"cache", "timeout"}),
        ("flow.loop", {"cache", "again", "attempts", "timeout"}),
        ("flow.for_each", {"cache", "again", "attempts", "timeout"}),
        ("flow.workflow", {"cache", "again", "attempts", "timeout"}),
        ("data.template", {"cache", "again", "attempts", "timeout"}),
        ("no.such", set[str]()),
    ],
)
def test_only_what_has_an_effect_on_a_step_can_be_set(
    type_id: str, missing: set[str], qapp: QApplication
) -> None:
    form = TroubleForm(None, SPECS.get(type_id))
    form.show_node(Node("b", type_id), "")
    names = {"cache", "again", "attempts", "timeout", "policy", "disabled", "note"}
    assert {name for name in names if form.point_at(name) is None} == missing
