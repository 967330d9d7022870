"""Several operations as one step of undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.document.operations.operation import Operation
from app.document.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Batch:
    """Applies all in order or none; `code` says what the whole means to the person."""

    code: str
    operations: Sequence[Operation]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        inverses: list[Operation] = []
        for operation in self.operations:
            workflow, inverse = operation.apply(workflow)
            inverses.append(inverse)
        return workflow, Batch(self.code, tuple(reversed(inverses)))
