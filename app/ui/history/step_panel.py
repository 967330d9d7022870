"""The step panel: what came into one step of a past run and what went out, row by row."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.document.workflow import Node
from app.events.run_events import Scope
from app.events.run_state import RunState
from app.sdk.ports import Ports
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.placed import SpecLookup, ports_of
from app.ui.inspector.data_tab import DataTab
from app.ui.inspector.levels import beside
from app.ui.inspector.reading import Reading
from app.ui.inspector.step_data import StepData, step_data
from app.ui.session import Session
from app.ui.step_looks import StepLook, find_node, inner_look, step_look
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconTile
from app.ui.widgets.plain_label import ElidedLabel


class StepPanel(QWidget):
    """Follows the session; nothing is shown before a step is picked."""

    def __init__(
        self, session: Session, specs: SpecLookup, reading: Reading, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        vary(self, role="panel")
        self._session = session
        self._specs = specs
        self._node = ""
        self._run = ""
        self._steps: Mapping[str, Node] = {}
        self._tile = IconTile("puzzle", "unknown", 32)
        self._title = ElidedLabel(role="strong")
        self._facts = ElidedLabel(role="small")
        self.data = DataTab(reading)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._title)
        words.addWidget(self._facts)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._tile)
        head.addLayout(words, 1)
        line = QFrame()
        vary(line, role="line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(line)
        layout.addWidget(self.data, 1)
        self.data.opened.connect(self._open)
        session.ran.connect(self.refresh)
        appearance().changed.connect(self._retranslate)
        self.show_node("")

    @property
    def node(self) -> str:
        return self._node

    def show_inner(self, steps: Mapping[str, Node]) -> None:
        """All steps of the run that is shown next, those of its Sub-workflows too."""
        self._steps = steps

    def show_node(self, node: str) -> None:
        """Shows another step."""
        self._node = node
        self._draw(anew=False)

    def refresh(self) -> None:
        """The run has moved on, or is another."""
        run = self._session.run.run
        self._draw(anew=run != self._run)
        self._run = run

    def _open(self, scope: Scope) -> None:
        """An element or turn of the frame that is shown: its first step, there."""
        frame = self._found()
        inner = next(iter(frame.body.nodes), "") if frame and frame.body else ""
        if inner:
            self.show_node(beside(self._node, inner))
            self.data.show_scope(scope)

    def _found(self) -> Node | None:
        return find_node(self._session.workflow.graph, self._node) or self._steps.get(self._node)

    def _look(self, node: Node) -> StepLook:
        around = find_node(self._session.workflow.graph, self._node.partition("/")[0])
        if around is None or "/" not in self._node:
            return step_look(node, self._specs, self._node)
        return inner_look(self._node, around, self._steps, self._specs)

    def _draw(self, *, anew: bool) -> None:
        node = self._found()
        run: RunState = self._session.run
        if node is None:
            self._title.setText(text("history.panel.none"))
            self._facts.setText("")
            self._tile.show_kind("puzzle", "unknown")
            self.data.show_data(StepData(), anew=True)
            return
        look = self._look(node)
        state = run.nodes.get(self._node)
        self._tile.show_kind(look.icon, look.kind)
        self._title.setText(look.title)
        facts = (short_name(state.model), figures.cost(state.cost)) if state and state.calls else ()
        if state and state.sources["cache"]:
            facts = (*facts, text("history.saved", amount=figures.cost(state.saved)))
        self._facts.setText(" · ".join(filter(None, facts)))
        ports = ports_of(node, self._specs) if self._specs(node.type) else Ports()
        data = step_data(self._node, self._session, self._specs, ports, steps=self._steps)
        self.data.show_data(data, anew=anew)

    def _retranslate(self) -> None:
        self.data.retranslate()
        self._draw(anew=False)
