"""The menus of the canvas: what can be done with a step, a link, a note, a group or the empty place."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QPointF
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget

from app.document.joining import MergeOffer
from app.texts import text
from app.ui.action_set import ActionSet
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.hit import Hit
from app.ui.editing import Editing

_STEP = (
    "step.rename",
    "step.disable",
    "",
    "edit.copy",
    "edit.cut",
    "edit.duplicate",
    "edit.delete",
    "",
    "step.group",
)
_RUN = ("", "step.run_to", "step.run_from", "step.pin", "step.edit_pin", "step.unpin", "step.clear")
_INTO = ("step.into_map", "step.into_loop")
_MENUS = {
    "node": (*_STEP, "step.ungroup", *_INTO, *_RUN),
    "frame": ("step.open", *_STEP, "step.ungroup", *_INTO, "step.unpack", *_RUN),
    "edge": ("edit.delete",),
    "note": ("edit.copy", "edit.duplicate", "edit.delete"),
    "group": ("step.disable", "", "step.ungroup"),
    "": (
        "step.add",
        "step.note",
        "edit.paste",
        "",
        "edit.select_all",
        "step.tidy",
        "",
        "view.up",
        "view.fit",
        "view.full_size",
    ),
}


class CanvasMenus(QObject):
    """Opens a menu where the pointer asked for it, and asks what a second link to one input means."""

    def __init__(self, canvas: Canvas, actions: ActionSet, editing: Editing, window: QWidget) -> None:
        super().__init__(window)
        self._canvas = canvas
        self._actions = actions
        self._editing = editing
        self._window = window
        canvas.intents.menu_requested.connect(self._open)
        editing.merge_offered.connect(self._offer_merge)

    def _open(self, hit: Hit, at: QPointF, where: QPoint) -> None:
        del at  # actions ask the canvas where the pointer is
        what = (
            "frame"
            if hit.node and hit.node.placed.opens
            else "node"
            if hit.node
            else "edge"
            if hit.edge
            else "note"
            if hit.note
            else "group"
            if hit.group
            else ""
        )
        menu = QMenu(self._window)
        menu.setObjectName(f"menu.{what or 'canvas'}")
        for action in _MENUS[what]:
            if action:
                menu.addAction(self._actions[action])
            else:
                menu.addSeparator()
        menu.popup(where)
        menu.aboutToHide.connect(menu.deleteLater)

    def _offer_merge(self, offer: MergeOffer) -> None:
        menu = QMenu(self._window)
        menu.setObjectName("menu.merge")
        head = menu.addAction(text("window.merge.question"))
        head.setEnabled(False)
        menu.addAction(text("window.merge.merge")).triggered.connect(lambda: self._editing.merge(offer))
        menu.addAction(text("window.merge.replace")).triggered.connect(lambda: self._editing.replace(offer))
        menu.popup(QCursor.pos())
        menu.aboutToHide.connect(menu.deleteLater)
