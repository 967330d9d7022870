"""Anatomy: where the parts of a card lie, in logical pixels from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

GRID = 24  # distance of the dots
SNAP = 8  # positions are multiples of this
WIDTH = 216
MIN_WIDTH = 168
MAX_WIDTH = 480
HEADER = 56
ROW = 24
BELOW_ROWS = 8
PREVIEW = 22
FOOTER = 38
FLAP_GAP = 6  # between a card and the flap under it
FLAP_PAD = 4
RADIUS = 14
PORT = 13  # drawn size of a port
PORT_REACH = 12  # half of the area in which a port can be grabbed
MARGIN = 28  # around a card: shadow and ports


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The measures of one card: `inputs` and `outputs` are the names of its ports in drawing order.

    `quiet_*` are ports that show only while the pointer is on the card, on a flap under it.
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    quiet_inputs: tuple[str, ...] = ()
    quiet_outputs: tuple[str, ...] = ()
    error: str = ""  # the error port's name; it lies beside the footer
    width: int = WIDTH
    preview: bool = False

    @property
    def rows(self) -> int:
        return max(len(self.inputs), len(self.outputs))

    @property
    def ports_bottom(self) -> int:
        """Where the rows of ports end."""
        return HEADER + self.rows * ROW + (BELOW_ROWS if self.rows else 0)

    @property
    def footer_top(self) -> int:
        return self.ports_bottom + (PREVIEW if self.preview else 0)

    @property
    def height(self) -> int:
        return self.footer_top + FOOTER

    @property
    def rect(self) -> QRectF:
        return QRectF(0, 0, self.width, self.height)

    @property
    def flap(self) -> QRectF:
        """The flap under the card; null where no port is quiet."""
        rows = max(len(self.quiet_inputs), len(self.quiet_outputs))
        return QRectF(0, self.height + FLAP_GAP, self.width, rows * ROW + 2 * FLAP_PAD) if rows else QRectF()

    def input_point(self, name: str) -> QPointF | None:
        """The centre of an input port, or None if there is none of this name."""
        if name in self.inputs:
            return QPointF(0, row_centre(self.inputs.index(name)))
        return (
            QPointF(0, self._flap_centre(self.quiet_inputs.index(name)))
            if name in self.quiet_inputs
            else None
        )

    def output_point(self, name: str) -> QPointF | None:
        """The centre of an output port or of the error port."""
        if name in self.outputs:
            return QPointF(self.width, row_centre(self.outputs.index(name)))
        if name in self.quiet_outputs:
            return QPointF(self.width, self._flap_centre(self.quiet_outputs.index(name)))
        return QPointF(self.width, self.height - FOOTER / 2) if name == self.error and name else None

    def _flap_centre(self, index: int) -> float:
        return self.flap.top() + FLAP_PAD + index * ROW + ROW / 2


def row_centre(index: int) -> float:
    """The middle of a row of ports."""
    return HEADER + index * ROW + ROW / 2


def snapped(value: float) -> int:
    """The nearest place on the snapping grid."""
    return round(value / SNAP) * SNAP
