"""Asking: questions to the person as awaitable dialogs, so that nothing else stops meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QPushButton, QWidget

from app.adapters.table_writing import WRITABLE
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
    dialog = QFileDialog(parent, title)
    dialog.setNameFilters(list(filters))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setDirectory(str(folder))
    return await _picked(dialog)


async def file_to_save(
    parent: QWidget, title: str, proposed: Path, filters: Sequence[str], endings: Sequence[str]
) -> Path | None:
    """Where to save; None if nowhere. No file is replaced unasked.

    A name with none of `endings` gets one, for files are known by it: that of the chosen filter, else the first.
    """
    while True:
        dialog = QFileDialog(parent, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(filters))
        dialog.setDefaultSuffix(endings[0][1:])
        dialog.filterSelected.connect(partial(_take_ending, dialog, endings))
        dialog.setDirectory(str(proposed.parent))
        dialog.selectFile(proposed.name)
        picked = await _picked(dialog)
        if picked is None:
            return None
        proposed = _with_ending(picked, endings, dialog.defaultSuffix())
        # The dialog has asked about what was typed; to a name with a dot in it it adds no ending.
        if proposed == picked or not proposed.exists() or await _may_replace(parent, proposed):
            return proposed


async def table_to_save(parent: QWidget, title: str, proposed: Path) -> Path | None:
    """Where to save rows, in a format that spreadsheets read."""
    filters = ("CSV (*.csv)", "Excel (*.xlsx)", "JSON (*.jsonl)")
    return await file_to_save(parent, title, proposed, filters, WRITABLE)


def _take_ending(dialog: QFileDialog, endings: Sequence[str], chosen: str) -> None:
    dialog.setDefaultSuffix(next((one for one in endings if f"*{one}" in chosen), endings[0])[1:])


def _with_ending(picked: Path, endings: Sequence[str], otherwise: str) -> Path:
    if picked.name.lower().endswith(tuple(endings)):
        return picked
    return picked.with_name(f"{picked.name.rstrip('.')}.{otherwise}")


async def _may_replace(parent: QWidget, path: Path) -> bool:
    choices = (Choice("replace", text("ask.replace.yes"), "danger"), Choice("cancel", text("ask.cancel")))
    question, more = text("ask.replace", name=path.name), text("ask.replace.more")
    return await ask(parent, question, more, choices, "cancel") == "replace"


def name_parts(dialog: QFileDialog) -> None:
    """Says in the window's language what Qt's own file dialog has no words for in every language."""
    label = QFileDialog.DialogLabel
    for part, code in ((label.LookIn, "look_in"), (label.FileName, "name"), (label.FileType, "type")):
        dialog.setLabelText(part, text(f"ask.file.{code}"))


async def _picked(dialog: QFileDialog) -> Path | None:
    name_parts(dialog)
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
