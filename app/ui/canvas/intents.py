"""Intents: what a person asks for on the canvas, as signals with plain values; others decide and do it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Intents(QObject):
    """Arguments are given beside each signal. Positions named `at` are in the scene, `where` on the screen."""

    operation_requested = Signal(object)  # Operation, ready to be applied
    connect_requested = Signal(object, object)  # PortRef of the output, PortRef of the input
    replug_requested = Signal(
        object, object, object
    )  # Edge that goes away, PortRef, PortRef that are joined instead
    fitting_requested = Signal(
        object, bool, object, object
    )  # PortRef, it is an output, QPointF at, QPoint where
    add_requested = Signal(
        str, int, int, str
    )  # type id ("type" or "type#preset"), x, y, id of an edge to splice or ""
    palette_requested = Signal(object, object)  # QPointF at, QPoint where
    menu_requested = Signal(object, object, object)  # Hit, QPointF at, QPoint where
    open_requested = Signal(str)  # node id: show its settings
    enter_requested = Signal(str)  # id of a frame: show what is inside it
    problem_requested = Signal(str)  # node id: show and mend its problem
    refused = Signal(str)  # the sentence shown at the pointer, for screen readers
