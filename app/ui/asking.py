"""Asking: questions to the person as awaitable dialogs, so that nothing else stops meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QPushButton, QWidget

from app.document.problem import Problem
from app.texts import text
from app.ui.plain import visible
from app.ui.problem_words import in_short, what_happened, what_to_do
from app.ui.style_sheet import vary


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: `id` is what the answer says. `kind` is "", primary or danger."""

    id: str
    words: str
    kind: Literal["", "primary", "danger"] = ""


async def ask(parent: QWidget, question: str, more: str, choices: Sequence[Choice], otherwise: str) -> str:
    """The id of the button pressed; `otherwise` for Escape and the close button. The first choice has Enter."""
    box = QMessageBox(parent)
    box.setWindowTitle("Baton")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(visible(question))
    box.setInformativeText(visible(more))
    buttons: dict[object, str] = {}
    for choice in choices:
        button = QPushButton(choice.words)
        if choice.kind:
            vary(button, kind=choice.kind)
        box.addButton(button, QMessageBox.ButtonRole.AcceptRole)
        buttons[button] = choice.id
        if choice.id == otherwise:
            box.setEscapeButton(button)
    box.setDefaultButton(next(iter(box.buttons())))  # pyright: ignore[reportArgumentType, reportCallIssue]
    await shown(box)
    return buttons.get(box.clickedButton(), otherwise)


async def tell(parent: QWidget, problems: Sequence[Problem]) -> None:
    """Says what happened and what to do, and waits until it was read."""
    first = problems[0]
    rest = in_short(tuple(problems[1:8]))
    more = "\n\n".join(filter(None, (what_to_do(first), rest)))
    await ask(parent, what_happened(first), more, (Choice("ok", text("ask.ok"), "primary"),), "ok")


async def file_to_open(parent: QWidget, title: str, folder: Path, filters: Sequence[str]) -> Path | None:
    """The file that a person picks; None if none."""
    return await _picked(parent, title, folder, filters, QFileDialog.AcceptMode.AcceptOpen, "")


async def file_to_save(
    parent: QWidget, title: str, proposed: Path, filters: Sequence[str], ending: str
) -> Path | None:
    """Where to save; the dialog itself asks before a file is replaced."""
    return await _picked(parent, title, proposed, filters, QFileDialog.AcceptMode.AcceptSave, ending)


async def _picked(
    parent: QWidget,
    title: str,
    start: Path,
    filters: Sequence[str],
    mode: QFileDialog.AcceptMode,
    ending: str,
) -> Path | None:
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(mode)
    dialog.setNameFilters(list(filters))
    if mode == QFileDialog.AcceptMode.AcceptSave:
        dialog.setDefaultSuffix(ending)
        dialog.setDirectory(str(start.parent))
        dialog.selectFile(start.name)
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setDirectory(str(start))
    accepted = await shown(dialog)
    files = dialog.selectedFiles()
    return Path(files[0]) if accepted and files else None


async def shown(dialog: QDialog) -> bool:
    """Opens a dialog over its window and waits for its end; a cancelled wait closes it."""
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    dialog.finished.connect(end)
    dialog.open()
    try:
        return bool(await ended)
    finally:
        dialog.hide()
        dialog.deleteLater()
