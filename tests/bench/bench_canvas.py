"""Measures the canvas: CPU milliseconds to build, paint, pan, zoom and drag in workflows of 1,000 and 5,000 steps.

Run it as `python -m tests.bench.bench_canvas`; the figures to reach stand in the right column.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from app.document.workflow import Edge, Graph, Layout, Node, PortRef, Workflow
from app.events.run_events import NodeSettled, NodeStarted, RunStarted
from app.events.run_state import RunState
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from tests.ui.canvas.triage import specs

VIEW = (1400, 860)
BARS = {  # CPU ms: a prototype of the same design, on two cores
    1000: {"build": 92, "fit": 7, "full": 15, "pan": 9, "drag": 14, "tick": 0.5},
    5000: {"build": 280, "fit": 14, "full": 12, "pan": 11, "drag": 12, "tick": 0.5},
}


def workflow_of(size: int) -> Workflow:
    """Rows of 25 steps in a chain, every fifth joined to the row below: 1.2 links a step. The first step feeds 20."""
    nodes = {f"n{i}": Node(f"n{i}", "test.write", title=f"Step number {i}") for i in range(size)}
    edges = {(f"n{i}", f"n{i + 1}", "prompt") for i in range(size - 1) if (i + 1) % 25}
    edges |= {(f"n{i}", f"n{i + 25}", "context") for i in range(0, size - 25, 5)}
    edges |= {("n12", f"n{i}", "context") for i in range(26, 66, 2)}
    joined = tuple(Edge(PortRef(a, "text"), PortRef(b, port)) for a, b, port in sorted(edges))
    places = {f"n{i}": (i % 25 * 288, i // 25 * 192) for i in range(size)}
    return Workflow(f"w{size}", "Large", graph=Graph(nodes, joined), layout=Layout(positions=places))


def measure(step: Callable[[int], object], times: int = 15) -> float:
    """The median CPU time of a call in milliseconds; the first three are for warming up."""
    spent: list[float] = []
    for i in range(times + 3):
        begin = time.process_time()
        step(i)
        spent.append((time.process_time() - begin) * 1000)
    return statistics.median(spent[3:])


def _resident() -> float:
    """The process's memory in kB (Linux)."""
    with Path("/proc/self/status").open(encoding="ascii") as status:
        return next(float(line.split()[1]) for line in status if line.startswith("VmRSS"))


def bench(app: QApplication, size: int) -> dict[str, float]:
    workflow = workflow_of(size)
    found: dict[str, float] = {}

    built: list[Canvas] = []  # kept while measuring: taking one down is not part of building the next

    def build(_: int) -> None:
        built.append(Canvas(specs))
        built[-1].sync(workflow)

    canvas = Canvas(specs)
    before = _resident()
    canvas.sync(workflow)
    found["kB a step"] = (_resident() - before) / size
    found["build"] = measure(build, 5)
    for other in built:
        other.deleteLater()
    built.clear()
    canvas.resize(*VIEW)
    canvas.show()
    app.processEvents()
    view = canvas.view

    def paint(_: int = 0) -> None:
        view.viewport().repaint()

    canvas.fit()
    found["fit"] = measure(paint)
    view.set_zoom(0.3)
    view.settle()
    view.centerOn(3000, 2000)
    found["at 30 %"] = measure(paint)
    view.set_zoom(1.0)
    view.settle()
    view.centerOn(3000, 2000)
    found["first at 100 %"] = measure(lambda _: (canvas.scene.cards.clear(), paint()), 5)
    found["full"] = measure(paint)

    def pan(i: int) -> None:
        view.pan(7 if i % 2 else -7, 5)
        app.processEvents()

    found["pan"] = measure(pan)

    def zoom(i: int) -> None:
        view.set_zoom(0.9 if i % 2 else 0.8)
        app.processEvents()

    found["zoom step"] = measure(zoom)
    view.set_zoom(1.0)
    view.settle()
    view.centerOn(canvas.scene.nodes["n12"].area.center())
    app.processEvents()

    def drag(i: int) -> None:
        canvas.scene.move_node("n12", QPointF(12 * 288 + 8 * (i % 5), 8))
        app.processEvents()

    found["drag"] = measure(drag)
    found["tick"] = measure(lambda _: (canvas.scene.nodes["n13"].forget_card(), app.processEvents()))
    found["state change"] = measure(_ticks(app, canvas, workflow))
    found["sync of one move"] = measure(_moves(canvas, workflow))
    canvas.close()
    return found


def _ticks(app: QApplication, canvas: Canvas, workflow: Workflow) -> Callable[[int], None]:
    """One node's state changes and its card is painted anew."""
    run = RunState()
    run.apply(RunStarted("r", workflow.id, "", "", "", tuple(workflow.graph.nodes)))
    canvas.show_run(run)
    app.processEvents()

    def tick(i: int) -> None:
        event = NodeSettled(1.0, "n13", "", "skipped") if i % 2 else NodeStarted(0.5, "n13", "")
        canvas.show_run(run, {run.apply(event) or ""})
        app.processEvents()

    return tick


def _moves(canvas: Canvas, workflow: Workflow) -> Callable[[int], None]:
    from app.document.operations import MoveNodes

    state = [workflow]

    def move(i: int) -> None:
        state[0], _ = MoveNodes({"n40": (i * 8, 300)}).apply(state[0])
        canvas.sync(state[0])

    return move


def main() -> None:
    app = QApplication([])
    appearance().set_mode("dark")
    for size, bars in sorted(BARS.items(), reverse=True):  # the large one first: later ones reuse its memory
        print(f"{size} steps, {len(workflow_of(size).graph.edges)} links, view {VIEW[0]} x {VIEW[1]}")
        for name, value in bench(app, size).items():
            bar = bars.get(name)
            print(f"  {name:<18}{value:8.1f}" + (f"   bar {bar}" if bar else ""))


if __name__ == "__main__":
    main()
