"""What forms see in these tests: a few steps above, a shelf of models, and a window that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.adapters.connection import Connection
from app.adapters.shelf import ConnectionLine, FoundLine, Measured, ModelLine, Shelf
from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import AnyField, ModelChoice
from app.sdk.spec import FieldSpec
from app.ui.inspector.around import Source
from app.ui.inspector.editors.editor import Editor
from app.ui.inspector.editors.kinds import editor_for

TEXTS = FieldTexts("test.field")
MESSAGE = Source("ask", "message", "Customer request", "Message", "record", "message")
ORDER = Source("lookup", "order", "Order lookup", "Order", "record")

SHELF = Shelf(
    models=(
        ModelLine(
            "This computer",
            "embedded",
            "smollm2",
            "computer",
            title="SmolLM2-135M",
            price_state="free",
            abilities=frozenset({"chat", "score", "schema"}),
            lacking=frozenset({"tools"}),
            built_in=True,
        ),
        ModelLine(
            "Company Anthropic",
            "anthropic",
            "claude-opus",
            "cloud",
            goes_to="Anthropic",
            price_state="priced",
            input_price=Decimal(5),
            output_price=Decimal(25),
            abilities=frozenset({"chat", "tools"}),
        ),
        ModelLine("Gateway", "openai_compatible", "llama", "company", goes_to="gpu.acme.example"),
    ),
    connections=(
        ConnectionLine(Connection("Company Anthropic", "anthropic"), "cloud", "stored"),
        ConnectionLine(Connection("CRM", "web_api", "https://crm.acme.example"), "company", "stored"),
    ),
    roles={"small": ModelChoice(connection="This computer", kind="embedded", model="smollm2")},
    prices_of="2026-11-18",
    built_in=(Measured("no", "writing"),),
)


class Here:
    """One input that a link brings, one step that isn't joined, one shelf."""

    def __init__(self, folder: Path | None = None) -> None:
        self.wanted_page = ""
        self.looked = 0
        self.taken: list[FoundLine] = []
        self.priced: list[ModelLine] = []
        self._folder = folder

    def sources(self) -> Sequence[Source]:
        return (MESSAGE, ORDER)

    def incoming(self) -> Mapping[str, Source]:
        return {"message": MESSAGE}

    def open_preferences(self, page: str) -> None:
        self.wanted_page = page

    def shelf(self) -> Shelf:
        return SHELF

    def find_models(self) -> None:
        self.looked += 1

    def take_found(self, found: FoundLine) -> None:
        self.taken.append(found)

    def give_price(self, line: ModelLine) -> None:
        self.priced.append(line)

    def folder(self) -> Path | None:
        return self._folder


class Edits:
    """What an editor told, in order."""

    def __init__(self, editor: Editor) -> None:
        self.told: list[tuple[Json, bool]] = []
        editor.edited.connect(lambda value, goes_on: self.told.append((value, goes_on)))

    @property
    def last(self) -> Json:
        return self.told[-1][0]


def drop(target: QWidget, at: QPointF, data: QMimeData) -> None:
    """Lets something fall on a widget, as the end of a drag does."""
    action, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(at, action, data, button, keys),
        QDragMoveEvent(at, action, data, button, keys),
        QDropEvent(at, action, data, button, keys),
    ):
        QApplication.sendEvent(target, event)


def shown(qtbot: QtBot, widget: QWidget, width: int = 328) -> QWidget:
    """Puts a widget into a shown, active window of a panel's width."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(widget)
    area.resize(width, 640)
    qtbot.addWidget(area)
    with qtbot.waitExposed(area):
        area.show()
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow)
    return area


def editor(
    qtbot: QtBot,
    field: AnyField,
    hint: Any,
    default: Json,
    row: tuple[FieldSpec, ...] = (),
    around: Here | None = None,
) -> tuple[Any, Edits]:
    """A shown editor and what it tells."""
    made = editor_for(FieldSpec("field", field, hint, default, row), TEXTS, around or Here())
    made.shown_in = shown(qtbot, made)  # type: ignore[attr-defined]  # the window lives as long as its editor
    made.setFocus()
    return made, Edits(made)
