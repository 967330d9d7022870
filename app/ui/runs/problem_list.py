"""The problem list: what keeps the workflow from running or went wrong in the run, each with the way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.document.operations import Operation
from app.document.problem import Problem
from app.events.run_events import Failure
from app.events.run_state import RunState
from app.texts import text
from app.ui.inspector.editors.editor import empty
from app.ui.model_fix import suggested_model
from app.ui.plain import visible
from app.ui.problem_words import what_happened, what_to_do
from app.ui.step_looks import StepLook
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon

_NONE: Mapping[str, int] = MappingProxyType({})
SHOWN = 60  # a person reads a few; more would only slow the window


def run_problems(run: RunState) -> list[Problem]:
    """The failures of a run: each once a node, since the same one may have hit many rows."""
    seen: dict[tuple[str, str], Problem] = {}
    for node in run.nodes.values():
        if node.failure:
            seen.setdefault((node.node, node.failure.code), _of_failure(node.failure, node.node))
    found = list(seen.values())
    return found + [problem for problem in run.problems if (problem.node or "", problem.code) not in seen]


def failed_rows(run: RunState) -> Mapping[str, int]:
    """How many rows failed at each step of a run over rows."""
    return {} if run.rows is None else {node.node: node.failed for node in run.nodes.values()}


def _of_failure(failure: Failure, node: str) -> Problem:
    return Problem(failure.code, node=node, field=failure.field, args=failure.args)


class ProblemList(QScrollArea):
    """Emits `chosen(node, field)`: where a problem is, each "" where it has none; `mended(Operation)` where one click
    sets it right. `fix` gives that change, or None.
    """

    chosen = Signal(str, str)
    mended = Signal(object)

    def __init__(
        self,
        step_look: Callable[[str], StepLook],
        fix: Callable[[Problem], Operation | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._fix = fix
        self._shown: Sequence[Problem] | None = None
        self._failed_rows: Mapping[str, int] = _NONE
        self._rows = QWidget()
        self._rows.setProperty("role", "scrolled")
        self._layout = QVBoxLayout(self._rows)
        self._layout.setContentsMargins(16, 10, 16, 10)
        self._layout.setSpacing(8)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._rows)

    def show_problems(
        self, problems: Iterable[Problem], failed: Mapping[str, int] = _NONE, *, anew: bool = False
    ) -> None:
        """Shows these problems; `anew` also where they are the same (another language). `failed` says by node how many
        rows failed there, of which a problem is the latest.
        """
        shown, many = tuple(problems), {node: n for node, n in failed.items() if n > 1}
        if (shown, many) == (self._shown, self._failed_rows) and not anew:
            return
        self._shown, self._failed_rows = shown, many
        empty(self._layout)
        if not shown:
            self._layout.addWidget(PlainLabel(text("runs.problems.none"), "muted"))
        for problem in shown[:SHOWN]:
            self._layout.addWidget(self._row(problem))
        if len(shown) > SHOWN:
            self._layout.addWidget(PlainLabel(text("runs.problems.more", n=len(shown) - SHOWN), "muted"))
        self._layout.addStretch(1)

    def _row(self, problem: Problem) -> QWidget:
        row = QFrame()
        vary(row, role="banner-error" if problem.severity == "error" else "banner")
        layout = QHBoxLayout(row)
        layout.setContentsMargins(12, 9, 12, 9)
        layout.setSpacing(12)
        layout.addWidget(StateIcon("circle-alert", "error" if problem.severity == "error" else "warning"))
        words = QVBoxLayout()
        words.setSpacing(2)
        where = self._step_look(problem.node).title if problem.node else ""
        sentence = what_happened(problem)
        words.addWidget(PlainLabel(_at(where, sentence), "strong", wrap=True))
        if fix := what_to_do(problem):
            words.addWidget(PlainLabel(fix, "label", wrap=True))
        if n := self._failed_rows.get(problem.node or ""):
            words.addWidget(PlainLabel(text("runs.problems.latest", n=n), "label", wrap=True))
        layout.addLayout(words, 1)
        if self._fix(problem) is not None:
            layout.addWidget(self._fix_button(problem, where))
        if problem.node:
            show = QPushButton(text("runs.problems.show"))
            vary(show, kind="link")
            show.setCursor(Qt.CursorShape.PointingHandCursor)
            show.setAccessibleName(visible(text("runs.problems.show_in", step=where)))
            show.clicked.connect(lambda: self.chosen.emit(problem.node or "", problem.field or ""))
            layout.addWidget(show)
        return row

    def _fix_button(self, problem: Problem, where: str) -> QPushButton:
        model = visible(suggested_model(problem))
        take = QPushButton(text("runs.problems.use", model=model))
        vary(take, kind="small")
        take.setAccessibleName(text("runs.problems.use_in", model=model, step=visible(where)))

        def mend() -> None:  # what the step says now, which may be something else than when this was drawn
            if (change := self._fix(problem)) is not None:
                self.mended.emit(change)

        take.clicked.connect(mend)
        return take


def _at(step: str, sentence: str) -> str:
    return text("runs.problems.at", step=step, sentence=sentence) if step else sentence
