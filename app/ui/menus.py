"""The menus as data, and how they are filled: one list for the button at the name and for the system's menu bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from app.texts import text

LINE = "-"
Fill: TypeAlias = Callable[[QMenu], None]


@dataclass(frozen=True, slots=True)
class MenuData:
    """`id` names its title (`menu.<id>`); entries are action ids, `-`, or menus that are filled when opened."""

    id: str
    entries: Sequence[str]


MENUS: tuple[MenuData, ...] = (
    MenuData(
        "file",
        (
            "file.new",
            "file.open",
            "recent",
            LINE,
            "file.save",
            "file.save_as",
            "file.rename",
            LINE,
            "file.quit",
        ),
    ),
    MenuData(
        "edit",
        (
            *(
                "edit.undo",
                "edit.redo",
                LINE,
                "edit.cut",
                "edit.copy",
                "edit.paste",
                "edit.duplicate",
                "edit.delete",
            ),
            *(LINE, "edit.select_all", "edit.find"),
        ),
    ),
    MenuData(
        "step",
        (
            *(
                "step.add",
                LINE,
                "step.rename",
                "step.disable",
                "step.open",
                LINE,
                "step.group",
                "step.ungroup",
                "step.into_map",
                "step.into_loop",
                "step.unpack",
                "step.note",
            ),
            *(LINE, "step.run_to", "step.run_from", "step.pin", "step.edit_pin", "step.unpin", "step.clear"),
            *(LINE, "step.tidy"),
        ),
    ),
    MenuData("run", ("run.once", "run.samples", "run.table", "run.dry", LINE, "run.stop", LINE, "run.clear")),
    MenuData(
        "view",
        (
            *(
                "view.palette",
                LINE,
                "view.up",
                "view.fit",
                "view.full_size",
                "view.zoom_in",
                "view.zoom_out",
                LINE,
            ),
            *(
                "view.library",
                "view.inspector",
                "view.runs",
                "view.outline",
                "view.history",
                "view.compare",
                "view.models",
                LINE,
                "scale",
                "language",
                "view.theme",
            ),
        ),
    ),
    MenuData(
        "help",
        (
            *("help.fitting", "help.contents", "help.tutorial", LINE),
            *("view.keys", "app.preferences", LINE, "app.new_version"),
        ),
    ),
)


def fill(bar: QMenu | QMenuBar, actions: Callable[[str], QAction], fills: Mapping[str, Fill]) -> None:
    """Puts all menus into a menu or a menu bar; `fills` makes the menus whose entries change."""
    bar.clear()
    for data in MENUS:
        menu = bar.addMenu(text(f"menu.{data.id}"))
        for entry in data.entries:
            if entry == LINE:
                menu.addSeparator()
            elif entry in fills:
                _add_changing(menu, entry, fills[entry])
            else:
                menu.addAction(actions(entry))


def _add_changing(menu: QMenu, entry: str, refill: Fill) -> None:
    changing = menu.addMenu(text(f"menu.{entry}"))
    changing.aboutToShow.connect(lambda: refill(changing))
    # An empty menu would not open at all on some systems.
    refill(changing)
