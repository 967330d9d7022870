"""The report card of a verifier in its inspector: three shares with their intervals, and what they are of."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from app import figures
from app.hindsight.report_card import ReportCard, Share
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.ink import fill_rounded
from app.ui.inspector.editors.editor import column, line
from app.ui.widgets.plain_label import PlainLabel

_SHARES = (("agreed", "done"), ("false_passes", "error"), ("false_alarms", "warning"))


class ReportCardView(QFrame):
    """Without a label it says how to get some."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "fact")
        self._title = PlainLabel(role="label-strong")
        self._shares = {name: _ShareLine(tone) for name, tone in _SHARES}
        self._note = PlainLabel(role="small", wrap=True)
        layout = column(self, 8)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addWidget(self._title)
        for part in self._shares.values():
            layout.addWidget(part)
        layout.addWidget(self._note)

    @property
    def words(self) -> str:
        """What stands in it."""
        lines = [part.words for part in self._shares.values() if not part.isHidden()]
        return "\n".join([*lines, self._note.text()])

    def show_card(self, card: ReportCard | None) -> None:
        self._title.setText(text("report_card.title"))
        judged = card is not None and card.agreed.of > 0
        for name, part in self._shares.items():
            part.setVisible(judged)
            if card is not None:
                part.show_share(text(f"report_card.{name}"), getattr(card, name))
        self._note.setText("\n".join(_notes(card)) if card else text("report_card.empty"))


def _notes(card: ReportCard) -> list[str]:
    said = [text("report_card.from", reviews=card.reviews, ratings=card.ratings)]
    if card.agreed.of:
        said.append(text("report_card.interval"))
    if card.not_checked:
        said.append(text("report_card.not_checked", n=card.not_checked))
    if card.earlier:
        said.append(text("report_card.earlier", n=card.earlier))
    return said


class _ShareLine(QWidget):
    def __init__(self, tone: str) -> None:
        super().__init__()
        self._name = PlainLabel(role="label", wrap=True)
        self._rate = PlainLabel(role="strong")
        self._counts = PlainLabel(role="small")
        self._bar = _IntervalBar(tone)
        head = line(8)
        head.addWidget(self._name, 1)
        head.addWidget(self._rate)
        layout = column(self, 2)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        layout.addWidget(self._counts)

    @property
    def words(self) -> str:
        return f"{self._name.text()}: {self._rate.text()}, {self._counts.text()}"

    def show_share(self, name: str, share: Share) -> None:
        self._name.setText(name)
        self._rate.setText(text("figure.none") if share.rate is None else figures.percent(share.rate))
        low, high = figures.percent(share.low), figures.percent(share.high)
        self._counts.setText(text("report_card.share", n=share.n, of=share.of, low=low, high=high))
        self._counts.setVisible(share.of > 0)
        self._bar.show_share(share)


class _IntervalBar(QWidget):
    """A track from 0 to 1 with the interval in it, and a mark where the share is."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self._tone = tone
        self._share = Share()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 12)

    def show_share(self, share: Share) -> None:
        self._share = share
        self.setVisible(share.of > 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, share, width = appearance().theme, self._share, float(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = look.state(self._tone)
        fill_rounded(painter, QRectF(0, 4, width, 4), 2, look.input)
        shown = QRectF(width * share.low, 4, max(4.0, width * (share.high - share.low)), 4)
        painter.setOpacity(0.45)
        fill_rounded(painter, shown, 2, state.line)
        painter.setOpacity(1.0)
        at = min(max(width * (share.rate or 0.0), 3.0), width - 3.0)
        fill_rounded(painter, QRectF(at - 3, 2, 6, 8), 3, state.line)
