"""The value view: one value of a run with its views, fetched whole when somebody looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from app import figures
from app.document.workflow import Json
from app.events.run_events import Preview
from app.sdk.references import as_text
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.inspector.around import Source
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.views.json_view import JsonView
from app.ui.inspector.views.plain_view import PlainView
from app.ui.inspector.views.read_view import ReadView
from app.ui.inspector.views.shape import VIEWS, ViewName, parsed, views_for
from app.ui.inspector.views.table_view import TableView
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel
from app.ui.widgets.segmented import Segmented

Fetch: TypeAlias = Callable[[str], Coroutine[Any, Any, Json]]


class ValueView(QWidget):
    """Shows the preview at once and the whole value when it has come."""

    def __init__(self, fetch: Fetch | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fetch = fetch
        self._awaiting = Awaiting(self)
        self._preview: Preview | None = None
        self._value: Json = None
        self._whole = False
        self._asked = ""  # the reference whose value is on its way
        self._view: ViewName = "preview"
        self._wished: ViewName | None = None  # what the person chose stays while it fits
        self._json = JsonView()
        self._views: dict[ViewName, ReadView | TableView | PlainView | JsonView] = {
            "preview": ReadView(),
            "table": TableView(),
            "text": PlainView(),
            "json": self._json,
        }
        self._switch = Segmented([("text", "")])
        self._stack = QStackedWidget()
        self._facts = ElidedLabel(role="small")
        self._copy = IconButton("copy", "", 15)
        self._again = QPushButton()
        self._fault = FaultLine()
        self._lay_out()

    def show_preview(self, preview: Preview | None, source: Source | None = None) -> None:
        """Shows another value; the same one is left alone."""
        self._json.set_source(source)
        if preview == self._preview:
            return
        self._awaiting.cancel()
        self._preview = preview
        self._show_fault(())
        if preview is None:
            return
        self._whole = not preview.ref
        self._take(parsed(preview.text, preview.type) if self._whole else preview.text)
        if self.isVisible():
            self._load()

    def retranslate(self) -> None:
        self._copy.set_label(text("inspector.data.copy"))
        self._again.setText(text("inspector.data.again"))
        if self._preview is not None:
            self._offer_views()
            self._draw()

    def value(self) -> Json:
        """What is shown: the whole value, or its beginning while the rest is on its way."""
        return self._value

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # pyright: ignore[reportArgumentType]
        self._load()

    def _lay_out(self) -> None:
        for name in VIEWS:
            self._stack.addWidget(self._views[name])
        vary(self._again, kind="link")
        self._switch.chosen.connect(self._choose)
        self._copy.clicked.connect(self._to_clipboard)
        self._again.clicked.connect(self._load)
        foot = line(8)
        foot.addWidget(self._facts, 1)
        foot.addWidget(self._copy)
        layout = column(self, 8)
        layout.addWidget(self._switch)
        layout.addWidget(self._fault)
        layout.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._stack, 1)
        layout.addLayout(foot)
        self._again.hide()
        self.retranslate()

    def _load(self) -> None:
        """Asks for the rest, once, when somebody looks."""
        wanted = self._preview.ref if self._preview else ""
        if self._whole or self._fetch is None or wanted in ("", self._asked):
            return
        self._show_fault(())
        self._asked = wanted
        self._awaiting.start(self._fetch(wanted), self._arrived, self._show_fault)

    def _arrived(self, value: Json) -> None:
        self._whole = True
        self._take(value)

    def _show_fault(self, problems: Problems) -> None:
        self._asked = ""
        self._fault.show_problems(problems)
        self._again.setVisible(bool(problems))

    def _take(self, value: Json) -> None:
        self._value = value
        self._offer_views()
        self._draw()

    def _type(self) -> str:
        return self._preview.type if self._preview else "text"

    def _offer_views(self) -> None:
        fitting = views_for(self._value) if self._whole else ("text",)
        self._switch.set_options([(name, text(f"inspector.data.view.{name}")) for name in fitting])
        self._switch.setVisible(len(fitting) > 1)
        self._view = self._wished if self._wished and self._wished in fitting else fitting[0]
        self._switch.set_value(self._view)

    def _choose(self, name: str) -> None:
        self._view = self._wished = next(view for view in VIEWS if view == name)
        self._draw()

    def _draw(self) -> None:
        self._views[self._view].show_value(self._value, self._type())
        self._stack.setCurrentWidget(self._views[self._view])
        preview = self._preview
        if preview is not None:
            size = text(
                f"inspector.data.size.{_unit(preview.type)}",
                shown=figures.count(preview.size),
            )
            loading = "" if self._whole or self._fetch is None else text("inspector.data.loading")
            self._facts.setText(
                " · ".join(filter(None, (text(f"canvas.type.{preview.type}"), size, loading)))
            )

    def _to_clipboard(self) -> None:
        whole = self._value
        shown = as_text(whole) if isinstance(whole, str) else json.dumps(whole, ensure_ascii=False, indent=2)
        QGuiApplication.clipboard().setText(shown)


def _unit(data_type: str) -> str:
    """What the size of a preview counts."""
    return {"table": "rows", "list": "items", "record": "fields"}.get(data_type, "characters")
