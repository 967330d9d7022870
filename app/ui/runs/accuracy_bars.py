"""Accuracy bars: the pass rate of every verifier with its interval, its n and the baseline to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import figures
from app.events.accuracy import Accuracy
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.plain import one_line
from app.ui.step_looks import StepLook
from app.ui.theme import Theme, tint

_ROW = 46
_HEAD = 28
_NAME = 230
_RATE = 64
_WORDS = 330
_TRACK = 560
_RIGHT = Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class VerifierLine:
    """One verifier: `not_checked` of the n were never checked and count as not passed."""

    node: str
    look: StepLook
    accuracy: Accuracy
    not_checked: int = 0


def comparison(accuracy: Accuracy) -> str:
    """The code of what may honestly be said of a rate and its baseline; "" where there is none."""
    if accuracy.baseline is None:
        return ""
    if accuracy.low > accuracy.baseline:
        return "better"
    return "worse" if accuracy.high < accuracy.baseline else "unclear"


class AccuracyBars(QWidget):
    """Emits `chosen(node)` when a person picks a verifier."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[VerifierLine] = ()
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance().changed.connect(self.update)

    def show_lines(self, lines: Sequence[VerifierLine]) -> None:
        """Shows these verifiers, top to bottom."""
        if len(lines) != len(self._lines):
            self.updateGeometry()
        self._lines = lines
        self.setAccessibleName(text("runs.accuracy.title"))
        self.setAccessibleDescription(
            "\n".join(f"{line.look.title}: {self._all_words(line)}" for line in lines)
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, _HEAD + _ROW * len(self._lines) if self._lines else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head = QRectF(16, 0, self.width() - 32, _HEAD)
        draw_text(painter, head, text("runs.accuracy.title"), fonts.LABEL_STRONG, look.text2, language)
        for index, line in enumerate(self._lines):
            self._paint_line(painter, look, line, QRectF(0, _HEAD + index * _ROW, self.width(), _ROW), index)

    def _paint_line(
        self, painter: QPainter, look: Theme, line: VerifierLine, row: QRectF, index: int
    ) -> None:
        language = appearance().language
        if index == self._current and self.hasFocus():
            fill_rounded(painter, row.adjusted(8, 2, -8, -2), 8, look.hover)
        middle = row.center().y()
        fill_rounded(painter, QRectF(16, middle - 5, 10, 10), 3, look.kind(line.look.kind))
        name = QRectF(36, row.top(), _NAME - 46, _ROW)
        draw_text(painter, name, one_line(line.look.title), fonts.STRONG, look.text, language)
        rate = QRectF(_NAME, row.top(), _RATE - 12, _ROW)
        draw_text(
            painter, rate, figures.percent(line.accuracy.rate), fonts.TITLE, look.text, language, _RIGHT
        )
        words_width = min(_WORDS, max(150.0, row.width() * 0.34))
        room = row.width() - _NAME - _RATE - words_width - 36
        track = QRectF(_NAME + _RATE, middle - 5, min(_TRACK, max(60.0, room)), 10)
        self._paint_track(painter, look, line.accuracy, track)
        words = QRectF(track.right() + 20, row.top() + 5, words_width, 18)
        draw_text(painter, words, self._counts(line), fonts.CHIP, look.text2, language)
        said, tone = self._said(line)
        ink = look.state(tone).text if tone else look.muted
        draw_text(painter, words.translated(0, 18), said, fonts.SMALL, ink, language)

    def _paint_track(self, painter: QPainter, look: Theme, accuracy: Accuracy, track: QRectF) -> None:
        fill_rounded(painter, track, 5, look.input)
        colour = look.state("done").line
        if accuracy.rate:
            fill_rounded(
                painter,
                QRectF(track.left(), track.top(), track.width() * accuracy.rate, 10),
                5,
                tint(colour, 75),
            )

        def x(share: float) -> float:
            return track.left() + track.width() * share

        middle = track.center().y()
        painter.setPen(QPen(look.text, 1.5))
        painter.drawLine(QPointF(x(accuracy.low), middle), QPointF(x(accuracy.high), middle))
        for end in (accuracy.low, accuracy.high):
            painter.drawLine(QPointF(x(end), middle - 5), QPointF(x(end), middle + 5))
        if accuracy.baseline is not None:
            painter.setPen(QPen(look.state("warning").line, 2))
            at = x(accuracy.baseline)
            painter.drawLine(QPointF(at, track.top() - 5), QPointF(at, track.bottom() + 5))

    def _counts(self, line: VerifierLine) -> str:
        accuracy = line.accuracy
        return text(
            "runs.accuracy.counts",
            passed=figures.count(accuracy.passed),
            n=figures.count(accuracy.n),
            low=figures.percent(accuracy.low),
            high=figures.percent(accuracy.high),
        )

    def _said(self, line: VerifierLine) -> tuple[str, str]:
        if line.not_checked:
            return text("runs.accuracy.not_checked", n=line.not_checked), "warning"
        word = comparison(line.accuracy)
        if not word or line.accuracy.baseline is None:
            return text("runs.accuracy.no_baseline"), ""
        tone = {"better": "done", "worse": "error", "unclear": "warning"}[word]
        return text(f"runs.accuracy.{word}", baseline=figures.percent(line.accuracy.baseline)), tone

    def _all_words(self, line: VerifierLine) -> str:
        return f"{figures.percent(line.accuracy.rate)}, {self._counts(line)}, {self._said(line)[0]}"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(int((event.position().y() - _HEAD) // _ROW))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self._choose(min(max(0, self._current + step), len(self._lines) - 1))
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._lines):
            self._current = index
            self.update()
            self.chosen.emit(self._lines[index].node)
