"""Finders: the lists behind the command palette, find in workflow, and every way to add a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from app import texts
from app.document.frames import frame_of
from app.document.workflow import Json, Node, PortRef
from app.registry import node_texts
from app.registry.registry import Registry
from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.action_set import ActionSet
from app.ui.actions import ACTIONS
from app.ui.canvas.anatomy import HEADER, WIDTH, snapped
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.card_facts import title_of
from app.ui.editing import Editing
from app.ui.finder import Finder, Line
from app.ui.new_steps import Fitting, fits
from app.ui.palette.add_popup import AddPopup
from app.ui.palette.entries import Entry, entries
from app.ui.session import Session
from app.ui.step_looks import step_look

_APART = 40  # px between a new step and one that is there
_MOST_WORDS = 4000  # characters of a step's texts that are searched


class Finders(QObject):
    """Opens the one finder with the lines that fit the occasion."""

    def __init__(
        self,
        session: Session,
        registry: Registry,
        canvas: Canvas,
        editing: Editing,
        actions: ActionSet,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._registry = registry
        self._canvas = canvas
        self._editing = editing
        self._actions = actions
        self._window = window
        self.finder = Finder(window)
        canvas.intents.palette_requested.connect(self.add_at)
        canvas.intents.fitting_requested.connect(self.add_fitting)

    def everything(self) -> None:
        """Actions that are possible now, the steps of the workflow, and steps to add."""
        lines = [*self._steps(), *self._action_lines(), *self._entries()]
        self.finder.ask(lines, text("finder.everything"), self._choose)

    def in_workflow(self) -> None:
        """The steps and notes of the workflow, by title, type and what is written in them."""
        self.finder.ask([*self._steps(), *self._notes()], text("finder.find"), self._choose)

    def add_here(self) -> None:
        """A step to add where the pointer is."""
        self.add_at(*self._canvas.pointer())

    def add_at(self, at: QPointF, where: QPoint) -> None:
        """A step to add at a point of the canvas; the list opens at `where` on the screen."""
        self._open(where, lambda entry: self._editing.add_entry(entry, snapped(at.x()), snapped(at.y())))

    def add_fitting(self, port: PortRef, is_output: bool, at: QPointF, where: QPoint) -> None:
        """A step that fits the loose end of a link."""
        item = self._canvas.scene.nodes.get(port.node)
        side = "out" if is_output else "in"
        end = Fitting(port, side)
        spec = (
            (item.placed.output(port.port) if is_output else item.placed.ports.input(port.port))
            if item
            else None
        )
        if spec is None:
            return
        self._open(
            where,
            lambda entry: self._editing.add_to_end(entry, end, at),
            lambda found: fits(found, spec, side, self._registry.get),
        )

    def add_in_sight(self, entry: str) -> None:
        """Places a library entry in the middle of what is in sight, beside what lies there."""
        at = self._canvas.middle()
        taken = [item.area for item in self._canvas.scene.nodes.values()]
        while any(area.adjusted(-_APART, -_APART, _APART, _APART).contains(at) for area in taken):
            at += QPointF(_APART, _APART)
        self._editing.add_entry(entry, snapped(at.x() - WIDTH / 2), snapped(at.y() - HEADER / 2))

    def _open(
        self, where: QPoint, add: Callable[[str], object], fitting: Callable[[NodeSpec], bool] | None = None
    ) -> None:
        popup = AddPopup(self._window)
        popup.picked.connect(add)
        popup.picked.connect(self._to_canvas)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.open_at(where, self._registry.specs, fitting)

    def _to_canvas(self, _entry: str) -> None:
        """The keys work on what was added."""
        self._canvas.setFocus()

    def _choose(self, line: str) -> None:
        what, _, which = line.partition(":")
        match what:
            case "do":
                self._actions[which].trigger()
            case "step":
                self._canvas.show_node(which)
                self._canvas.setFocus()
            case "note":
                self._canvas.show_note(which)
            case _:
                self.add_in_sight(which)

    def _action_lines(self) -> Iterable[Line]:
        for action in ACTIONS:
            made = self._actions[action.id]
            if made.isEnabled() and action.id != "view.palette":
                keys = made.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                section = text("finder.section.actions")
                words = " ".join(
                    texts.lookup(f"action.{action.id}", language) or "" for language in texts.LANGUAGES
                )
                yield Line(
                    f"do:{action.id}", made.text(), icon=action.icon, keys=keys, section=section, words=words
                )

    def _steps(self) -> Iterable[Line]:
        section = text("finder.section.steps")
        workflow, everywhere = self._session.workflow, self._canvas.everywhere()
        for node_id, placed in everywhere.items():
            card = self._canvas.scene.describe(placed)
            words = _words(placed.node)
            frame = frame_of(workflow, node_id)
            inside = (text("finder.inside", title=title_of(everywhere[frame])),) if frame else ()
            yield Line(
                f"step:{node_id}",
                card.title,
                " · ".join((*inside, card.subtitle)),
                card.icon,
                card.kind,
                section=section,
                words=words,
            )

    def _notes(self) -> Iterable[Line]:
        section = text("finder.section.notes")
        for name, note in self._session.workflow.layout.notes.items():
            yield Line(
                f"note:{name}",
                note.text[:80] or text("finder.empty_note"),
                icon="sticky-note",
                section=section,
                words=note.text,
            )

    def _entries(self) -> Iterable[Line]:
        section = text("finder.section.add")
        for entry in entries(self._registry.specs):
            words = " ".join(node_texts.search_words(entry.spec, entry.preset))
            yield Line(
                f"add:{entry.id}",
                entry.title,
                entry.summary,
                entry.icon,
                self._colour(entry),
                section=section,
                words=words,
            )

    def _colour(self, entry: Entry) -> str:
        """The colour that a step made from this entry would have."""
        fields = entry.spec.encode(entry.spec.decode(entry.preset.fields)) if entry.preset else {}
        return step_look(Node("", entry.spec.id, fields=fields), self._registry.get).kind


def _words(node: Node) -> str:
    """The texts of a step's settings, for searching."""
    found: list[str] = [node.note, node.type]
    _collect(node.fields, found.append)
    return " ".join(found)[:_MOST_WORDS]


def _collect(value: Json, take: Callable[[str], None]) -> None:
    if isinstance(value, str):
        take(value)
    elif isinstance(value, dict):
        for part in value.values():
            _collect(part, take)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _collect(part, take)
