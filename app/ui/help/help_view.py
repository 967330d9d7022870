"""The view of one page of Help: its Markdown in our look; links lead to other pages, and nothing is ever loaded."""

from __future__ import annotations

from itertools import chain

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QResizeEvent, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit, QWidget

from app.guide.markdown import anchor
from app.guide.search import marks
from app.ui.appearance import appearance
from app.ui.help.page_dress import blocks, dress
from app.ui.inspector.editors.places import units
from app.ui.text_browser import TextBrowser
from app.ui.theme import tint

_MARKDOWN = QTextDocument.MarkdownFeature
_WIDEST = 760  # pixels that a line may take
_ROOM = 22


class HelpView(TextBrowser):
    """Emits `followed(link)` as the link stands in the page; it opens none by itself.

    Tags are shown as text. Pictures, styles and whatever else a page may name are not fetched, wherever they lie.
    """

    followed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "page")
        self.anchorClicked.connect(self._follow)
        self._page = ""

    def show_page(self, page: str) -> None:
        """Shows a page's Markdown from its beginning."""
        self._page = page
        features = _MARKDOWN.MarkdownDialectGitHub | _MARKDOWN.MarkdownNoHTML
        self.document().setMarkdown(page, features)
        look = appearance()
        dress(self.document(), look.theme, look.language)
        self.setExtraSelections([])
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def redress(self) -> None:
        """The same page in the look of now, at the same place."""
        at = self.verticalScrollBar().value()
        self.show_page(self._page)
        self.verticalScrollBar().setValue(at)

    def go_to(self, wanted: str) -> None:
        """Scrolls to the heading of an anchor; where there is none, the page stays."""
        for block in blocks(self.document()):
            if block.blockFormat().headingLevel() and anchor(block.text()) == wanted:
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(round(top))
                return

    def mark(self, query: str) -> None:
        """Shows where the words that were searched for stand."""
        found: list[QTextEdit.ExtraSelection] = []
        drawn = QTextCharFormat()
        drawn.setBackground(tint(appearance().theme.state("warning").line, 35))
        wanted = marks(query, self.toPlainText())
        for block in blocks(self.document()):
            for at in chain.from_iterable(pattern.finditer(block.text()) for pattern in wanted):
                cursor = QTextCursor(block)
                cursor.setPosition(block.position() + units(block.text()[: at.start()]))
                cursor.setPosition(cursor.position() + units(at.group()), QTextCursor.MoveMode.KeepAnchor)
                selection = QTextEdit.ExtraSelection()
                selection.cursor, selection.format = cursor, drawn  # pyright: ignore[reportAttributeAccessIssue]
                found.append(selection)
        self.setExtraSelections(found)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.width() - self.verticalScrollBar().sizeHint().width()
        side = max(_ROOM, (width - _WIDEST) // 2)
        if self.viewportMargins().left() != side:
            self.setViewportMargins(side, 14, side, 0)

    def _follow(self, link: QUrl) -> None:
        self.followed.emit(link.toString())
