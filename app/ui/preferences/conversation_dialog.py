"""What was said in a conversation that is kept: its summary, and its latest turns."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from app.adapters.sqlite_memory import KeptConversation
from app.guide.order import WHAT_IS_KEPT
from app.texts import text
from app.ui.help.subject import lead_to_help
from app.ui.plain import one_line, visible


class ConversationDialog(QDialog):
    """To be read, marked and copied; closes with Escape."""

    def __init__(self, name: str, found: KeptConversation, parent: QWidget) -> None:
        super().__init__(parent)
        lead_to_help(self, WHAT_IS_KEPT)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text("preferences.conversations.title", name=one_line(name, 60)))
        self.resize(680, 560)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setPlainText("\n\n".join(_parts(found)))
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.addWidget(self.text)


def _parts(found: KeptConversation) -> list[str]:
    parts = (
        [text("preferences.conversations.summary", summary=visible(found.summary))] if found.summary else []
    )
    if found.earlier:
        parts.append(text("preferences.conversations.earlier", n=found.earlier))
    for turn in found.turns:
        at = datetime.fromtimestamp(turn.at).astimezone()
        head = text("preferences.conversations.turn", number=turn.number, at=f"{at:%Y-%m-%d %H:%M}")
        asked = text("preferences.conversations.asked", text=visible(turn.asked))
        parts.append(
            f"{head}\n{asked}\n{text('preferences.conversations.answered', text=visible(turn.answered))}"
        )
    return parts
