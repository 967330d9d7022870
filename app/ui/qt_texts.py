"""Qt's own words (menus of text fields, file dialogs) in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QObject, QTranslator


class QtTexts(QObject):
    """Holds the catalogue that is in use; English is what Qt speaks by itself."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._catalogue = QTranslator(self)

    def set_language(self, language: str) -> None:
        """Takes effect at once. A language that Qt has no words for stays English."""
        QCoreApplication.removeTranslator(self._catalogue)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if not language.startswith("en") and self._catalogue.load(
            f"qtbase_{language.replace('-', '_')}", folder
        ):
            QCoreApplication.installTranslator(self._catalogue)
