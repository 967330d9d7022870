"""Edits a title or a note in its place on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from app.document.operations import Operation, SetGroup, SetNode, SetNote
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.area_items import GroupItem, NoteItem
from app.ui.canvas.area_painter import title_bar
from app.ui.canvas.card_facts import title_of
from app.ui.canvas.card_painter import title_rect
from app.ui.canvas.hit import Hit
from app.ui.canvas.node_item import NodeItem
from app.ui.fonts import TextStyle
from app.ui.hidden_marks import HiddenMarks

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

_LONGEST_TITLE = 200


def edit_at(view: CanvasView, hit: Hit) -> None:
    """Opens the editor of what was hit, if it has a text of its own."""
    if hit.node is not None:
        edit_title(view, hit.node)
    elif hit.note is not None:
        edit_note(view, hit.note)
    elif hit.group is not None:
        _edit_group(view, hit.group)


def edit_title(view: CanvasView, node: NodeItem) -> None:
    """A node's title; left empty it goes back to the type's own."""
    view.reveal(node.area)
    shown = title_of(node.placed)

    def done(title: str) -> Operation | None:
        return SetNode(node.id, {"title": title.strip()}) if title.strip() != shown else None

    _line(view, title_rect(node.anatomy).translated(node.pos()), shown, fonts.STRONG, done)


def edit_note(view: CanvasView, note: NoteItem) -> None:
    """A note's text."""
    view.reveal(note.area)

    def done(words: str) -> Operation | None:
        return SetNote(note.id, replace(note.note, text=words)) if words != note.note.text else None

    editor = QPlainTextEdit(note.note.text, view.viewport())
    HiddenMarks(editor.document())  # the document keeps it
    _NoteKeys(
        editor, lambda: _finish(view, editor, done(editor.toPlainText())), lambda: _finish(view, editor, None)
    )
    _show(view, editor, note.area.adjusted(4, 4, -4, -4), fonts.LABEL)


def _edit_group(view: CanvasView, group: GroupItem) -> None:
    def done(title: str) -> Operation | None:
        kept = title.strip()
        return (
            SetGroup(group.id, replace(group.shown, title=kept))
            if kept and kept != group.shown.title
            else None
        )

    area = title_bar(group.area).adjusted(8, 4, -8, -4)
    area.setWidth(min(area.width(), 320))
    _line(view, area, group.shown.title, fonts.LABEL_STRONG, done)


def _line(
    view: CanvasView, area: QRectF, words: str, style: TextStyle, done: Callable[[str], Operation | None]
) -> None:
    editor = QLineEdit(words, view.viewport())
    editor.setProperty("kind", "compact")
    editor.setMaxLength(_LONGEST_TITLE)
    editor.selectAll()
    editor.editingFinished.connect(lambda: _finish(view, editor, done(editor.text())))
    _NoteKeys(editor, None, lambda: _finish(view, editor, None))
    _show(view, editor, area, style)


def _show(view: CanvasView, editor: QLineEdit | QPlainTextEdit, area: QRectF, style: TextStyle) -> None:
    place = view.mapFromScene(area).boundingRect()
    font = QFont(fonts.font(style, appearance().language))
    font.setPixelSize(max(11, round(font.pixelSize() * view.zoom)))
    editor.setFont(font)
    # The style sheet's sizes are for forms; here the editor lies exactly over the text.
    editor.setStyleSheet(f"font-size: {font.pixelSize()}px; min-height: 0; padding: 0 4px;")
    editor.setGeometry(place.left(), place.top(), max(120, place.width()), max(24, place.height()))
    editor.show()
    editor.setFocus()


def _finish(view: CanvasView, editor: QLineEdit | QPlainTextEdit, operation: Operation | None) -> None:
    if not editor.isVisible():
        return  # losing the focus by being closed finishes a second time
    editor.hide()
    editor.deleteLater()
    view.setFocus()
    if operation is not None:
        view.intents.operation_requested.emit(operation)


class _NoteKeys(QObject):
    """Escape gives up; leaving the editor, or Ctrl+Enter, keeps what was written."""

    def __init__(
        self, editor: QLineEdit | QPlainTextEdit, keep: Callable[[], None] | None, give_up: Callable[[], None]
    ) -> None:
        super().__init__(editor)
        self._keep = keep
        self._give_up = give_up
        editor.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self._give_up()
                return True
            ended = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if self._keep and ended and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._keep()
                return True
        elif self._keep and event.type() == QEvent.Type.FocusOut:
            self._keep()
        return False
