"""The input of a text with references: marks them, offers the steps above, takes dropped values."""

from __future__ import annotations

import re

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from app.ui.inspector import reference_drag
from app.ui.inspector.around import Around, Source
from app.ui.inspector.editors.inputs import TextInput
from app.ui.inspector.editors.places import characters, units
from app.ui.inspector.editors.reference_marks import ReferenceMarks
from app.ui.inspector.editors.source_menu import SourceMenu

_OPEN = re.compile(r"\{\{([^{}\n]*)$")
_CLOSE = re.compile(r"^[^{}\n]*\}\}")
_MENU_KEYS = (Qt.Key.Key_Enter, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
_MENU_WIDTH = 260


class ReferenceInput(TextInput):
    """`{{`, Ctrl+Space or a drop bring a value in.

    What an input already carries is written into the text at once. Anything else is told by
    `wanted(source, before, after)`, the texts around the place: only a new link can bring it.
    """

    wanted = Signal(object, str, str)

    def __init__(self, around: Around, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(lines, most=4 if lines == 1 else 14, parent=parent)
        self._around = around
        self._one_line = lines == 1
        self._menu: SourceMenu | None = None
        self.refresh()

    def made_marks(self) -> ReferenceMarks:
        self._references = ReferenceMarks(self.document())
        return self._references

    def refresh(self) -> None:
        """The links above have changed."""
        self._references.set_inputs(self._around.incoming().keys())

    def offer(self) -> None:
        """Opens the menu at the cursor, for the button beside the label."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._open("")

    def insert(self, source: Source) -> None:
        """Puts a reference in place of what was begun with `{{`, or at the cursor."""
        self.go_on()
        text = self.text()
        start, end = self._place(text)
        before, after = text[:start], text[end:]
        if not source.input:
            self.wanted.emit(source, before, after)
            return
        cursor = self.textCursor()
        cursor.setPosition(units(text[:start]))
        cursor.setPosition(units(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(source.reference)
        self.setTextCursor(cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._menu is not None and self._menu.list.isVisible() and event.key() in _MENU_KEYS:
            event.ignore()  # the menu has its turn
            return
        if self._one_line and event.key() in (Qt.Key.Key_Enter, Qt.Key.Key_Return):
            event.ignore()
            return
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._open("")
            return
        super().keyPressEvent(event)
        if event.text():
            self._follow()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        # A file is for whoever takes paths, not for its address to be written into a text.
        return source.hasFormat(reference_drag.MIME) or (source.hasText() and not source.hasUrls())

    def insertFromMimeData(self, source: QMimeData) -> None:
        dropped = reference_drag.from_mime(source, list(self._around.sources()))
        if dropped is not None:
            self.insert(dropped)
        elif source.hasText():
            text = source.text()
            self.insertPlainText(" ".join(text.split("\n")) if self._one_line else text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        super().dragEnterEvent(event)
        _accept(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        _accept(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if event.mimeData().hasFormat(reference_drag.MIME):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.go_on()
            self.setTextCursor(self.cursorForPosition(event.position().toPoint()))
            self.insertFromMimeData(event.mimeData())
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            super().dropEvent(event)

    def _follow(self) -> None:
        """The menu is open exactly while a `{{` before the cursor waits for its end."""
        text = self.text()
        begun = _OPEN.search(text[: characters(text, self.textCursor().position())])
        if begun:
            self._open(begun.group(1).strip())
        elif self._menu is not None:
            self._menu.list.hide()

    def _open(self, prefix: str) -> None:
        if self._menu is None:
            self._menu = SourceMenu(self)
            self._menu.picked.connect(self.insert)
        if not prefix or not self._menu.list.isVisible():
            self._menu.fill(self._around.sources())
        if self._menu.is_empty():
            return
        self._menu.setCompletionPrefix(prefix)
        area = self.cursorRect()
        area.setWidth(max(_MENU_WIDTH, min(self.width(), 420)))
        self._menu.list.setCurrentIndex(self._menu.completionModel().index(0, 0))
        self._menu.complete(area)

    def _place(self, text: str) -> tuple[int, int]:
        """Where a reference goes: in place of what was begun, else of the selection, else at the cursor."""
        cursor = self.textCursor()
        at = characters(text, cursor.position())
        begun = _OPEN.search(text[:at])
        if begun:
            closed = _CLOSE.match(text[at:])
            return begun.start(), at + (closed.end() if closed else 0)
        return characters(text, cursor.selectionStart()), characters(text, cursor.selectionEnd())


def _accept(event: QDragEnterEvent | QDragMoveEvent) -> None:
    if event.mimeData().hasFormat(reference_drag.MIME):
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
