"""The drag of a value: what the Data tab hands out and texts take, as a mime type of our own."""

from __future__ import annotations

import json

from PySide6.QtCore import QMimeData

from app.ui.inspector.around import Source

MIME = "application/x-baton-reference"


def to_mime(source: Source, shown: str) -> QMimeData:
    """`shown` is the value as text, for programs that take nothing else."""
    where = {"node": source.node, "port": source.port, "input": source.input, "path": list(source.path)}
    data = QMimeData()
    data.setData(MIME, json.dumps(where).encode())
    data.setText(source.reference if source.input else shown)
    return data


def from_mime(data: QMimeData, sources: list[Source]) -> Source | None:
    """The source that was dropped, if it is among those that this text may refer to."""
    if not data.hasFormat(MIME):
        return None
    try:
        where = json.loads(data.data(MIME).toStdString())
    except ValueError:
        return None
    for source in sources:
        same_input = bool(source.input) and source.input == where.get("input")
        if not source.path and (
            same_input or (source.node, source.port) == (where.get("node"), where.get("port"))
        ):
            path = tuple(map(str, where.get("path", ())))
            return Source(
                source.node, source.port, source.step, source.port_label, source.type, source.input, path
            )
    return None
