"""Levels: which frame is open on the canvas, and how each level was looked at last."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF

from app.document.frames import TOP, path_to
from app.document.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Sight:
    """How a level is looked at: `centre` is the scene's point in the middle of the view."""

    zoom: float
    centre: QPointF


class Levels:
    """`path` are the frames that lead to the open level, the outermost first; empty at the top."""

    def __init__(self) -> None:
        self.path: tuple[str, ...] = ()
        self.sights: dict[str, Sight] = {}

    @property
    def level(self) -> str:
        """The frame that is open; empty at the top."""
        return self.path[-1] if self.path else TOP

    @property
    def above(self) -> str:
        """The level around the open one."""
        return self.path[-2] if len(self.path) > 1 else TOP

    def open(self, workflow: Workflow, frame: str) -> bool:
        """Goes to a level; False where there is none of this name."""
        path = () if frame == TOP else path_to(workflow, frame)
        if path is None:
            return False
        self.path = (*path, frame) if frame else ()
        return True

    def stay_within(self, workflow: Workflow) -> bool:
        """Leaves the levels that are gone, or lie elsewhere now; says whether another one is open now."""
        before = self.level
        while self.path and path_to(workflow, self.level) != self.path[:-1]:
            self.path = self.path[:-1]
        return self.level != before

    def forget(self) -> None:
        """Another workflow: the top, and nothing has been looked at."""
        self.path = ()
        self.sights.clear()
