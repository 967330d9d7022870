"""The add popup: the steps that can be placed here, as a list at the pointer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.palette.entries import Entry, entries, search
from app.ui.palette.entry_list import EntryList
from app.ui.palette.search_line import SearchLine
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_WIDTH = 300
_HEIGHT = 420


class AddPopup(QFrame):
    """Emits `picked(entry id)`, or `closed()` when the person thought better of it."""

    picked = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        vary(self, role="menu")
        self._all: list[Entry] = []
        self._was_picked = False
        self.search = SearchLine()
        self.list = EntryList()
        self.list.setDragEnabled(False)
        self._nothing = PlainLabel(role="muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self._nothing)
        layout.addWidget(self.list, 1)
        self.search.textEdited.connect(self._find)
        self.search.stepped.connect(self._step)
        self.search.accepted.connect(self._accept)
        self.list.picked.connect(self._pick)
        self.list.clicked.connect(self._accept)

    def open_at(
        self, where: QPoint, specs: Sequence[NodeSpec], fits: Callable[[NodeSpec], bool] | None = None
    ) -> None:
        """Opens at a point of the screen; `fits` leaves out types that could not be joined there."""
        self._all = entries([spec for spec in specs if fits is None or fits(spec)])
        self._was_picked = False
        self.search.clear()
        self.search.setPlaceholderText(text("library.search" if fits is None else "library.search_fitting"))
        self._nothing.setText(text("library.nothing" if fits is None else "library.nothing_fits"))
        self._find()
        screen = QGuiApplication.screenAt(where) or QGuiApplication.primaryScreen()
        free = screen.availableGeometry()
        height = min(_HEIGHT, free.height())
        x = min(where.x(), free.right() - _WIDTH)
        y = min(where.y(), free.bottom() - height)
        self.setGeometry(max(free.left(), x), max(free.top(), y), _WIDTH, height)
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        if not self._was_picked:
            self.closed.emit()

    def _find(self) -> None:
        words = self.search.text()
        found = search(self._all, words)
        self.list.show_entries(found, grouped=not words.strip())
        self.list.go_to_first()
        self._nothing.setVisible(not found)

    def _step(self, event: QKeyEvent) -> None:
        QCoreApplication.sendEvent(self.list, event)

    def _accept(self) -> None:
        current = self.list.current()
        if current is not None:
            self._pick(current.id)

    def _pick(self, entry: str) -> None:
        self._was_picked = True
        self.close()
        self.picked.emit(entry)
