"""Results that the command line puts in place of a step's work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.cli.naming import step_within
from app.cli.report import Title
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Node
from app.engine import Engine, RunRequest
from app.registry.placed_ports import placed_ports
from app.sdk.data_types import DataType
from app.sdk.errors import NodeError
from app.sdk.typed_values import typed


def pins_of(
    texts: Iterable[str], engine: Engine, request: RunRequest, title: Title
) -> Mapping[str, Mapping[str, Json]]:
    """From texts like `Summary.text=Hello`. Raises ProblemError `cli.bad_pin`, `cli.no_such_port`, and as `step_of`."""
    pins: dict[str, dict[str, Json]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        words, dot, port = place.rpartition(".")
        if not equals or not dot or not words or not port:
            raise ProblemError(Problem("cli.bad_pin", args={"text": text}))
        step, node = step_within(engine, request, words, title)
        name, data_type = _port(engine, node, port, title)
        try:
            pins.setdefault(step, {})[name] = typed(value, data_type, place)
        except NodeError as error:
            raise ProblemError(Problem(error.code, args=error.args_by_name)) from error
    return pins


def _port(engine: Engine, node: Node, words: str, title: Title) -> tuple[str, DataType]:
    """By its name or its label."""
    ports = placed_ports(node, engine.registry.get).outputs
    for port in ports:
        if words == port.name or words.casefold() == port.label.casefold():
            return port.name, port.type
    known = tuple(port.name for port in ports)
    raise ProblemError(Problem("cli.no_such_port", args={"text": words, "step": title(node), "known": known}))
