"""The style sheet: fills the one template with a theme's tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from PySide6.QtCore import QTemporaryDir
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.settings import resource_folder
from app.ui import fonts
from app.ui.icons import svg_source
from app.ui.theme import Theme, mix

_GLYPHS = ("chevron-down", "chevron-up", "chevron-right", "check")
_GLYPHS_ON_ACCENT = ("check", "minus")
_DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="3.2" fill="{}"/></svg>'


@cache
def _folder() -> QTemporaryDir:
    """A style sheet can name pictures only as files: the tinted ones live here until the program ends."""
    return QTemporaryDir()


@cache
def _glyph_folder(name: str, colour: str, on_accent: str) -> Path:
    folder = Path(_folder().path()) / name
    folder.mkdir(exist_ok=True)
    for glyph in _GLYPHS:
        (folder / f"{glyph}.svg").write_bytes(svg_source(glyph, colour))
    for glyph in _GLYPHS_ON_ACCENT:
        (folder / f"{glyph}-on-accent.svg").write_bytes(svg_source(glyph, on_accent))
    (folder / "dot-on-accent.svg").write_text(_DOT.format(on_accent), encoding="utf-8")
    return folder


def _tokens(theme: Theme) -> Mapping[str, QColor]:
    error, warning = theme.state("error").text, theme.state("warning")
    return {
        "app": theme.app,
        "panel": theme.panel,
        "card": theme.card,
        "input": theme.input,
        "hover": theme.hover,
        "border": theme.border,
        "borderStrong": theme.border_strong,
        "text": theme.text,
        "text2": theme.text2,
        "muted": theme.muted,
        "accent": theme.accent,
        "onAccent": theme.on_accent,
        "accent2": theme.accent2,
        "accent_hover": mix(theme.on_accent, theme.accent, 8),
        "accent_press": mix(theme.app if theme.dark else theme.text, theme.accent, 15),
        "accent_ring": theme.accent2 if theme.dark else theme.text,
        "accent_wash": mix(theme.accent, theme.panel, 12 if theme.dark else 5),
        "accent_edge": mix(theme.accent2, theme.panel, 35),
        "selected": mix(theme.accent2, theme.panel, 14 if theme.dark else 9),
        "scroll": mix(theme.border_strong, theme.panel, 45),
        "running": theme.state("running").line,
        "done": theme.state("done").text,
        "done_line": theme.state("done").line,
        "warning": warning.text,
        "warning_line": warning.line,
        "warning_wash": mix(warning.line, theme.panel, 8),
        "warning_edge": mix(warning.line, theme.panel, 45),
        "error": error,
        "error_wash": mix(error, theme.panel, 8),
        "error_tint": mix(error, theme.panel, 20 if theme.dark else 14),
        "error_edge": mix(error, theme.panel, 35),
    }


def style_sheet(theme: Theme, language: str) -> str:
    """The style sheet of a theme; Chinese gets its floor of text size."""
    glyphs = _glyph_folder(theme.name, theme.text2.name(), theme.on_accent.name())
    sizes = {name: fonts.size_in(px, language) for name, px in (("body", 13), ("label", 12), ("small", 11))}
    colours = {name: colour.name() for name, colour in _tokens(theme).items()}
    template = Template((resource_folder() / "themes/baton.qss").read_text(encoding="utf-8"))
    return template.substitute(colours, **{k: str(v) for k, v in sizes.items()}, glyphs=glyphs.as_posix())


def vary(widget: QWidget, **properties: str) -> None:
    """Gives a widget a variant of the style sheet, such as `vary(button, kind="primary")`, at any time."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
