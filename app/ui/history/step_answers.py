"""The answers of one step in two runs, side by side and whole, row by row where there are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import figures
from app.document.workflow import Json
from app.events.comparison import NodePair, came_of
from app.events.run_events import Preview, Scope
from app.events.run_state import InstanceState, RunState
from app.texts import text
from app.ui.appearance import appearance
from app.ui.history.archive import Archive
from app.ui.inspector.levels import numbers_of
from app.ui.inspector.scopes_seen import ScopesSeen
from app.ui.inspector.views.value_view import ValueView
from app.ui.problem_words import what_happened
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class StepAnswers(QWidget):
    """Nothing is shown before a step is picked."""

    def __init__(self, archive: Archive, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role="panel")
        self._scopes: Sequence[Scope] = ()
        self._at = 0
        self._parted = 0
        self._way: Callable[[str], str] = str
        self._title = ElidedLabel(role="strong")
        self._place = PlainLabel(role="label")
        self.before, self.after = IconButton("chevron-left", "", 16), IconButton("chevron-right", "", 16)
        self.before.clicked.connect(lambda: self._go(self._at - 1))
        self.after.clicked.connect(lambda: self._go(self._at + 1))
        self.sides = (_Answer(archive), _Answer(archive))
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title, 1)
        for part in (self._place, self.before, self.after):
            head.addWidget(part)
        both = QHBoxLayout()
        both.setSpacing(20)
        for side in self.sides:
            both.addWidget(side, 1)
            side.seen.arrived.connect(self._draw)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 12, 24, 14)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addLayout(both, 1)
        appearance().changed.connect(self.retranslate)
        self.retranslate()

    def show_pair(
        self,
        pair: NodePair,
        title: str,
        runs: tuple[RunState, RunState],
        names: tuple[str, str],
        way: Callable[[str], str],
    ) -> None:
        """A step in two runs, at the first place where its answers part. `way` says what a port of it is called."""
        self._title.setText(title)
        self._way = way
        self._scopes, self._at, self._parted = pair.shown, 0, len(pair.parted)
        for side, run, name in zip(self.sides, runs, names, strict=True):
            side.show_step(pair.node, run, name)
        self._draw()

    def retranslate(self) -> None:
        self.before.set_label(text("history.compare.before"))
        self.after.set_label(text("history.compare.after"))
        for side in self.sides:
            side.retranslate()
        self._draw()

    def _go(self, at: int) -> None:
        if 0 <= at < len(self._scopes):
            self._at = at
            self._draw()

    def _draw(self) -> None:
        scope = self._scopes[self._at] if self._at < len(self._scopes) else None
        many = len(self._scopes) > 1
        for button, at in ((self.before, self._at - 1), (self.after, self._at + 1)):
            button.setVisible(many)
            button.setEnabled(0 <= at < len(self._scopes))
        self._place.setText(self._place_words(scope) if scope else "")
        for side in self.sides:
            side.show_scope(scope)
        ways = {side.port for side in self.sides}
        for side in self.sides:  # the same answer may have left by another port
            side.say_way(self._way(side.port) if len(ways) > 1 and side.port else "")

    def _place_words(self, scope: Scope) -> str:
        numbers = " · ".join(figures.count(number + 1) for number in numbers_of(scope))
        where = text("history.compare.row" if scope.startswith("#") else "history.compare.element", n=numbers)
        if not self._parted:
            return where
        return text("history.compare.parted", where=where, at=self._at + 1, n=len(self._scopes))


class _Answer(QWidget):
    """One side: what the step gave in one run."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self._archive = archive
        self._node, self._run = "", RunState()
        self._run_name = self.port = ""  # by which the answer left
        self.seen = ScopesSeen(archive.look_into, self)
        self._name = ElidedLabel(role="label")
        self.value = ValueView(self._whole)
        self._nothing = PlainLabel(role="muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._name)
        layout.addWidget(self._nothing)
        layout.addWidget(self.value, 1)
        layout.addStretch(0)

    def show_step(self, node: str, run: RunState, name: str) -> None:
        self._node, self._run, self._run_name = node, run, name
        self.seen.show_run(run)

    def show_scope(self, scope: Scope | None) -> None:
        instance = None if scope is None else self._instance(scope)
        settled = instance.settled if instance else None
        came: Mapping[str, Preview] = came_of(instance) if instance else {}
        shown = next(iter(came.values()), None)
        self.port = next(iter(came), "") if settled and settled.outputs else ""
        self.value.show_preview(shown)
        self.value.setVisible(shown is not None)
        self._nothing.setVisible(shown is None)
        why = what_happened(settled.failure) if settled and settled.failure else ""
        self._nothing.setText(why or text("history.compare.nothing"))

    def say_way(self, way: str) -> None:
        """Which run it is, and by which port the answer left."""
        self._name.setText(" · ".join(filter(None, (self._run_name, way))))

    def retranslate(self) -> None:
        self.value.retranslate()

    def _instance(self, scope: Scope) -> InstanceState | None:
        """What is in memory will do, if it says what came of the step."""
        here = self._run.instances.get((self._node, scope))
        return here if here is not None and came_of(here) else self.seen.instance(self._node, scope)

    async def _whole(self, reference: str) -> Json:
        return await self._archive.value(self._run.run, reference)
