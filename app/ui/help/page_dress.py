"""The dress of a page of Help: sizes, room and colours of what its Markdown says."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import (
    QFont,
    QFontInfo,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from app.ui import fonts
from app.ui.inspector.editors.inputs import monospace
from app.ui.theme import Theme

_HEADINGS = {1: (22, 0, 12), 2: (16, 22, 8), 3: (14, 16, 6)}  # level → pixels, room above, room below
_BODY, _CODE = 14, 13
_LINE, _LINE_CHINESE = 150, 130  # percent; Chinese letters bring room of their own
_INDENT = 22
_BELOW, _BELOW_ENTRY = 10, 5


def dress(document: QTextDocument, look: Theme, language: str) -> None:
    """Goes through a document just made from Markdown and changes how it looks, not what it says."""
    document.setIndentWidth(_INDENT)
    for block in blocks(document):
        cursor = QTextCursor(block)
        if level := block.blockFormat().headingLevel():
            _dress_heading(cursor, block, look, level)
        elif is_code(block):
            _dress_code(cursor, block, look)
        else:
            _dress_paragraph(cursor, block, look, language)
    for table in tables(document):
        _dress_table(table, look)
    for first, last in reversed(list(_fences(document))):
        _frame_code(first, last, look, document)
    for block in blocks(document):
        if not block.text() and QTextCursor(block).currentFrame() == document.rootFrame():
            _flatten(block)  # what Qt puts between areas


def blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def is_code(block: QTextBlock) -> bool:
    """Whether a block is a line of code in a fence."""
    return block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)


def tables(document: QTextDocument) -> Iterator[QTextTable]:
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            yield frame


def _dress_heading(cursor: QTextCursor, block: QTextBlock, look: Theme, level: int) -> None:
    size, above, below = _HEADINGS.get(level, _HEADINGS[3])
    room = QTextBlockFormat()
    room.setTopMargin(above)
    room.setBottomMargin(below)
    cursor.mergeBlockFormat(room)
    for picked, drawn in _pieces(block):
        drawn.clearProperty(QTextFormat.Property.FontSizeAdjustment)  # it would win over the size
        drawn.setProperty(QTextFormat.Property.FontPixelSize, size)
        drawn.setFontWeight(QFont.Weight.DemiBold)
        drawn.setForeground(look.text)
        picked.setCharFormat(drawn)


def _dress_paragraph(cursor: QTextCursor, block: QTextBlock, look: Theme, language: str) -> None:
    room = QTextBlockFormat()
    chinese = language.startswith("zh")
    height = _LINE_CHINESE if chinese else _LINE
    room.setLineHeight(height, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    room.setBottomMargin(_BELOW_ENTRY if block.textList() else _BELOW)
    cursor.mergeBlockFormat(room)
    for picked, now in _pieces(block):
        drawn = QTextCharFormat()
        drawn.setProperty(QTextFormat.Property.FontPixelSize, fonts.size_in(_BODY, language))
        drawn.setForeground(look.accent2 if now.isAnchor() else look.text2)
        if now.fontWeight() > QFont.Weight.Normal:
            drawn.setFontWeight(QFont.Weight.DemiBold)
            drawn.setForeground(look.accent2 if now.isAnchor() else look.text)
        if now.isAnchor():
            drawn.setFontUnderline(False)
        if chinese:  # has no slanted letters
            drawn.setFontItalic(False)
        if now.fontFixedPitch():
            _make_code(drawn, look)
        picked.mergeCharFormat(drawn)


def _dress_code(cursor: QTextCursor, block: QTextBlock, look: Theme) -> None:
    room = QTextBlockFormat()
    room.setLineHeight(_LINE, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    room.setNonBreakableLines(False)
    cursor.mergeBlockFormat(room)
    for picked, _ in _pieces(block):
        drawn = QTextCharFormat()
        _make_code(drawn, look)
        picked.mergeCharFormat(drawn)


def _fences(document: QTextDocument) -> Iterator[tuple[int, int]]:
    """Where each fence begins and ends."""
    first = -1
    for block in blocks(document):
        if not is_code(block):
            first = -1
            continue
        first = block.position() if first < 0 else first
        if not is_code(block.next()):
            yield first, block.position() + block.length() - 1


def _frame_code(first: int, last: int, look: Theme, document: QTextDocument) -> None:
    """One area behind all lines."""
    cursor = QTextCursor(document)
    cursor.setPosition(first)
    cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
    area = QTextFrameFormat()
    area.setBackground(look.input)
    area.setBorder(0)
    area.setPadding(10)
    area.setTopMargin(4)
    area.setBottomMargin(_BELOW + 4)
    first_line = cursor.block().blockFormat()
    cursor.insertFrame(area).firstCursorPosition().setBlockFormat(first_line)  # which it loses on the way


def _flatten(block: QTextBlock) -> None:
    flat = QTextBlockFormat()
    flat.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    QTextCursor(block).setBlockFormat(flat)


def _make_code(drawn: QTextCharFormat, look: Theme) -> None:
    drawn.setFontFamilies([QFontInfo(monospace()).family(), *fonts.FAMILIES[1:]])
    drawn.setProperty(QTextFormat.Property.FontPixelSize, _CODE)
    drawn.setForeground(look.text)
    drawn.setBackground(look.input)


def _dress_table(table: QTextTable, look: Theme) -> None:
    shape = table.format()
    shape.setBorder(1)
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setBorderBrush(look.border)
    shape.setBorderCollapse(True)
    shape.setCellPadding(6)
    shape.setCellSpacing(0)
    shape.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    shape.setBottomMargin(_BELOW + 4)
    table.setFormat(shape)
    for row in range(table.rows()):
        for column in range(table.columns()):
            block = table.cellAt(row, column).firstCursorPosition().block()
            room = QTextBlockFormat()
            room.setTopMargin(0)
            room.setBottomMargin(0)
            room.setLineHeight(100, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            QTextCursor(block).mergeBlockFormat(room)


def _pieces(block: QTextBlock) -> list[tuple[QTextCursor, QTextCharFormat]]:
    """Each stretch of one look, picked, with how it looks now."""
    found: list[tuple[QTextCursor, QTextCharFormat]] = []
    for stretch in block.textFormats():
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + stretch.start)
        cursor.setPosition(cursor.position() + stretch.length, QTextCursor.MoveMode.KeepAnchor)
        found.append((cursor, QTextCharFormat(stretch.format)))
    return found
