"""Operations: every change to a workflow as frozen data that applies itself and gives its inverse."""

from app.document.operations.batch import Batch
from app.document.operations.edges import Connect, Disconnect
from app.document.operations.layout import MoveNodes, ResizeNodes, SetGroup, SetNote
from app.document.operations.nodes import AddNodes, RemoveNodes
from app.document.operations.operation import Operation
from app.document.operations.settings import (
    REMOVED,
    FieldChange,
    Removed,
    ReplaceWorkflow,
    SetDisabled,
    SetFields,
    SetNode,
    SetWorkflow,
)

__all__ = [
    "REMOVED",
    "AddNodes",
    "Batch",
    "Connect",
    "Disconnect",
    "FieldChange",
    "MoveNodes",
    "Operation",
    "RemoveNodes",
    "Removed",
    "ReplaceWorkflow",
    "ResizeNodes",
    "SetDisabled",
    "SetFields",
    "SetGroup",
    "SetNode",
    "SetNote",
    "SetWorkflow",
]
