"""Ports: the annotations that a node's shapes carry, and what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from app.sdk.data_types import DataType


@final
class Skip:
    """The one value that means: nothing leaves this port in this run."""

    def __repr__(self) -> str:
        return "SKIP"


SKIP: Final = Skip()

ERROR_PORT: Final = "error"  # every node that can fail has it; drawn only on hover or when joined


@dataclass(frozen=True, slots=True)
class Port:
    """Annotation of an attribute of an Inputs or Outputs shape.

    `many` (inputs only, Merge) takes any number of edges and gives a list in edge order.
    A port is optional if its attribute has a default. A `quiet` port is drawn like the error port:
    on hover and when joined.
    """

    label: str
    type: DataType
    many: bool = False
    tone: str = ""  # "pass" or "fail": routes that have a colour of their own
    main: bool = False  # the output that a preview shows when there are several
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class PortSpec:
    """A port of a node with these settings. `label` is English; catalogues translate by name unless `own_label`."""

    name: str
    label: str
    type: DataType
    required: bool = True
    many: bool = False
    tone: str = ""
    main: bool = False
    own_label: bool = False  # the label is the person's own word (a label of Classify, a field of Ask)
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a node, in the order in which they are drawn."""

    inputs: tuple[PortSpec, ...] = ()
    outputs: tuple[PortSpec, ...] = ()

    def input(self, name: str) -> PortSpec | None:
        for port in self.inputs:  # a plan asks this some thousand times
            if port.name == name:
                return port
        return None

    def output(self, name: str) -> PortSpec | None:
        for port in self.outputs:
            if port.name == name:
                return port
        return None
