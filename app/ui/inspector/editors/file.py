"""The editor of a path: typed, chosen in the system's dialog, or dropped from the file manager."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import FileField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column, line
from app.ui.inspector.editors.inputs import LineInput
from app.ui.inspector.editors.reference_text import ReferenceTextEditor
from app.ui.widgets.icon_button import IconButton


class FileEditor(Editor):
    """For `FileField`. A path below the workflow's folder is kept relative, so that both can move."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._field = cast("FileField", spec.field)
        self._inner: ReferenceTextEditor | None = None
        self._input: QWidget
        if self._field.references:
            self._inner = ReferenceTextEditor(spec, texts, around, self)
            self._inner.edited.connect(self._passed_on)
            self._inner.wanted.connect(self.wanted)
            self._input = self._inner
        else:
            path = LineInput(self)
            path.setAcceptDrops(False)  # it would take a file's address for text; the editor takes the file
            path.textEdited.connect(self.typed)
            self._line = path
            self._input = path
        self._browse = IconButton("folder-open", "", parent=self)
        self._browse.clicked.connect(self._ask)
        layout = line()
        layout.addWidget(self._input, 1)
        layout.addWidget(self._browse, 0, Qt.AlignmentFlag.AlignTop)
        column(self).addLayout(layout)
        self.setFocusProxy(self._input)
        self.setAcceptDrops(True)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        if self._inner is not None:
            self._inner.show_value(value)
        else:
            self._line.show_text(value if isinstance(value, str) else "")

    def retranslate(self) -> None:
        self._browse.set_label(text(f"inspector.file.{self._field.mode}"))
        if self._inner is not None:
            self._inner.retranslate()
        else:
            self._line.setPlaceholderText(
                self.texts.placeholder(self.spec) or text("inspector.file.placeholder")
            )

    def refresh(self) -> None:
        if self._inner is not None:
            self._inner.refresh()

    def beside_label(self) -> QWidget | None:
        return self._inner.beside_label() if self._inner is not None else None

    def take(self, path: str) -> None:
        """A path that the person picked."""
        kept = self._kept(path)
        self.show_value(kept)
        self.chosen(kept)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            self.take(local[0])
            event.acceptProposedAction()

    def _passed_on(self, value: Json, goes_on: bool) -> None:
        self.given = value
        self.edited.emit(value, goes_on)

    def _kept(self, path: str) -> str:
        folder = self.around.folder()
        if folder is not None:
            try:
                return Path(path).relative_to(folder).as_posix()
            except ValueError:
                pass
        return path

    def _start(self) -> str:
        folder = self.around.folder() or Path.home()
        given = self.given if isinstance(self.given, str) and "{{" not in self.given else ""
        return str(folder / given) if given else str(folder)

    def _ask(self) -> None:
        title = text(f"inspector.file.{self._field.mode}")
        if self._field.mode == "folder":
            path = QFileDialog.getExistingDirectory(self, title, self._start())
        elif self._field.mode == "save":
            path, _ = QFileDialog.getSaveFileName(self, title, self._start(), self._filters())
        else:
            path, _ = QFileDialog.getOpenFileName(self, title, self._start(), self._filters())
        if path:
            self.take(path)

    def _filters(self) -> str:
        every = f"{text('inspector.file.all')} (*)"
        if not self._field.endings:
            return every
        fitting = " ".join(f"*.{ending.lstrip('.')}" for ending in self._field.endings)
        return f"{text('inspector.file.fitting')} ({fitting});;{every}"
