"""The panel of Help: contents and search, the page that is read, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.guide.library import Library, Place, library
from app.guide.order import INDEX
from app.guide.search import Hit
from app.texts import text
from app.ui.appearance import appearance
from app.ui.help.contents_tree import ContentsTree
from app.ui.help.help_view import HelpView
from app.ui.help.hit_list import HitList
from app.ui.palette.search_line import SearchLine
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel

_WIDE = 760  # from here on the contents stay beside the page
_CONTENTS = 290
_TYPED = 150  # milliseconds without a letter before it is searched


class HelpPanel(QFrame):
    """`closed`; `grown`: the person wants more room for it, or less."""

    closed = Signal()
    grown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        vary(self, role="panel")
        self.setMinimumWidth(340)
        self._read: list[Place] = [Place(INDEX)]
        self._at = 0
        self._is_large = False
        self._shows_contents = False
        self.back, self.on = IconButton("chevron-left", ""), IconButton("chevron-right", "")
        self.list_contents = IconButton("columns-3", "")
        self.size_button, self.close_button = IconButton("maximize", ""), IconButton("x", "")
        self._title = ElidedLabel(role="heading")
        self.search = SearchLine()
        self._later = QTimer(self, singleShot=True, interval=_TYPED)
        self.contents, self.view, self.hits = ContentsTree(), HelpView(), HitList()
        self._lay_out()
        self._join()
        appearance().changed.connect(self._retext)
        self._retext()

    @property
    def place(self) -> Place:
        """What is read now."""
        return self._read[self._at]

    @property
    def library(self) -> Library:
        return library(appearance().language)

    def open(self, place: Place) -> None:
        """Shows a page, and remembers the one before."""
        if place != self.place:
            self._read = [*self._read[: self._at + 1], place]
            self._at += 1
        self._show()

    def show_large(self, large: bool) -> None:
        """Whether it has the whole window, which its button then gives back."""
        self._is_large = large
        self.size_button.set_icon_name("shrink" if large else "maximize")
        self.size_button.set_label(text("help.small" if large else "help.large"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _show(self) -> None:
        self._shows_contents = False
        self.view.show_page(self.library.read(self.place.page))
        if self.place.anchor:
            self.view.go_to(self.place.anchor)
        self.contents.pick(self.place.page)
        self.back.setEnabled(self._at > 0)
        self.on.setEnabled(self._at < len(self._read) - 1)
        self._fit()

    def _fit(self) -> None:
        """What is shown: hits while something is searched, else the page; the contents beside it or in its place."""
        wide = self.width() >= _WIDE
        self.list_contents.setVisible(not wide)
        if wide and self._middle.indexOf(self.contents) >= 0:
            self._beside_column.addWidget(self.contents)
            self.contents.show()
        elif not wide and self._middle.indexOf(self.contents) < 0:
            self._middle.addWidget(self.contents)
        self._beside.setVisible(wide)
        searched = bool(self.search.text().strip())
        over = self.contents if self._shows_contents and not wide else self.view
        self._middle.setCurrentWidget(self.hits if searched else over)

    def _move(self, by: int) -> None:
        self._at += by
        self._show()

    def _follow(self, link: str) -> None:
        place = self.library.follow(self.place.page, link)
        if place is not None:
            self.open(place)

    def _choose(self, page: str) -> None:
        self.search.clear()
        self.open(Place(page))

    def _switch_contents(self) -> None:
        self.search.clear()
        self._shows_contents = not self._shows_contents
        self._fit()

    def _typed(self) -> None:
        """Somebody types or pastes: it is searched in a moment; the page is back at once."""
        if self.search.text().strip():
            self._later.start()
        else:
            self._later.stop()
            self._fit()

    def _search_now(self) -> None:
        """Before the keys of the list are heard: what it shows is what was typed."""
        if self._later.isActive():
            self._later.stop()
            self._search()

    def _search(self) -> None:
        words = self.search.text().strip()
        if words:
            self.hits.show_hits(self.library.search(words))
        self._fit()

    def _take(self, hit: Hit) -> None:
        words = self.search.text()
        self.search.clear()
        place = self.library.place_of(hit)
        self.open(place)
        self.view.mark(words)
        self.view.setFocus()

    def _retext(self) -> None:
        self._title.setText(text("help.title"))
        for button, code in (
            (self.back, "help.back"),
            (self.on, "help.on"),
            (self.list_contents, "help.contents"),
            (self.close_button, "help.close"),
        ):
            button.set_label(text(code))
        self.search.setPlaceholderText(text("help.search"))
        self.search.setAccessibleName(text("help.search"))
        self.view.setAccessibleName(text("help.page"))
        self.show_large(self._is_large)
        self.contents.show_library(self.library)
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 8, 6)
        head.setSpacing(2)
        head.addWidget(self._title, 1)
        for button in (self.list_contents, self.back, self.on, self.size_button, self.close_button):
            head.addWidget(button)
        row = QHBoxLayout()
        row.setContentsMargins(14, 0, 14, 8)
        self.search.setMaximumWidth(560)
        row.addWidget(self.search, 1)
        row.addStretch()
        self._beside = QWidget()
        self._beside.setFixedWidth(_CONTENTS)
        self._beside_column = QVBoxLayout(self._beside)
        self._beside_column.setContentsMargins(6, 0, 0, 6)
        self._middle = QStackedWidget()
        for part in (self.view, self.hits, self.contents):
            self._middle.addWidget(part)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self._beside)
        below.addWidget(self._middle, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(row)
        column.addLayout(below, 1)

    def _join(self) -> None:
        self.back.clicked.connect(lambda: self._move(-1))
        self.on.clicked.connect(lambda: self._move(1))
        self.list_contents.clicked.connect(self._switch_contents)
        self.size_button.clicked.connect(self.grown)
        self.close_button.clicked.connect(self.closed)
        self.search.textChanged.connect(self._typed)
        self._later.timeout.connect(self._search)
        self.search.stepped.connect(self._search_now)
        self.search.accepted.connect(self._search_now)
        self.search.stepped.connect(self.hits.step)
        self.search.accepted.connect(self.hits.choose)
        self.hits.chosen.connect(self._take)
        self.contents.chosen.connect(self._choose)
        self.view.followed.connect(self._follow)
