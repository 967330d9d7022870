"""The record card: what a run asks about its own record of a step, what has changed, and the two ways on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.events.run_events import PersonAsked, Preview
from app.events.run_state import row_of
from app.texts import sentences, text
from app.ui.plain import one_line
from app.ui.step_looks import StepLook
from app.ui.widgets.banner import Banner

_SHOWN = 200  # characters of what goes in


class RecordCard(Banner):
    """Emits `decided(node, scope, decision, value, comment)`, once: "approved" takes what was recorded, "rejected" does
    it again. Neither way has Enter: both can cost something.
    """

    decided = Signal(str, str, str, object, str)

    def __init__(
        self,
        question: PersonAsked,
        look: StepLook,
        inputs: Mapping[str, Preview] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`inputs` is what the step is given now."""
        super().__init__("triangle-alert", parent=parent)
        self._inputs = inputs or {}
        self._question = question
        self._step = look.title
        self.take, self.again = QPushButton(), QPushButton()
        self.take.setObjectName("record.take")
        self.again.setObjectName("record.again")
        self.take.clicked.connect(lambda: self._decide("approved"))
        self.again.clicked.connect(lambda: self._decide("rejected"))
        self.add(self.again, self.take)
        self.retranslate()

    def retranslate(self) -> None:
        about, row = self._question.about, row_of(self._question.scope)
        asked = text(f"record.{about}", step=self._step)
        where = f"{text('person.row', n=row + 1)}: " if row >= 0 else ""
        self.say(f"{where}{asked}", f"{self._what_changed()}\n{text(f'record.{about}.more')}")
        self.take.setText(text(f"record.{about}.take"))
        self.again.setText(text(f"record.{about}.again"))

    def _what_changed(self) -> str:
        value = self._question.value
        known: Mapping[str, object] = (
            cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
        )
        what = text(
            f"record.{self._question.about}.what",
            before=known.get("version", text("figure.unknown")),
            now=known.get("now", text("figure.unknown")),
        )
        if self._question.about != "inputs":
            return what
        changed = cast("Sequence[Mapping[str, str]] | None", known.get("changed"))
        if changed is None:
            lines = [("now", port, value.text) for port, value in self._inputs.items()]
            what = sentences(what, text("record.inputs.not_kept"))
        else:
            lines = [(when, one["port"], one[when]) for one in changed for when in ("was", "now")]
        given = (
            text(f"record.inputs.{when}", port=port, value=one_line(value, _SHOWN) or "–")
            for when, port, value in lines
        )
        return "\n".join((what, *given))

    def _decide(self, decision: str) -> None:
        self.setEnabled(False)
        question = self._question
        self.decided.emit(question.node, question.scope, decision, question.value, "")
