"""The JSON view: a value as a tree that opens part by part; each part can be dragged into a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from app.document.workflow import Json
from app.sdk.references import as_text
from app.texts import text
from app.ui.inspector.around import Source
from app.ui.inspector.reference_drag import to_mime
from app.ui.inspector.views.shape import is_list
from app.ui.plain import one_line, tooltip

_VALUE = Qt.ItemDataRole.UserRole
_PATH = Qt.ItemDataRole.UserRole + 1
_CHUNK = 200  # parts that appear at once


class JsonView(QTreeWidget):
    """Parts below the first level are made when their parent is opened."""

    def __init__(self) -> None:
        super().__init__()
        self._source: Source | None = None
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setDragEnabled(True)
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        self.itemExpanded.connect(self._fill)

    def set_source(self, source: Source | None) -> None:
        """Where the value comes from, for what is dragged out; None: nothing can be."""
        self._source = source
        self.setDragEnabled(source is not None)

    def show_value(self, value: Json, data_type: str) -> None:
        self.clear()
        self._add(self.invisibleRootItem(), value, (), 0)

    def mimeData(self, items: Sequence[QTreeWidgetItem]) -> QMimeData:
        if self._source is None or not items:
            return QMimeData()
        path = cast("tuple[str, ...]", items[0].data(0, _PATH))
        part = _with_path(self._source, path)
        return to_mime(part, as_text(cast("Json", items[0].data(0, _VALUE))))

    def _fill(self, item: QTreeWidgetItem) -> None:
        if item.childCount() == 0:
            self._add(
                item, cast("Json", item.data(0, _VALUE)), cast("tuple[str, ...]", item.data(0, _PATH)), 0
            )

    def _add(self, parent: QTreeWidgetItem, value: Json, path: tuple[str, ...], start: int) -> None:
        parts = _parts(value)
        for name, part in parts[start : start + _CHUNK]:
            parent.addChild(_item(name, part, (*path, name)))
        left = len(parts) - start - _CHUNK
        if left > 0:
            more = QTreeWidgetItem([text("inspector.data.more", n=left)])
            more.setFlags(Qt.ItemFlag.ItemIsEnabled)
            more.setData(0, _VALUE, _More(lambda: self._add_more(parent, more, value, path, start + _CHUNK)))
            parent.addChild(more)

    def mouseDoubleClickEvent(self, event: object) -> None:
        item = self.currentItem()
        more = item.data(0, _VALUE) if item is not None else None
        if isinstance(more, _More):
            more.show()
        else:
            super().mouseDoubleClickEvent(event)  # pyright: ignore[reportArgumentType]

    def _add_more(
        self, parent: QTreeWidgetItem, more: QTreeWidgetItem, value: Json, path: tuple[str, ...], start: int
    ) -> None:
        parent.removeChild(more)
        self._add(parent, value, path, start)


class _More:
    """What shows the next parts of a long list."""

    def __init__(self, show: Callable[[], None]) -> None:
        self.show = show


def _item(name: str, value: Json, path: tuple[str, ...]) -> QTreeWidgetItem:
    item = QTreeWidgetItem([one_line(name, 80), _summary(value)])
    item.setData(0, _VALUE, value)
    item.setData(0, _PATH, path)
    item.setToolTip(1, tooltip(as_text(value)[:2000]))
    if _parts(value):
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
    return item


def _parts(value: Json) -> list[tuple[str, Json]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if is_list(value):
        return [(str(at), part) for at, part in enumerate(cast("Sequence[Json]", value))]
    return []


def _summary(value: Json) -> str:
    if isinstance(value, Mapping):
        return text("inspector.data.fields", n=len(value))
    if is_list(value):
        return text("inspector.data.items", n=len(cast("Sequence[Json]", value)))
    if value is None:
        return text("inspector.value.empty")
    if isinstance(value, bool):
        return text("inspector.value.yes" if value else "inspector.value.no")
    return one_line(as_text(value))


def _with_path(source: Source, path: tuple[str, ...]) -> Source:
    return Source(
        source.node,
        source.port,
        source.step,
        source.port_label,
        source.type,
        source.input,
        (*source.path, *path),
    )
