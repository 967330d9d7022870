"""Forecasts in the window, over a real engine: in the run form, for what is typed and for a table."""

from __future__ import annotations

from pathlib import Path

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
    live.wait(lambda: window.session.forecast is not None, 60)

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
