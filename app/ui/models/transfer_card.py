"""A download as a card: a bar that fills, how long it still takes, and the buttons that pause, go on and drop it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from app.adapters.model_downloads import Transfer
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.ink import fill_rounded
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.models.installed_words import transfer_words
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import ElidedLabel

_GOING = {"running", "waiting", "checking"}


class TransferCard(QFrame):
    """Emits `steered(name, deed)`: pause, resume or cancel."""

    steered = Signal(str, str)

    def __init__(self, transfer: Transfer) -> None:
        super().__init__()
        vary(self, role="card")
        self.name = transfer.name
        self._title, self._words = ElidedLabel(role="strong"), ElidedLabel(role="muted")
        self._bar = _Bar()
        self._fault = FaultLine()
        self.turn, self.drop = QPushButton(), QPushButton()
        for button in (self.turn, self.drop):
            vary(button, kind="small")
        self.turn.clicked.connect(lambda: self.steered.emit(self.name, "pause" if self._goes else "resume"))
        self.drop.clicked.connect(lambda: self.steered.emit(self.name, "cancel"))
        words = QWidget()
        lines = column(words, 3)
        lines.addWidget(self._title)
        lines.addWidget(self._words)
        lines.addWidget(self._bar)
        top = line(12)
        top.addWidget(IconTile("download", "cheap"))
        top.addWidget(words, 1)
        top.addWidget(self.turn)
        top.addWidget(self.drop)
        layout = column(self, 8)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.addLayout(top)
        layout.addWidget(self._fault)
        self.show_transfer(transfer)

    def show_transfer(self, transfer: Transfer) -> None:
        """As it stands now."""
        self._goes = transfer.state in _GOING
        self._title.setText(transfer.name)
        self._words.setText(transfer_words(transfer))
        share = transfer.received / transfer.size if transfer.size else None
        tone = {"failed": "error", "paused": "waiting", "checking": "done"}.get(transfer.state, "running")
        self._bar.show_share(share, tone)
        self._fault.show_problems((transfer.problem,) if transfer.problem else ())
        self.turn.setText(text("models.transfer.pause" if self._goes else "models.transfer.resume"))
        self.drop.setText(text("models.transfer.drop"))
        for button, code in ((self.turn, self.turn.text()), (self.drop, self.drop.text())):
            button.setAccessibleName(f"{code}: {transfer.name}")
            button.setVisible(transfer.state != "elsewhere")


class _Bar(QWidget):
    """A thin bar; of an unknown whole it shows only its track."""

    def __init__(self) -> None:
        super().__init__()
        self._share: float | None = None
        self._tone = "running"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance().changed.connect(self.update)

    def show_share(self, share: float | None, tone: str) -> None:
        self._share, self._tone = share, tone
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect())
        fill_rounded(painter, track, 3, look.input)
        if self._share:
            filled = QRectF(track)
            filled.setWidth(max(6.0, track.width() * min(1.0, self._share)))
            fill_rounded(painter, filled, 3, look.state(self._tone).line)
