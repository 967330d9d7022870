"""Card: everything that is drawn of one node, as plain values that compare and hash."""

from __future__ import annotations

from dataclasses import dataclass

from app.sdk.data_types import DataType
from app.ui.canvas.anatomy import WIDTH, Anatomy


@dataclass(frozen=True, slots=True)
class PortMark:
    """A port as drawn. `gone`: an edge still names it but the settings no longer make it."""

    name: str
    label: str
    type: DataType
    tone: str = ""  # "pass", "fail", "error"
    joined: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A chip in the footer. `tone` is "", "muted" or a state's name."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """The badge: an icon in a state's colour ("person" is violet), its meaning in words."""

    icon: str
    tone: str
    word: str
    spins: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One node as it looks now. `border` is "" or the state whose colour the border takes."""

    title: str
    subtitle: str
    icon: str
    kind: str
    inputs: tuple[PortMark, ...] = ()
    outputs: tuple[PortMark, ...] = ()
    quiet_inputs: tuple[PortMark, ...] = ()
    quiet_outputs: tuple[PortMark, ...] = ()
    error: PortMark | None = None
    facts: tuple[Fact, ...] = ()
    badge: Mark | None = None
    border: str = ""
    preview: str = ""
    writing: bool = False  # the preview is still growing
    progress: float | None = None  # 0..1
    faded: bool = False  # skipped or switched off
    unknown: bool = False  # the type isn't installed here
    disabled: bool = False
    note: bool = False
    pinned: bool = False  # a kept result stands in for its work
    opens: bool = False  # there is a level inside it: it looks like a stack
    width: int = WIDTH

    @property
    def anatomy(self) -> Anatomy:
        return Anatomy(
            inputs=tuple(port.name for port in self.inputs),
            outputs=tuple(port.name for port in self.outputs),
            quiet_inputs=tuple(port.name for port in self.quiet_inputs),
            quiet_outputs=tuple(port.name for port in self.quiet_outputs),
            error=self.error.name if self.error else "",
            width=self.width,
            preview=bool(self.preview),
        )
