"""Pinning: results that stand in for the work of their steps, until a person lets go of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.adapters.pin_files import PinFiles
from app.document.frames import node_in
from app.document.graph import every_id
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Node
from app.events.run_state import InstanceState
from app.registry import node_texts
from app.registry.registry import Registry
from app.settings import Folders
from app.ui.awaiting import Awaiting, Problems
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.placed import ports_of
from app.ui.inspector.views.shape import parsed
from app.ui.run_stream import RunStream
from app.ui.session import Session
from app.ui.step_looks import step_look


class Pinning(QObject):
    """`changed` when other steps are pinned than before; `refused` brings Problems."""

    changed = Signal()
    refused = Signal(object)

    def __init__(
        self,
        session: Session,
        stream: RunStream,
        canvas: Canvas,
        registry: Registry,
        where: Folders,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._stream = stream
        self._canvas = canvas
        self._registry = registry
        self._window = window
        self._files = PinFiles(where)
        self._awaiting = Awaiting(self)
        self._workflow = ""
        self._pins: dict[str, dict[str, Json]] = {}
        self.looked_at: Callable[[str], InstanceState | None] = lambda _: (
            None
        )  # which of many somebody sees now
        session.changed.connect(self._look)
        self._look()

    @property
    def now(self) -> Mapping[str, Mapping[str, Json]]:
        """What is pinned in the open workflow, inside frames too; steps that are gone don't count."""
        nodes = every_id(self._session.workflow.graph.nodes.values())
        return {node: outputs for node, outputs in self._pins.items() if node in nodes}

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of pinning do, by their ids."""
        return {"step.pin": self.pin, "step.unpin": self.unpin, "step.edit_pin": self.edit}

    def pin(self) -> None:
        """Pins what came out of the picked step; lets go of it where it is pinned already."""
        node = self._picked()
        if node in self._pins:
            self.unpin()
        elif node:
            self._awaiting.start(self._outputs(node), lambda outputs: self._keep(node, outputs), self._refuse)

    def unpin(self) -> None:
        """The picked steps work again."""
        going = [node for node in self._canvas.selection.nodes if node in self._pins]
        if going:
            self._save({name: outputs for name, outputs in self._pins.items() if name not in going})

    def edit(self) -> None:
        """Lets a person change the pinned result of the picked step, or pin a changed one."""
        node = self._picked()
        if node in self._pins:
            self._ask(node, self._pins[node])
        elif node:
            self._awaiting.start(self._outputs(node), lambda outputs: self._ask(node, outputs), self._refuse)

    async def _outputs(self, node: str) -> dict[str, Json]:
        """What came out of a step in the run that is shown: where somebody looks at a row, an element or a turn of it,
        there. Raises ProblemError.
        """
        looked_at = self.looked_at(node)
        instances = [one for one in self._session.run.instances.values() if one.node == node and one.settled]
        if looked_at is None and len(instances) > 1:
            raise ProblemError(Problem("pins.several", node=node))
        instance = looked_at or next(iter(instances), None)
        settled = instance.settled if instance else None
        if settled is None or settled.status != "ok" or not settled.outputs:
            raise ProblemError(Problem("pins.nothing", node=node))
        found: dict[str, Json] = {}
        for port, preview in settled.outputs.items():
            whole = await self._stream.value(preview.ref) if preview.ref else None
            found[port] = whole if preview.ref else parsed(preview.text, preview.type)
        return found

    def _ask(self, node: str, outputs: Mapping[str, Json]) -> None:
        from app.ui.pin_dialog import PinDialog  # its editors are many: imported when somebody wants them

        placed = node_in(self._session.workflow, node)
        title = step_look(placed, self._registry.get, node).title
        dialog = PinDialog(title, outputs, self._window, self._labels(placed))
        dialog.chosen.connect(lambda chosen: self._keep(node, chosen))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _labels(self, placed: Node | None) -> Mapping[str, str]:
        spec = self._registry.get(placed.type) if placed else None
        if placed is None or spec is None:
            return {}
        ports = ports_of(placed, self._registry.get).outputs
        return {port.name: node_texts.port_label(spec, port, "out") for port in ports}

    def _keep(self, node: str, outputs: dict[str, Json]) -> None:
        self._save({**self._pins, node: outputs})

    def _save(self, pins: dict[str, dict[str, Json]]) -> None:
        try:
            self._files.keep(self._session.workflow.id, pins)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._refuse((Problem("pins.not_saved", args={"reason": reason}),))
            return
        self._pins = pins
        self.changed.emit()

    def _picked(self) -> str:
        nodes = self._canvas.selection.nodes
        return next(iter(nodes)) if len(nodes) == 1 else ""

    def _look(self) -> None:
        if self._session.workflow.id != self._workflow:
            self._workflow = self._session.workflow.id
            self._pins = self._files.of(self._workflow)
            self.changed.emit()

    def _refuse(self, problems: Problems) -> None:
        self.refused.emit(problems)
