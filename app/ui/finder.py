"""The finder: a box to type in and the lines that match; for actions, steps of the workflow and new steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QScreen
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.sdk.normal_forms import folded
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.icons import paint_icon
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import paint_tile
from app.ui.widgets.plain_label import PlainLabel

_WIDTH = 520
_ROW = 44
_MOST_ROWS = 9
_SHOWN = 200  # lines; whoever has more types another letter
_LINE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to pick. `section` heads it while nothing is typed; `words` are searched besides the title."""

    id: str
    title: str
    hint: str = ""
    icon: str = ""
    kind: str = ""  # a step kind colours the icon's tile
    keys: str = ""
    section: str = ""
    words: str = ""


def matching(lines: Sequence[Line], typed: str) -> list[Line]:
    """The lines that hold every word typed: those whose title begins so first, then by their order."""
    wanted = folded(typed).split()
    if not wanted:
        return list(lines)
    found: list[tuple[int, int, Line]] = []
    for order, line in enumerate(lines):
        title = folded(line.title)
        everything = f"{title} {folded(line.hint)} {folded(line.words)}"
        if all(word in everything for word in wanted):
            in_title = all(word in title for word in wanted)
            begins = title.startswith(wanted[0])
            found.append((0 if begins and in_title else 1 if in_title else 2, order, line))
    return [line for _, _, line in sorted(found, key=lambda match: match[:2])]


class Finder(QFrame):
    """A popup. Emits `chosen(id)` and closes; Escape or a click elsewhere closes it without."""

    chosen = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self._window = window
        vary(self, role="popup")
        self.setObjectName("finder")
        self._lines: Sequence[Line] = ()
        self._input = QLineEdit()
        self._input.setClearButtonEnabled(False)
        self._list = QListWidget()
        self._list.setItemDelegate(_LinePainter(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMouseTracking(True)
        self._nothing = PlainLabel(role="muted")
        self._nothing.setContentsMargins(12, 8, 12, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self._input)
        layout.addWidget(self._list)
        layout.addWidget(self._nothing)
        self._input.textChanged.connect(self._filter)
        self._input.installEventFilter(self)
        self._list.itemClicked.connect(self._choose)
        self._list.itemEntered.connect(self._list.setCurrentItem)
        self._then: Callable[[str], object] = lambda _id: None

    def ask(
        self, lines: Sequence[Line], prompt: str, then: Callable[[str], object], at: QPoint | None = None
    ) -> None:
        """Shows these lines at a place on the screen (None: top middle of the window); `then` gets the id chosen."""
        self._lines, self._then = lines, then
        self._input.setPlaceholderText(prompt)
        self._input.setAccessibleName(prompt)
        self._nothing.setText(text("window.finder.nothing"))
        self._input.clear()
        self._filter("")
        self._place(at)
        self.show()
        self._input.setFocus(Qt.FocusReason.PopupFocusReason)

    def _place(self, at: QPoint | None) -> None:
        self.setFixedWidth(_WIDTH)
        self.adjustSize()
        window = self._window
        if at is None:
            at = window.mapToGlobal(QPoint((window.width() - _WIDTH) // 2, min(110, window.height() // 6)))
        screen: QScreen | None = window.screen()
        room = screen.availableGeometry() if screen else window.geometry()
        x = max(room.left() + 8, min(at.x(), room.right() - self.width() - 8))
        y = max(room.top() + 8, min(at.y(), room.bottom() - self.height() - 8))
        self.move(x, y)

    def _filter(self, typed: str) -> None:
        self._list.clear()
        section = ""
        for line in matching(self._lines, typed)[:_SHOWN]:
            item = QListWidgetItem(one_line(line.title))
            head = line.section if not typed and line.section != section else ""
            section = line.section
            item.setData(_LINE, (line, head))
            item.setSizeHint(QSize(_WIDTH - 40, _ROW))
            self._list.addItem(item)
        count = self._list.count()
        self._list.setVisible(count > 0)
        self._nothing.setVisible(count == 0)
        self._list.setFixedHeight(max(1, min(count, _MOST_ROWS)) * _ROW + 4)
        self._list.setCurrentRow(0)
        self.adjustSize()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: _MOST_ROWS,
                Qt.Key.Key_PageUp: -_MOST_ROWS,
            }.get(Qt.Key(event.key()))
            if step is not None:
                row = self._list.currentRow() + step
                self._list.setCurrentRow(max(0, min(self._list.count() - 1, row)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self._list.count():
                    self._choose(self._list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _choose(self, item: QListWidgetItem) -> None:
        line, _ = item.data(_LINE)
        self.close()
        self.chosen.emit(line.id)
        self._then(line.id)


class _LinePainter(QStyledItemDelegate):
    """Draws a Line: its icon, title and hint, keys at the right, the section's name where it begins."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(_WIDTH - 40, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line, head = cast("tuple[Line, str]", index.data(_LINE))
        look, language = appearance().theme, appearance().language
        area = QRectF(option.rect)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        if state & QStyle.StateFlag.State_Selected:
            fill_rounded(painter, area.adjusted(0, 1, 0, -1), 8, look.hover)
        icon = QRectF(area.left() + 10, area.center().y() - 14, 28, 28)
        if line.kind:
            paint_tile(painter, line.icon, look.kind(line.kind), look.tile_tint, icon)
        elif line.icon:
            paint_icon(painter, line.icon, look.text2, icon.adjusted(5, 5, -5, -5))
        right = area.right() - 12
        for words, style in ((line.keys, fonts.MICRO), (head, fonts.SMALL)):
            if words:
                place = QRectF(area.left() + 200, area.top(), right - area.left() - 200, _ROW)
                right -= (
                    draw_text(painter, place, words, style, look.muted, language, Qt.AlignmentFlag.AlignRight)
                    + 14
                )
        inside = QRectF(area.left() + 48, area.top() + 4, right - area.left() - 52, 18)
        if line.hint:
            draw_text(painter, inside, one_line(line.title), fonts.BODY_MEDIUM, look.text, language)
            draw_text(
                painter, inside.translated(0, 18), one_line(line.hint), fonts.SMALL, look.muted, language
            )
        else:
            inside = QRectF(inside.left(), area.top(), inside.width(), _ROW)
            draw_text(painter, inside, one_line(line.title), fonts.BODY_MEDIUM, look.text, language)
        painter.restore()
