"""The model list: roles first, then every connection's models, each with its price and where data goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.adapters.shelf import ModelLine, Shelf
from app.sdk.fields import ModelChoice
from app.texts import text
from app.ui import model_words
from app.ui.plain import tooltip

AnyIndex = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()
_PLACES = ("computer", "company", "cloud")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the list: a heading (`choice` None), a role or a model.

    `answers` is who answers for a role; `missing` says what the model lacks.
    """

    title: str
    choice: ModelChoice | None = None
    line: ModelLine | None = None
    answers: str = ""
    missing: tuple[str, ...] = ()

    @property
    def is_heading(self) -> bool:
        return self.choice is None

    @property
    def can_be_picked(self) -> bool:
        return self.choice is not None and not self.missing


class ModelList(QAbstractListModel):
    """Rows for the picker; a filter keeps the models whose name or connection holds every word."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ModelRow] = []

    def show_shelf(
        self, shelf: Shelf, needs: tuple[str, ...], words: str = "", *, offers_roles: bool = True
    ) -> None:
        """Fills the list anew."""
        self.beginResetModel()
        wanted = words.casefold().split()
        roles = _roles(shelf, needs) if offers_roles and not wanted else ()
        self.rows = [*roles, *_models(shelf, needs, wanted)]
        self.endResetModel()

    def index_of(self, choice: ModelChoice) -> QModelIndex:
        """Where a choice stands; an invalid index if nowhere."""
        for at, row in enumerate(self.rows):
            if row.choice is not None and _same(row.choice, choice):
                return self.index(at)
        return _NOWHERE

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.ToolTipRole and row.line is not None:
            return tooltip(row.line.model)  # exactly as the provider or the file calls it
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(row)
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        row = self.rows[index.row()]
        return _CAN_PICK if row.can_be_picked else Qt.ItemFlag.NoItemFlags


_CAN_PICK = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def row_at(index: AnyIndex) -> ModelRow:
    return cast("ModelRow", index.data(ROW))


def spoken(row: ModelRow) -> str:
    """The whole row in words, for screen readers."""
    if row.line is None:
        return row.title
    facts = (row.title, model_words.price_words(row.line), model_words.place_words(row.line))
    return ", ".join((*facts, *row.missing))


def _roles(shelf: Shelf, needs: tuple[str, ...]) -> Iterator[ModelRow]:
    yield ModelRow(text("model.list.roles"))
    for role in dict.fromkeys((*model_words.ROLES, *shelf.roles)):
        line = shelf.model(ModelChoice(role=role))
        answers, missing = model_words.answers(line, shelf), _missing(line, needs)
        yield ModelRow(model_words.role_title(role), ModelChoice(role=role), line, answers, missing)


def _models(shelf: Shelf, needs: tuple[str, ...], words: list[str]) -> Iterator[ModelRow]:
    by_connection: dict[str, list[ModelLine]] = {}
    for line in sorted(shelf.models, key=lambda line: _PLACES.index(line.place)):
        if all(word in f"{line.name} {line.model} {line.connection}".casefold() for word in words):
            by_connection.setdefault(line.connection, []).append(line)
    for connection, lines in by_connection.items():
        where = "" if lines[0].place == "computer" else f" · {model_words.place_words(lines[0])}"
        yield ModelRow(model_words.connection_title(connection, lines[0].kind) + where)
        for line in lines:
            yield ModelRow(line.name, line.choice, line, missing=_missing(line, needs))


def _missing(line: ModelLine | None, needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(model_words.lacks(line, needs)) if line is not None else ()


def _same(a: ModelChoice, b: ModelChoice) -> bool:
    if a.role or b.role:
        return a.role == b.role
    return (a.connection, a.model) == (b.connection, b.model)
