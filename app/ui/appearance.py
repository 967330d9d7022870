"""The appearance: which theme and language the window shows now, and who is told when that changes."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app import texts
from app.ui import fonts
from app.ui.qt_texts import QtTexts
from app.ui.style_sheet import style_sheet
from app.ui.theme import Theme, ThemeName, palette, theme

Mode: TypeAlias = Literal["system", "dark", "light"]


class Appearance(QObject):
    """One an application, reached by `appearance()`. Painted widgets repaint on `changed`."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("appearance")
        self._app = app
        # Both are kept: once Python lets go of the first, PySide deletes the second.
        self._hints = app.styleHints()
        self._access = self._hints.accessibility()
        self._mode: Mode = "system"
        self._still: bool | None = None
        self._name: ThemeName = self._wanted()
        self._qt_texts = QtTexts(self)
        self._qt_texts.set_language(self.language)
        app.setStyle("Fusion")
        self._hints.colorSchemeChanged.connect(self._follow)
        self._access.motionPreferenceChanged.connect(self.changed)
        self._apply()

    @property
    def theme(self) -> Theme:
        return theme(self._name)

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def language(self) -> str:
        """A language tag such as "en" or "zh-CN"."""
        return texts.language()

    @property
    def motion(self) -> bool:
        """Whether things may move by themselves: the person's own wish, else the system's."""
        if self._still is not None:
            return not self._still
        return self._access.motionPreference() != Qt.MotionPreference.ReducedMotion

    def set_reduced_motion(self, still: bool | None) -> None:
        """True: nothing moves by itself; None: as the system says."""
        if still != self._still:
            self._still = still
            self.changed.emit()

    def set_mode(self, mode: Mode) -> None:
        """Chooses a theme or follows the system again; takes effect at once."""
        self._mode = mode
        scheme = {
            "dark": Qt.ColorScheme.Dark,
            "light": Qt.ColorScheme.Light,
            "system": Qt.ColorScheme.Unknown,
        }
        # Also tells the system how to draw the window's own frame.
        self._hints.setColorScheme(scheme[mode])
        self._follow()

    def set_language(self, language: str) -> None:
        """Switches the texts and fits their sizes to the language; takes effect at once."""
        if language != texts.language():
            texts.set_language(language)
            self._qt_texts.set_language(language)
            self._apply()

    def _wanted(self) -> ThemeName:
        if self._mode != "system":
            return self._mode
        return "light" if self._hints.colorScheme() == Qt.ColorScheme.Light else "dark"

    def _follow(self) -> None:
        if self._wanted() != self._name:
            self._name = self._wanted()
            self._apply()

    def _apply(self) -> None:
        self._app.setFont(fonts.font(fonts.BODY, self.language))
        self._app.setPalette(palette(self.theme))
        self._app.setStyleSheet(style_sheet(self.theme, self.language))
        self.changed.emit()


def appearance() -> Appearance:
    """The application's appearance; made at the first call."""
    app = cast("QApplication", QApplication.instance())
    return app.findChild(Appearance, "appearance") or Appearance(app)
