"""A bar of memory: who takes how much of it, with what is free at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import figures
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.theme import Theme, tint

_HEIGHT, _LABELS = 26, 18
_LEFT = 150
_LEAST_WORDS = 90  # pixels in which a part can say its name


@dataclass(frozen=True, slots=True)
class Part:
    """One who takes memory; `tone` is other, busy, idle or leaving."""

    name: str
    size: int
    tone: str


class MemoryBar(QWidget):
    """Parts that are too small for words say theirs below."""

    def __init__(self) -> None:
        super().__init__()
        self._title = self._subtitle = ""
        self._parts: tuple[Part, ...] = ()
        self._whole = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance().changed.connect(self.update)

    def show_parts(self, title: str, subtitle: str, whole: int, parts: Sequence[Part]) -> None:
        """`whole` in bytes; what the parts leave is free."""
        self._title, self._subtitle, self._whole = title, subtitle, whole
        self._parts = tuple(part for part in parts if part.size > 0)
        said = [f"{part.name} {figures.memory(part.size)}" for part in self._parts]
        self.setAccessibleName(f"{title}: {', '.join([*said, self._free_words()])}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT + _LABELS + 4)

    def _free(self) -> int:
        return max(0, self._whole - sum(part.size for part in self._parts))

    def _free_words(self) -> str:
        return f"{text('models.memory.free')} {figures.memory(self._free())}"

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_text(painter, QRectF(0, 0, _LEFT - 12, 16), self._title, fonts.LABEL_STRONG, look.text, language)
        draw_text(painter, QRectF(0, 16, _LEFT - 12, 14), self._subtitle, fonts.SMALL, look.muted, language)
        bar = QRectF(_LEFT, 0, self.width() - _LEFT, _HEIGHT)
        fill_rounded(painter, bar, 6, look.input)
        if not self._whole:
            return
        clip = QPainterPath()
        clip.addRoundedRect(bar, 6, 6)
        painter.save()
        painter.setClipPath(clip)
        x, small = bar.left(), list[str]()
        first_small = None
        for part in self._parts:
            width = max(3.0, bar.width() * part.size / self._whole)
            rect = QRectF(x, 0, width, _HEIGHT)
            colour = _colour(look, part.tone)
            painter.fillRect(rect, tint(colour, 38 if look.dark else 26))
            painter.fillRect(QRectF(x, 0, 2, _HEIGHT), colour)
            if width >= _LEAST_WORDS:
                self._say(painter, rect, part.name, figures.memory(part.size), look, language)
            else:
                small.append(f"{part.name} {figures.memory(part.size)}")
                first_small = x if first_small is None else first_small
            x += width
        free = QRectF(x, 0, max(0.0, bar.right() - x), _HEIGHT)
        if free.width() >= _LEAST_WORDS:
            self._say(painter, free, text("models.memory.free"), figures.memory(self._free()), look, language)
        painter.restore()
        if small and first_small is not None:
            words = ", ".join(small)
            needed = fonts.metrics(fonts.SMALL, language).horizontalAdvance(words)
            left = max(bar.left(), min(first_small, bar.right() - needed))
            below = QRectF(left, _HEIGHT + 2, bar.right() - left, _LABELS - 2)
            draw_text(painter, below, words, fonts.SMALL, look.muted, language)

    def _say(
        self, painter: QPainter, rect: QRectF, name: str, amount: str, look: Theme, language: str
    ) -> None:
        inside = rect.adjusted(10, 0, -8, 0)
        wide = fonts.metrics(fonts.SMALL, language).horizontalAdvance(amount) + 8
        draw_text(painter, inside.adjusted(0, 0, -wide, 0), name, fonts.SMALL_MEDIUM, look.text, language)
        right = Qt.AlignmentFlag.AlignRight
        draw_text(painter, inside, amount, fonts.SMALL, look.text2, language, right)


def _colour(look: Theme, tone: str) -> QColor:
    if tone == "other":
        return look.border_strong
    return look.state({"busy": "running", "idle": "done"}.get(tone, "waiting")).line
