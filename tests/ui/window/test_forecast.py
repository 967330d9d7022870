"""Forecasts in the window, over a real engine: in the run form, for what is typed and for a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.adapters.connection import Connection
from app.document.workflow import Graph
from app.processes.messages import SaveConnection
from app.ui.costs.price_dialog import PriceDialog
from app.ui.inspector.editors.model import ModelEditor
from app.ui.run_form.run_form import RunForm
from app.ui.session import Place
from app.ui.widgets.plain_label import PlainLabel
from tests.ui.window.conftest import Desk
from tests.ui.window.small_flow import model_flow


def words_of(form: RunForm) -> str:
    return " ".join(label.text() for label in form.findChildren(PlainLabel) if label.isVisibleTo(form))


def choose(form: RunForm, table: Path) -> None:
    form.table.show_fields({"table": str(table)})
    form.table.edited.emit("table", str(table), False)


def test_the_run_form_says_what_a_run_over_a_table_will_take(live: Desk, tmp_path: Path) -> None:
    window = live.window
    window.session.open(model_flow(), Place(tmp_path / "flow.baton.json"))
    live.wait(lambda: window.session.forecast is not None)

    async def press() -> None:
        window.top.run.main.click()

    live.run(press())
    live.wait(lambda: any(form.isVisible() for form in window.findChildren(RunForm)))
    (form,) = window.findChildren(RunForm)
    (tmp_path / "many.csv").write_text("message\n" + "Where is my parcel?\n" * 2000)
    form.show_mode("table")
    choose(form, tmp_path / "many.csv")
    live.wait(lambda: "2,000 rows: " in words_of(form))
    choose(form, tmp_path / "gone.csv")
    live.wait(lambda: "There is no file" in words_of(form))
    form.reject()


def test_a_form_that_was_open_before_the_forecast_came_says_it_all_the_same(
    live: Desk, tmp_path: Path
) -> None:
    window = live.window
    window.session.open(model_flow(), Place(tmp_path / "flow.baton.json"))
    live.wait(lambda: window.session.forecast is not None)
    made = window.session.forecast
    window.session.show_forecast(None)

    async def press() -> None:
        window.top.run.main.click()

    live.run(press())
    live.wait(lambda: any(form.isVisible() for form in window.findChildren(RunForm)))
    (form,) = window.findChildren(RunForm)
    assert "tokens" not in words_of(form)
    window.session.show_forecast(made)
    live.wait(lambda: "tokens" in words_of(form))
    form.reject()


def test_a_price_that_nobody_knows_is_given_before_the_first_call(live: Desk, tmp_path: Path) -> None:
    window = live.window
    account = Connection("Work", "openai_compatible", "http://models.example/v1", "odd-1")
    live.run(window.link.ask(SaveConnection(account)))
    flow = model_flow()
    choice = {"connection": "Work", "kind": "openai_compatible", "model": "odd-1"}
    asking = replace(flow.graph.nodes["mod"], fields={**flow.graph.nodes["mod"].fields, "model": choice})
    graph = Graph({**flow.graph.nodes, "mod": asking}, flow.graph.edges)
    window.session.open(replace(flow, graph=graph), Place(tmp_path / "flow.baton.json"))
    live.wait(lambda: window.session.forecast is not None and window.session.forecast.unknown == ("mod",))
    window.show_step("mod")
    assert window.inspector.step is not None
    (editor,) = window.inspector.step.findChildren(ModelEditor)
    live.wait(lambda: editor._give.isVisibleTo(editor))

    async def give() -> None:
        QTest.mouseClick(editor._give, Qt.MouseButton.LeftButton)
        dialog = window.findChild(PriceDialog)
        assert isinstance(dialog, PriceDialog)
        dialog.input.setValue(3)
        dialog.output.setValue(15)
        QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)

    live.run(give())
    live.wait(lambda: window.session.forecast is not None and window.session.forecast.unknown == ())
    live.wait(lambda: "$3.00 in, $15.00 out" in editor._facts.text())
    assert not editor._give.isVisibleTo(editor)
    forecast = window.session.forecast
    assert forecast is not None
    assert forecast.total.cost.median > 0
