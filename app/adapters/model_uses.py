"""Who uses a model: which roles stand for it, and which workflows of this person ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.adapters.connection import normal_name
from app.adapters.connections import SMALL_ROLE, THIS_COMPUTER
from app.adapters.workflow_files import read_file
from app.document.graph import every_node
from app.document.problem import ProblemError
from app.document.workflow import Workflow
from app.registry.registry import Registry
from app.sdk.fields import ModelChoice
from app.sdk.spec import FieldFault
from app.settings import RoleTarget


@dataclass(frozen=True, slots=True)
class WorkflowUse:
    """So many steps of one workflow."""

    workflow: str
    steps: int


@dataclass(frozen=True, slots=True)
class ModelUses:
    """`roles` stand for the model; `workflows` ask for it, by its name or by such a role."""

    roles: tuple[str, ...] = ()
    workflows: tuple[WorkflowUse, ...] = ()


def uses_of(
    model: str,
    default: str,
    roles: Mapping[str, RoleTarget],
    registry: Registry,
    paths: Iterable[Path],
) -> ModelUses:
    """Looks into the files at `paths`; those that can't be read use nothing. `default` is who answers where a choice
    names this computer alone.
    """
    standing = tuple(role for role, target in roles.items() if _means(target, model, default))
    if SMALL_ROLE not in roles and model == default:
        standing = (SMALL_ROLE, *standing)
    found: list[WorkflowUse] = []
    for path in paths:
        try:
            workflow = read_file(path).workflow
        except (ProblemError, OSError):
            continue
        steps = sum(_asks(choice, model, default, standing) for choice in choices_of(workflow, registry))
        if steps:
            found.append(WorkflowUse(workflow.name, steps))
    return ModelUses(standing, tuple(found))


def choices_of(workflow: Workflow, registry: Registry) -> Iterable[ModelChoice]:
    """Every choice of a model in a workflow."""
    for node in every_node(workflow.graph):
        spec = registry.get(node.type)
        if spec is None:
            continue
        try:
            yield from spec.type.models(spec.decode(node.fields))
        except FieldFault:
            continue


def _asks(choice: ModelChoice, model: str, default: str, roles: tuple[str, ...]) -> bool:
    if choice.is_role:
        return choice.role in roles
    return _means(RoleTarget(choice.connection, choice.model), model, default)


def _means(target: RoleTarget, model: str, default: str) -> bool:
    here = normal_name(target.connection) == normal_name(THIS_COMPUTER)
    return here and (target.model or default) == model
