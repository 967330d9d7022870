"""Viewing: panels, zoom, theme, language and scale, as actions and menus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QLocale, QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.texts import LANGUAGES, text
from app.ui.action_set import ActionSet
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from app.ui.icons import icon
from app.ui.kept_preferences import KeptPreferences
from app.ui.panels import Panels
from app.ui.theme import tint

SCALES = (1.0, 1.25, 1.5)
_PANELS = ("library", "inspector", "runs", "outline")


class Viewing(QObject):
    """Panels and canvas are shown here; what is chosen for good goes into the preferences."""

    def __init__(
        self, actions: ActionSet, canvas: Canvas, panels: Panels, preferences: KeptPreferences
    ) -> None:
        super().__init__(panels)
        self._actions = actions
        self._canvas = canvas
        self._panels = panels
        self._preferences = preferences
        panels.folded.connect(self._show_folds)
        appearance().changed.connect(self._show_theme)
        self._show_theme()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of viewing do, by their ids."""
        panels = {f"view.{name}": partial(self._panels.toggle, name) for name in _PANELS}
        return {
            **panels,
            "view.fit": self._canvas.fit_whole,
            "view.up": self._canvas.go_up,
            "view.full_size": lambda: self._canvas.glide_to(1.0),
            "view.zoom_in": lambda: self._canvas.zoom_by(1),
            "view.zoom_out": lambda: self._canvas.zoom_by(-1),
            "view.theme": self.switch_theme,
        }

    def switch_theme(self) -> None:
        """The other theme, from now on."""
        self._preferences.change(theme="light" if appearance().theme.dark else "dark")

    def fill_languages(self, menu: QMenu) -> None:
        """One line a language, in its own words."""
        chosen = appearance().language
        self._fill(
            menu, [(name, language == chosen, language) for language, name in LANGUAGES.items()], self._speak
        )

    def fill_scales(self, menu: QMenu) -> None:
        """One line a scale."""
        chosen = self._preferences.now.scale
        self._fill(menu, [(f"{scale * 100:.0f} %", scale == chosen, scale) for scale in SCALES], self._scale)

    def _fill(self, menu: QMenu, lines: list[tuple[str, bool, object]], choose: Callable[..., None]) -> None:
        menu.clear()
        group = QActionGroup(menu)
        for words, checked, value in lines:
            action = QAction(words, menu)
            action.setCheckable(True)
            action.setChecked(checked)
            action.triggered.connect(partial(choose, value))
            group.addAction(action)
            menu.addAction(action)

    def _speak(self, language: str, _checked: bool = False) -> None:
        self._preferences.change(language=language)

    def _scale(self, scale: float, _checked: bool = False) -> None:
        self._preferences.change(scale=scale)

    def _show_folds(self) -> None:
        for name in _PANELS:
            self._actions[f"view.{name}"].setChecked(self._panels.shows(name))

    def _show_theme(self) -> None:
        look = appearance().theme
        action = self._actions["view.theme"]
        action.setIcon(icon("sun" if look.dark else "moon", look.text2, tint(look.muted, 50)))
        action.setText(text("window.theme.light" if look.dark else "window.theme.dark"))


def apply_appearance(preferences: KeptPreferences) -> None:
    """Makes the window look and speak as the preferences say."""
    chosen = preferences.now
    look = appearance()
    mode = chosen.theme if chosen.theme in ("dark", "light") else "system"
    if look.mode != mode:
        look.set_mode(mode)
    look.set_reduced_motion(chosen.reduced_motion)
    look.set_language(chosen.language or system_language())


def system_language() -> str:
    """The system's language where there are texts in it, else English."""
    return "zh-CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"
