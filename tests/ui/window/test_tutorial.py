"""The tutorial, followed step by step: what it says to press and type is pressed and typed, in both languages."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QWidget,
)

from app.document.json_codec import read
from app.guide.library import library
from app.guide.order import FIRST_WORKFLOW
from app.texts import LANGUAGES
from app.ui.appearance import appearance
from app.ui.canvas.empty_hint import EmptyHint
from app.ui.inspector.editors.rows import RowsEditor
from app.ui.inspector.form import Form
from app.ui.inspector.step_page import StepPage
from app.ui.run_form.run_form import RunForm
from tests.ui.window.conftest import Desk, until

STEP = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
NAMED = re.compile(r"\*\*([^*]+)\*\*")
TYPED = re.compile(r"`([^`]+)`")


class Reader:
    """Somebody who does what the page says. Each method is one of its steps."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.window = desk.window

    def step_1(self, typed: list[str]) -> None:
        self.desk.trigger("file.new")

    def step_2(self, typed: list[str]) -> None:
        button = self.window.canvas.findChild(EmptyHint).findChild(QPushButton)
        self.desk.run(pressed(button))
        self._pick(typed[0])
        assert self._types() == ["intent.ask"]

    def step_3(self, typed: list[str]) -> None:
        self._drag_on("intent.ask", "message")
        self._pick(typed[0])
        assert self._types() == ["intent.ask", "intent.classify"]

    def step_4(self, typed: list[str]) -> None:
        self._drag_on("intent.classify", "label")
        self._pick(typed[0])
        assert self._types() == ["intent.ask", "intent.classify", "output.output"]
        ends = {(e.source.port, e.target.port) for e in self.window.session.workflow.graph.edges}
        assert ends == {("message", "text"), ("label", "value")}

    def step_5(self, typed: list[str]) -> None:
        self._click("intent.classify")

    def step_6(self, typed: list[str]) -> None:
        self._run(typed[0])

    def step_7(self, typed: list[str]) -> None:
        self._read_result(typed[0])

    def step_8(self, typed: list[str]) -> None:
        self._click("intent.classify")
        self._add_example(*typed)

    def step_9(self, typed: list[str]) -> None:
        self._add_example(*typed[:2])
        self._add_example(*typed[2:])
        examples = self.window.session.workflow.graph.nodes[self._node("intent.classify")].fields["examples"]
        assert isinstance(examples, list | tuple)
        assert [sorted(one) for one in examples] == [["label", "text"]] * 3

    def step_10(self, typed: list[str]) -> None:
        self._run("")
        self._read_result(typed[0])

    def step_11(self, typed: list[str]) -> None:
        self._settings().show_tab("data")

    def step_12(self, typed: list[str]) -> None:
        self.desk.trigger("file.save")
        self.desk.wait(lambda: any(d.isVisible() for d in self.window.findChildren(QFileDialog)))
        (dialog,) = [d for d in self.window.findChildren(QFileDialog) if d.isVisible()]
        path = self.folder / "first.baton.json"
        name = dialog.findChild(QLineEdit)
        assert name is not None
        name.setText(str(path))
        self.desk.run(accepted(dialog))
        self.desk.wait(path.exists)
        kept = read(path.read_bytes()).workflow
        assert kept.graph == self.window.session.workflow.graph
        assert b"wonderful" not in path.read_bytes(), "what was typed into the form is not in the file"

    # --- hands -----------------------------------------------------------------------------------------------

    def _pick(self, words: str) -> None:
        """Types into the list of steps and presses Enter."""
        self.desk.wait(lambda: QApplication.activePopupWidget() is not None)
        popup = QApplication.activePopupWidget()
        assert popup is not None
        field = popup.findChild(QLineEdit)
        assert field is not None
        typed = QInputMethodEvent()  # as Chinese comes in, which has no keys of its own
        typed.setCommitString(words)
        QApplication.sendEvent(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def _run(self, message: str) -> None:
        """Fills the form in and starts; without a message, with what stands there already."""
        run = self.window.top.run.main
        self.desk.wait(run.isEnabled)
        self.desk.run(pressed(run))
        self.desk.wait(lambda: any(form.isVisible() for form in self.window.findChildren(RunForm)))
        (form,) = [form for form in self.window.findChildren(RunForm) if form.isVisible()]
        QTest.keyClicks(form.focusWidget(), message)
        self.seen_in_form = frozenset(words_of(form))
        before = self.window.session.run
        self.desk.run(pressed(form.start))
        self.desk.wait(lambda: self.window.session.run is not before and self.window.session.run.is_over)
        assert self.window.session.run.status == "done"
        self.desk.wait(lambda: not self.window.stream.is_running)

    def _read_result(self, expected: str) -> None:
        self.window.runs.show_tab("results")

        def shown() -> bool:
            boxes = self.window.runs.findChildren(QPlainTextEdit)
            return any(box.toPlainText() == expected for box in boxes if box.isVisible())

        self.desk.wait(shown)

    def _add_example(self, words: str, label: str) -> None:
        editor = self._form().row("examples").editor
        assert isinstance(editor, RowsEditor)
        editor.add()
        row = editor.cards[-1]
        fields = [part for part in row.findChildren(QWidget) if isinstance(part, (QLineEdit, QPlainTextEdit))]
        for field, typed in zip(fields, (words, label), strict=True):
            QTest.keyClicks(field, typed)

    def _form(self) -> Form:
        form = self._settings().form
        assert form is not None
        return form

    def _settings(self) -> StepPage:
        page = self.window.inspector.step
        assert page is not None
        return page

    def _drag_on(self, kind: str, port: str) -> None:
        self.window.canvas.fit()
        at = self.desk.hand.output(self._node(kind), port)
        self.desk.hand.drag(at, at + QPointF(140, 0))

    def _click(self, kind: str) -> None:
        self.window.canvas.fit()
        self.desk.hand.click(self.desk.hand.body(self._node(kind)))

    def _node(self, kind: str) -> str:
        (found,) = [n.id for n in self.window.session.workflow.graph.nodes.values() if n.type == kind]
        return found

    def _types(self) -> list[str]:
        return sorted(node.type for node in self.window.session.workflow.graph.nodes.values())

    # --- eyes ------------------------------------------------------------------------------------------------

    seen_in_form: frozenset[str] = frozenset()

    def look_for(self, named: set[str]) -> None:
        """Waits until everything that a step of the page names can be seen."""

        async def look() -> None:
            end = time.monotonic() + 120
            while missing := named - self.seen():
                assert time.monotonic() < end, f"not to be seen: {missing} in {sorted(self.seen())}"
                await asyncio.sleep(0.05)

        self.desk.run(look())

    def seen(self) -> set[str]:
        """Every word in the window that can be seen now, without Help."""
        scene = self.window.canvas.scene
        cards = [scene.describe(placed) for placed in self.window.canvas.everywhere().values()]
        ports = {port.label for card in cards for port in (*card.inputs, *card.outputs)}
        return words_of(self.window) | {card.title for card in cards} | ports | self.seen_in_form


def words_of(root: QWidget) -> set[str]:
    found: set[str] = set()
    for part in root.findChildren(QWidget):
        if not part.isVisible():
            continue
        if isinstance(part, (QLabel, QAbstractButton)):
            found.add(part.text().strip())
        if isinstance(part, QTabBar):
            found |= {part.tabText(at) for at in range(part.count())}
    return found


async def pressed(button: Any) -> None:
    button.click()
    await asyncio.sleep(0)


async def accepted(dialog: QFileDialog) -> None:
    dialog.accept()
    await until(lambda: not dialog.isVisible())


def steps(language: str) -> list[tuple[str, str]]:
    return STEP.findall(library(language).read(FIRST_WORKFLOW))


def test_both_languages_have_the_same_steps_and_type_as_much() -> None:
    counted = {
        language: [
            (number, len(TYPED.findall(words)), len(NAMED.findall(words)))
            for number, words in steps(language)
        ]
        for language in LANGUAGES
    }
    assert counted["en"] == counted["zh-CN"]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, live: Desk) -> Iterator[str]:
    appearance().set_language(request.param)
    yield request.param
    appearance().set_language("en")


def test_who_follows_the_tutorial_has_a_workflow_that_runs(language: str, live: Desk, tmp_path: Path) -> None:
    reader = Reader(live, tmp_path)
    todo = steps(language)
    assert [int(number) for number, _ in todo] == list(range(1, 13))
    for number, words in todo:
        before = reader.seen()
        do: Callable[[list[str]], None] = getattr(reader, f"step_{number}")
        do(TYPED.findall(words))
        reader.look_for(set(NAMED.findall(words)) - before)
