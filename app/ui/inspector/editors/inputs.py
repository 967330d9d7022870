"""Inputs: Qt's fields with our manners: undo is the window's, and a wheel scrolls the form, not the value."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QSizePolicy, QSlider, QWidget

from app.ui.hidden_marks import HiddenMarks
from app.ui.inspector.editors.places import units


def monospace() -> QFont:
    """The system's font for code; its size comes from the style sheet."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)


def is_undo(event: QEvent) -> bool:
    """Whether a key event asks for undo or redo."""
    keys = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
    return isinstance(event, QKeyEvent) and any(event.matches(key) for key in keys)


class LineInput(QLineEdit):
    """One line. Undo and redo go to the window, where every edit is a step already."""

    left = Signal()  # the focus went elsewhere

    def event(self, event: QEvent) -> bool:
        if is_undo(event):
            event.ignore()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def show_text(self, text: str) -> None:
        """Shows a text that came from elsewhere from its beginning; a cursor that is at work stays."""
        if text != self.text():
            at = self.cursorPosition() if self.hasFocus() else 0
            self.setText(text)
            self.setCursorPosition(min(at, len(text)))


class TextInput(QPlainTextEdit):
    """Several lines that grow with the text between `lines` and `most` lines; Tab leaves the field."""

    def __init__(self, lines: int, most: int = 14, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Another width or font: not while this is laid out itself, or what is around it would not hear of it.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._fit)
        self._lines, self._most = lines, max(most, lines)
        self._large = False
        self._undoes = self._is_filled = False
        self._marks = self.made_marks()
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._later.start)
        self.document().contentsChanged.connect(self._fit)
        self._fit()

    def made_marks(self) -> HiddenMarks:
        """What colours the text."""
        return HiddenMarks(self.document())

    def undo_here(self) -> None:
        """What is typed here is no edit of the workflow: the field itself takes it back."""
        self._undoes = True
        self.setUndoRedoEnabled(True)

    def set_large(self) -> None:
        """Takes all the room of a window of its own, which the window's undo can't reach."""
        self._large = True
        self.undo_here()
        self.setMinimumHeight(120)
        self.setMaximumHeight(16_777_215)  # Qt's own "no limit"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def event(self, event: QEvent) -> bool:
        if is_undo(event) and not self._undoes:
            event.ignore()
            return True
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._later.start()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.go_on()
        self._is_filled = False

    def go_on(self) -> None:
        """What is written next goes behind what the program has filled in, until somebody picks a place."""
        if self._is_filled:
            self.moveCursor(QTextCursor.MoveOperation.End)
        self._is_filled = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.verticalScrollBar()
        if bar.maximum() > 0 and self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def text(self) -> str:
        """The text as typed; `toPlainText` would turn no-break spaces into plain ones."""
        return self.document().toRawText().replace("\u2029", "\n")

    def show_text(self, text: str) -> None:
        """Shows a text that came from elsewhere from its beginning; a cursor that is at work ends up behind what
        changed, one that comes by a key goes to the end.
        """
        old = self.text()
        if text == old:
            return
        begin = next(
            (i for i, (a, b) in enumerate(zip(old, text, strict=False)) if a != b), min(len(old), len(text))
        )
        end = 0
        while end < min(len(old), len(text)) - begin and old[-1 - end] == text[-1 - end]:
            end += 1
        self.setPlainText(text)
        cursor = self.textCursor()
        cursor.setPosition(units(text[: len(text) - end]) if self.hasFocus() else 0)
        self.setTextCursor(cursor)
        self._is_filled = not self.hasFocus()

    def _fit(self) -> None:
        if self._large:
            return
        # QPlainTextDocumentLayout counts its height in lines.
        shown = round(self.document().size().height())
        empty = max(0, self._lines - shown) * QFontMetricsF(self.font()).lineSpacing()
        height = self._height_of_lines() + empty + 2 * self.document().documentMargin() + 14
        if round(height) != self.height():
            self.setFixedHeight(round(height))
        policy = (
            Qt.ScrollBarPolicy.ScrollBarAsNeeded
            if shown > self._most
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self.setVerticalScrollBarPolicy(policy)

    def _height_of_lines(self) -> float:
        """Of as many as may show, each as it is laid out: Chinese letters stand higher than the field's own font."""
        height, left = 0.0, self._most
        block = self.document().begin()
        while block.isValid() and left > 0:
            # A block that was not laid out yet is laid out by the question for its place.
            whole, laid = self.blockBoundingRect(block).height(), block.layout()
            lines = laid.lineCount()
            height += whole if lines <= left else sum(laid.lineAt(at).height() for at in range(left))
            left -= max(1, lines)
            block = block.next()
        return height


class Choices(QComboBox):
    """A drop-down that shrinks with the panel and leaves the wheel to the form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Slide(QSlider):
    """A horizontal slider that leaves the wheel to the form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
