"""The head of a run: when it was, how it ended, over what it went, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app import figures
from app.executor.journal import RunLine
from app.texts import text
from app.ui.appearance import appearance
from app.ui.history.archive import PastRun
from app.ui.history.run_words import day_words, hour, said_of, when
from app.ui.icons import icon
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.theme import tint
from app.ui.widgets.chip import Badge
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel

_MOST_COMPARED = 12  # runs that are offered to compare with


class RunHead(QWidget):
    """Signals say what is wanted of the run; `compared(run)` names another one."""

    retried = Signal()
    stopped = Signal()
    grown = Signal()
    pinned = Signal(bool)
    exported = Signal()
    forgotten = Signal()
    compared = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line: RunLine | None = None
        self._brief = False
        self._title = PlainLabel(role="display")
        self._badge = Badge()
        self._facts = ElidedLabel(role="label")
        self._menu = QMenu(self)
        self.retry, self.compare, self.stop = QPushButton(), QPushButton(), QPushButton()
        self.grow, self.pin = IconButton("maximize", ""), IconButton("pin", "")
        self.export, self.drop = IconButton("download", ""), IconButton("trash-2", "")
        self.more = IconButton("chevron-down", "")
        self._rest = QMenu(self)
        self.more.setMenu(self._rest)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._rest.aboutToShow.connect(self._fill_rest)
        for button, name in ((self.retry, "retry"), (self.compare, "compare"), (self.stop, "stop")):
            button.setObjectName(f"history.{name}")
        vary(self.stop, kind="danger")
        vary(self.compare, kind="menu")
        self.compare.setMenu(self._menu)
        self._seldom = (self.pin, self.export, self.drop)  # behind one button where there is little room
        self._possible = dict.fromkeys(self._seldom, True)
        self._lay_out()
        for button, signal in (
            (self.retry, self.retried),
            (self.stop, self.stopped),
            (self.grow, self.grown),
            (self.export, self.exported),
            (self.drop, self.forgotten),
        ):
            button.clicked.connect(signal)
        self.pin.clicked.connect(self._turn_pin)

    def _lay_out(self) -> None:
        title = QHBoxLayout()
        title.setSpacing(12)
        title.addWidget(self._title)
        title.addWidget(self._badge)
        title.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(title)
        words.addWidget(self._facts)
        head = QHBoxLayout(self)
        head.setContentsMargins(24, 16, 20, 10)
        head.setSpacing(8)
        head.addLayout(words, 1)
        for part in (self.retry, self.compare, self.stop, self.grow, *self._seldom, self.more):
            head.addWidget(part)

    def show_run(self, line: RunLine, past: PastRun, *, live: bool) -> None:
        """A run of the history; `live`: it goes on right now, in front of the person."""
        self._line = line
        said = said_of(line)
        look = appearance().theme
        rests = not line.alive and not live
        self._title.setText(text("history.run_of", time=hour(line)))
        self._badge.setVisible(not live)
        self._badge.show_fact(said.words, said.tone, said.icon)
        self._facts.setText(" · ".join(_facts(line, past)))
        failed = line.summary.rows_failed
        self.retry.setText(text("history.retry", shown=figures.count(failed)))
        self.retry.setVisible(failed > 0 and rests)
        self.stop.setText(text("window.run.stop"))
        self.stop.setVisible(live)
        self._name_compare()
        self.compare.setIcon(icon("git-compare", look.text2, tint(look.muted, 50), 15))
        self.grow.set_label(text("history.grow"))
        self.pin.set_icon_name("pin-off" if line.pinned else "pin")
        self.pin.set_label(text("history.unpin" if line.pinned else "history.pin"))
        self.export.set_label(text("history.export"))
        self.drop.set_label(text("history.forget"))
        self.more.set_label(text("history.more"))
        self._possible[self.export] = line.rows is not None and not live
        self._possible[self.drop] = rests
        self._show_seldom()

    def set_brief(self, brief: bool) -> None:
        """Where there is little room, comparing has only its icon, and what is seldom wanted is in a menu."""
        if brief != self._brief:
            self._brief = brief
            self._name_compare()
            self._show_seldom()

    def _show_seldom(self) -> None:
        for button, possible in self._possible.items():
            button.setVisible(possible and not self._brief)
        self.more.setVisible(self._brief)

    def _fill_rest(self) -> None:
        self._rest.clear()
        for button, possible in self._possible.items():
            if possible:
                self._rest.addAction(button.icon(), button.toolTip()).triggered.connect(button.click)

    def _name_compare(self) -> None:
        words = text("history.compare")
        self.compare.setText("" if self._brief else f" {words}")
        self.compare.setToolTip(words)
        self.compare.setAccessibleName(words)

    def show_others(self, others: Sequence[RunLine]) -> None:
        """Runs of the same workflow, to compare with."""
        self._menu.clear()
        for line in others[:_MOST_COMPARED]:
            words = " · ".join((day_words(when(line).date()), hour(line), said_of(line).words))
            self._menu.addAction(words.replace("&", "&&")).triggered.connect(partial(self._compare, line.run))
        self.compare.setEnabled(bool(others))

    def _compare(self, run: str, _checked: bool = False) -> None:
        self.compared.emit(run)

    def _turn_pin(self) -> None:
        if self._line is not None:
            self.pinned.emit(not self._line.pinned)


def _facts(line: RunLine, past: PastRun) -> list[str]:
    """When, of which workflow, over what."""
    facts = [day_words(when(line).date()), one_line(line.name or text("window.untitled"))]
    if line.rows is not None:
        file = past.rows.replace("\\", "/").rpartition("/")[2]
        name = text("history.samples") if past.rows == "samples" else file
        rows = max(line.rows, line.summary.rows_done + line.summary.rows_failed)
        facts.append(text("history.rows_from", shown=figures.count(rows), name=one_line(name)))
    if past.dry:
        facts.append(text("history.dry"))
    if past.values and line.rows is None:
        given = ", ".join(f"{name}: {one_line(str(value), 60)}" for name, value in past.values.items())
        facts.append(text("history.given", values=given))
    return facts
