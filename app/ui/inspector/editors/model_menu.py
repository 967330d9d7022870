"""The model menu: the list that opens below a model field, with a search line and the facts that matter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QListView, QPushButton, QWidget

from app.adapters.shelf import ModelLine, Shelf
from app.sdk.fields import ModelChoice
from app.texts import text
from app.ui import model_words
from app.ui.inspector.editors.built_in_facts import BuiltInFacts
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.editors.inputs import LineInput
from app.ui.inspector.editors.model_chips import ModelChips
from app.ui.inspector.editors.model_list import ModelList, row_at
from app.ui.inspector.editors.model_row import ModelRowPainter
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_WIDTH = 470
_HEIGHT = 470
_MEASURED = 12  # rows; so many are higher than the list may get
_AROUND = 72  # pixels for what stands below the list, and between
_SEARCH_FROM = 4  # models from which a search line and filters help


class ModelMenu(QFrame):
    """Emits `picked(ModelChoice)`, after `taken(FoundLine)` where its server has to become a connection first, or
    `managed()` where the person wants to see Preferences.
    """

    picked = Signal(object)
    taken = Signal(object)
    managed = Signal()

    def __init__(self, parent: QWidget, *, offers_roles: bool) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._offers_roles = offers_roles
        self._shelf = Shelf()
        self._needs: tuple[str, ...] = ()
        self._search = LineInput()
        self._chips = ModelChips()
        self._model = ModelList()
        self._list = QListView()
        self._empty = PlainLabel(role="muted", wrap=True)
        self._clear = QPushButton()
        self._facts = BuiltInFacts()
        self._date = PlainLabel(role="small")
        self._manage = QPushButton()
        self._lay_out()
        self._search.textEdited.connect(self._filter)
        self._chips.changed.connect(self._filter)
        self._clear.clicked.connect(self._clear_filters)
        self._search.installEventFilter(self)
        self._list.installEventFilter(self)
        self._list.clicked.connect(self._pick)
        self._list.selectionModel().currentChanged.connect(self._explain)
        self._manage.clicked.connect(self._leave_to_manage)

    def open_below(self, field: QWidget, shelf: Shelf, needs: tuple[str, ...], current: ModelChoice) -> None:
        """Shows the shelf below a field, or above it where the screen ends."""
        self._needs = needs
        self._search.clear()
        self._chips.clear()
        self._search.setPlaceholderText(text("model.list.search"))
        self._empty.setText(text("model.list.empty"))
        self._clear.setText(text("model.list.clear"))
        self._manage.setText(text("model.list.manage"))
        self.show_shelf(shelf)
        self._list.setCurrentIndex(self._model.index_of(current))
        self._explain()
        self._place(field)
        self.show()
        (self._list if self._search.isHidden() else self._search).setFocus()

    def show_shelf(self, shelf: Shelf) -> None:
        """Other models, while it is open: what the person looks at stays where it is."""
        self._shelf = shelf
        at = self._list.currentIndex()
        current = row_at(at).choice if at.isValid() else None
        many = len(_all(shelf)) >= _SEARCH_FROM
        self._search.setVisible(many or bool(self._search.text()))
        self._chips.setVisible(many)
        self._facts.show_facts(shelf.built_in)
        dated = (
            text("model.list.date", date=model_words.day_words(shelf.prices_of)) if shelf.prices_of else ""
        )
        self._date.setText(dated)
        self._fill()
        if current is not None:
            self._list.setCurrentIndex(self._model.index_of(current))
        self._explain()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick(self._list.currentIndex())
                return True
            if watched is self._search and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._list.setFocus()
                self._list.event(event)
                return True
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        vary(self, role="menu")
        self._list.setItemDelegate(ModelRowPainter(self._list))
        self._list.setMouseTracking(True)
        self._list.entered.connect(self._list.setCurrentIndex)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setModel(self._model)
        vary(self._list, role="bare")
        vary(self._manage, kind="link")
        foot = line(8)
        foot.addWidget(self._date, 1)
        foot.addWidget(self._manage)
        layout = column(self, 8)
        layout.setContentsMargins(8, 8, 8, 8)
        vary(self._clear, kind="link")
        nothing = line(8)
        nothing.addWidget(self._empty, 1)
        nothing.addWidget(self._clear)
        layout.addWidget(self._search)
        layout.addWidget(self._chips)
        layout.addLayout(nothing)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._facts)
        layout.addLayout(foot)

    def _place(self, field: QWidget) -> None:
        screen = field.screen() or QGuiApplication.primaryScreen()
        free = screen.availableGeometry()
        width = min(max(_WIDTH, field.width()), free.width())
        wanted = self._height_of_rows() + self._facts.sizeHint().height()
        height = min(wanted, free.height())
        corner = field.mapToGlobal(QPoint(field.width() - width, field.height() + 4))
        if corner.y() + height > free.bottom():
            corner.setY(max(free.top(), field.mapToGlobal(QPoint(0, 0)).y() - height - 4))
        corner.setX(min(max(free.left(), corner.x()), free.right() - width))
        self.setGeometry(corner.x(), corner.y(), width, height)

    def _height_of_rows(self) -> int:
        """With what stands around them, as long as that is not too much: few models leave no empty list."""
        rows = sum(self._list.sizeHintForRow(at) for at in range(min(self._model.rowCount(), _MEASURED)))
        around = _AROUND + sum(
            part.sizeHint().height() for part in (self._search, self._chips) if not part.isHidden()
        )
        return min(_HEIGHT, rows + around)

    def _filter(self) -> None:
        self._fill()
        first = next((at for at, row in enumerate(self._model.rows) if row.can_be_picked), -1)
        self._list.setCurrentIndex(self._model.index(first))

    def _fill(self) -> None:
        self._model.show_shelf(
            self._shelf,
            self._needs,
            self._search.text(),
            self._chips.wanted,
            offers_roles=self._offers_roles,
        )
        self._chips.show_counts(_all(self._shelf), self._shelf)
        for part in (self._empty, self._clear):
            part.setVisible(not self._model.rows)

    def _clear_filters(self) -> None:
        self._search.clear()
        self._chips.clear()
        self._filter()
        self._search.setFocus()

    def _explain(self) -> None:
        """The built-in model's limits, while it is the one looked at."""
        at = self._list.currentIndex()
        found = row_at(at).line if at.isValid() else None
        self._facts.setVisible(found is not None and found.built_in and bool(self._shelf.built_in))

    def _pick(self, index: QModelIndex) -> None:
        if index.isValid() and row_at(index).can_be_picked:
            row = row_at(index)
            self.hide()
            if row.found is not None:
                self.taken.emit(row.found)
            self.picked.emit(row.choice)

    def _leave_to_manage(self) -> None:
        self.hide()
        self.managed.emit()


def _all(shelf: Shelf) -> list[ModelLine]:
    """The models of connections and of servers that could be one."""
    return [*shelf.models, *(model for found in shelf.found or () for model in found.models)]
