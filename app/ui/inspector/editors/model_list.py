"""The model list: roles first, then every connection's models, each with its price and where data goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import cast

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.adapters.model_filters import Filter, passes
from app.adapters.shelf import FoundLine, ModelLine, Shelf
from app.sdk.fields import ModelChoice
from app.texts import text
from app.ui import model_words
from app.ui.plain import tooltip

AnyIndex = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()
_PLACES = ("computer", "company", "cloud", "internet")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the list: a heading (`choice` None), a role or a model.

    `answers` is who answers for a role; `missing` says what the model lacks; `found` is the server whose connection
    has to be kept first.
    """

    title: str
    choice: ModelChoice | None = None
    line: ModelLine | None = None
    answers: str = ""
    missing: tuple[str, ...] = ()
    found: FoundLine | None = None

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
        self,
        shelf: Shelf,
        needs: tuple[str, ...],
        words: str = "",
        filters: Collection[Filter] = (),
        *,
        offers_roles: bool = True,
    ) -> None:
        """Fills the list anew."""
        self.beginResetModel()
        wanted = words.casefold().split()
        roles = _roles(shelf, needs) if offers_roles and not wanted and not filters else ()
        models = _models(shelf, shelf.models, needs, wanted, filters)
        found = chain.from_iterable(_found(shelf, one, needs, wanted, filters) for one in shelf.found or ())
        self.rows = [*roles, *models, *found]
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
    figures, abilities = model_words.figure_words(row.line), model_words.ability_words(row.line)
    facts = (row.title, model_words.price_words(row.line), model_words.place_words(row.line), figures)
    return ", ".join(filter(None, (*facts, *abilities, *row.missing)))


def _roles(shelf: Shelf, needs: tuple[str, ...]) -> Iterator[ModelRow]:
    yield ModelRow(text("model.list.roles"))
    for role in dict.fromkeys((*model_words.ROLES, *shelf.roles)):
        line = shelf.model(ModelChoice(role=role))
        answers, missing = model_words.answers(line, shelf), _missing(line, needs)
        yield ModelRow(model_words.role_title(role), ModelChoice(role=role), line, answers, missing)


def _models(
    shelf: Shelf,
    models: Iterable[ModelLine],
    needs: tuple[str, ...],
    words: list[str],
    filters: Collection[Filter],
) -> Iterator[ModelRow]:
    by_connection: dict[str, list[ModelLine]] = {}
    for line in sorted(models, key=lambda line: _PLACES.index(line.place)):
        named = f"{line.name} {line.model} {line.connection}".casefold()
        if all(word in named for word in words) and passes(line, filters, shelf):
            by_connection.setdefault(line.connection, []).append(line)
    for connection, lines in by_connection.items():
        where = "" if lines[0].place == "computer" else f" · {model_words.place_words(lines[0])}"
        yield ModelRow(model_words.connection_title(connection, lines[0].kind) + where)
        for line in lines:
            yield ModelRow(line.name, line.choice, line, missing=_missing(line, needs))


def _found(
    shelf: Shelf, found: FoundLine, needs: tuple[str, ...], words: list[str], filters: Collection[Filter]
) -> Iterator[ModelRow]:
    """The models of a server that is not used yet: to pick one is to use it."""
    for row in _models(shelf, found.models, needs, words, filters):
        title = text("model.list.found", name=found.connection.name) if row.is_heading else row.title
        yield replace(row, title=title, found=found)


def _missing(line: ModelLine | None, needs: tuple[str, ...]) -> tuple[str, ...]:
    # A step that says nothing of what it needs asks for text: models that only make vectors have none.
    wanted = needs if "embed" in needs else ("chat", *needs)
    return tuple(model_words.lacks(line, wanted)) if line is not None else ()


def _same(a: ModelChoice, b: ModelChoice) -> bool:
    if a.role or b.role:
        return a.role == b.role
    return (a.connection, a.model) == (b.connection, b.model)
