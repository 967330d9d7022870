"""The one undo command: an operation that was applied, and the operation that takes it back."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtGui import QUndoCommand

from app.document.document import Document
from app.document.operations import (
    MoveNodes,
    Operation,
    ResizeNodes,
    SetFields,
    SetNode,
    SetNote,
    SetWorkflow,
)
from app.texts import text


class EditCommand(QUndoCommand):
    """Made right after `operation` was applied, so Qt's first `redo` has nothing to do.

    With `continues`, it joins the command before it where both set the same things (the letters of one
    word, a slider on its way): the undo of both is the first one's, the redo the last one's.
    """

    def __init__(
        self, document: Document, operation: Operation, inverse: Operation, *, continues: bool
    ) -> None:
        super().__init__(text(f"operation.{operation.code}"))
        self._document = document
        self.operation = operation
        self._inverse = inverse
        self.continues = continues
        self._applied = True

    def redo(self) -> None:
        if not self._applied:
            self._inverse = self._document.apply(self.operation)
        self._applied = True

    def undo(self) -> None:
        self.operation = self._document.apply(self._inverse)
        self._applied = False

    def id(self) -> int:
        # The same for all: Qt asks `mergeWith` only between commands of one id.
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditCommand) or not other.continues:
            return False
        mine = what_it_sets(self.operation)
        if mine is None or mine != what_it_sets(other.operation):
            return False
        self.operation = other.operation
        return True


def what_it_sets(operation: object) -> Hashable:
    """What an operation overwrites as a whole, so that a later one of the same makes it vanish; else None."""
    match operation:
        case SetFields(node=node, fields=things) | SetNode(node=node, attributes=things):
            return type(operation), node, frozenset(things)
        case SetWorkflow(attributes=things) | MoveNodes(positions=things) | ResizeNodes(widths=things):
            return type(operation), frozenset(things)
        case SetNote(id=note_id, note=note) if note is not None:
            return type(operation), note_id
        case _:
            return None
