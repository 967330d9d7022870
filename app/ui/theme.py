"""The theme: the design tokens of dark and light as colours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from PySide6.QtGui import QColor, QPalette

from app.sdk.data_types import DataType
from app.settings import resource_folder

ThemeName: TypeAlias = Literal["dark", "light"]

# Ports of one family share colour and shape; the card says the exact type in words.
PORT_FAMILY: Mapping[DataType, str] = {
    "text": "text",
    "number": "scalar",
    "yesno": "scalar",
    "date": "scalar",
    "record": "data",
    "list": "data",
    "table": "data",
    "file": "file",
    "image": "file",
    "audio": "file",
    "verdict": "verdict",
    "any": "any",
}


@dataclass(frozen=True, slots=True)
class StateColour:
    """`text` reads at 4.5:1 on cards, `line` shows at 3:1 on the canvas."""

    text: QColor
    line: QColor


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of one look. The colours are shared: never change one in place."""

    name: ThemeName
    app: QColor
    canvas: QColor
    grid: QColor
    panel: QColor
    card: QColor
    input: QColor
    hover: QColor
    border: QColor
    border_strong: QColor
    text: QColor
    text2: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    accent2: QColor
    states: Mapping[str, StateColour]
    kinds: Mapping[str, QColor]
    ports: Mapping[str, QColor]
    notes: Mapping[str, QColor]
    badge_tint: int  # percent of a state's colour behind its icon
    tile_tint: int  # percent of a kind's colour behind its icon
    shadow: QColor

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def kind(self, name: str) -> QColor:
        """The colour of a step kind; unknown kinds are grey."""
        return self.kinds.get(name, self.kinds["unknown"])

    def state(self, name: str) -> StateColour:
        """The colours of a state; what waits for a "person" has that of strong models."""
        if name == "person":
            return StateColour(self.kinds["strong"], self.kinds["strong"])
        return self.states.get(name, self.states["waiting"])

    def port(self, data_type: DataType, tone: str = "") -> QColor:
        """The colour of a port and its edges: a route's own tone, else the type's family."""
        return self.ports[tone] if tone in self.ports else self.ports[PORT_FAMILY[data_type]]

    def note(self, name: str) -> QColor:
        """The colour of a note or group by the name in the file."""
        return self.notes.get(name, self.notes["grey"])


def tint(colour: QColor, percent: float) -> QColor:
    """The colour at `percent` opacity."""
    result = QColor(colour)
    result.setAlphaF(percent / 100)
    return result


def mix(colour: QColor, ground: QColor, percent: float) -> QColor:
    """`percent` of the colour over an opaque ground, as an opaque colour."""
    share = percent / 100
    return QColor.fromRgbF(
        colour.redF() * share + ground.redF() * (1 - share),
        colour.greenF() * share + ground.greenF() * (1 - share),
        colour.blueF() * share + ground.blueF() * (1 - share),
    )


@cache
def theme(name: ThemeName) -> Theme:
    """Reads a theme's tokens from the resources."""
    tokens: dict[str, Any] = json.loads(
        (resource_folder() / f"themes/{name}.json").read_text(encoding="utf-8")
    )
    surfaces, text = tokens["surfaces"], tokens["text"]
    return Theme(
        name=name,
        app=QColor(surfaces["app"]),
        canvas=QColor(surfaces["canvas"]),
        grid=QColor(surfaces["grid"]),
        panel=QColor(surfaces["panel"]),
        card=QColor(surfaces["card"]),
        input=QColor(surfaces["input"]),
        hover=QColor(surfaces["hover"]),
        border=QColor(surfaces["border"]),
        border_strong=QColor(surfaces["borderStrong"]),
        text=QColor(text["text"]),
        text2=QColor(text["text2"]),
        muted=QColor(text["muted"]),
        accent=QColor(text["accent"]),
        on_accent=QColor(text["onAccent"]),
        accent2=QColor(text["accent2"]),
        states={k: StateColour(QColor(v["text"]), QColor(v["line"])) for k, v in tokens["states"].items()},
        kinds=_colours(tokens["kinds"]),
        ports=_colours(tokens["ports"]),
        notes=_colours(tokens["notes"]),
        badge_tint=tokens["tint"]["badge"],
        tile_tint=tokens["tint"]["tile"],
        shadow=tint(QColor(tokens["shadow"]["colour"]), tokens["shadow"]["percent"]),
    )


def _colours(tokens: Mapping[str, str]) -> dict[str, QColor]:
    return {name: QColor(value) for name, value in tokens.items()}


def palette(of: Theme) -> QPalette:
    """The theme as Qt's palette, for everything that the style sheet leaves to Fusion."""
    result = QPalette()
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, of.panel),
        (role.WindowText, of.text),
        (role.Base, of.input),
        (role.AlternateBase, of.hover),
        (role.Text, of.text),
        (role.PlaceholderText, of.muted),
        (role.Button, of.card),
        (role.ButtonText, of.text),
        (role.BrightText, of.on_accent),
        (role.ToolTipBase, of.card),
        (role.ToolTipText, of.text),
        (role.Highlight, of.accent),
        (role.HighlightedText, of.on_accent),
        (role.Accent, of.accent),
        (role.Link, of.accent2),
        (role.LinkVisited, of.accent2),
        (role.Light, of.hover),
        (role.Midlight, of.border),
        (role.Mid, of.border),
        (role.Dark, of.border_strong),
        (role.Shadow, of.app),
    ):
        result.setColor(where, colour)
    disabled = QPalette.ColorGroup.Disabled
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(disabled, where, of.muted)
    result.setColor(disabled, role.Highlight, of.border)
    return result
