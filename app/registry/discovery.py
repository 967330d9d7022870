"""Discovery: finds node types in the packages that the entry points of `baton.nodes` name."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import cast

from app.document.problem import Problem
from app.registry.registry import Registry
from app.sdk.node_type import NodeType
from app.sdk.spec import AnyNodeType, NodeSpec, spec_of

GROUP = "baton.nodes"
BUILT_IN = "nodes"  # the package that this program brings along

# The library's order: by category, then by the first part of the type id, those with presets first, then by the rest.
_CATEGORIES = ("start", "models", "checks", "tools", "logic")
_AREAS = ("model", "intent", "verifier", "human", "tool", "flow", "data", "output")


@dataclass(frozen=True, slots=True)
class AddOn:
    """An installed package with nodes of its own; nothing of it has been loaded to know this."""

    name: str  # the distribution's normalised name, as `Preferences.addons` holds it
    version: str


def addons() -> tuple[AddOn, ...]:
    """The add-on packages installed here, switched on or not."""
    found = {
        _package(point): point.dist.version if point.dist else ""
        for point in _points()
        if not _built_in(point)
    }
    return tuple(AddOn(name, version) for name, version in sorted(found.items()))


def discover(switched_on: Collection[str] = ()) -> Registry:
    """The registry of all built-in types and those of the add-ons that were switched on.

    The packaged app loads built-in types only. What can't be loaded becomes a Problem
    (`addon.broken`, `addon.taken_id`) and takes nothing else with it.
    """
    allowed = {_normalised(name) for name in switched_on}
    points = [
        point for point in _points() if _built_in(point) or (not _frozen() and _package(point) in allowed)
    ]
    specs: dict[str, NodeSpec] = {}
    problems: list[Problem] = []
    # Built-in types come first, so that nothing takes their ids.
    for point in sorted(points, key=lambda point: (not _built_in(point), _package(point), point.name)):
        for found in _types(point):
            if isinstance(found, Problem):
                problems.append(found)
            elif found.id in specs:
                problems.append(
                    Problem("addon.taken_id", args={"package": _package(point), "type": found.id})
                )
            else:
                specs[found.id] = found
    return Registry(sorted(specs.values(), key=_place), problems)


def _points() -> Iterable[EntryPoint]:
    return {point.value: point for point in entry_points(group=GROUP)}.values()


def _built_in(point: EntryPoint) -> bool:
    return point.value == BUILT_IN


def _frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _package(point: EntryPoint) -> str:
    return _normalised(point.dist.name if point.dist else point.value.partition(".")[0])


def _normalised(name: str) -> str:
    """A distribution's name as PyPA writes it for comparing."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _types(point: EntryPoint) -> Iterator[NodeSpec | Problem]:
    for module in _modules(point.value):
        if isinstance(module, _Broken):
            yield _problem(point, module)
            continue
        for node_type in _declared_in(module):
            try:
                spec = spec_of(node_type)
                spec.ports(spec.decode({}))  # every view asks for these
                yield spec
            except Exception as error:  # noqa: BLE001 - an add-on may do anything wrong
                yield _problem(point, _Broken(module.__name__, error))


@dataclass(frozen=True, slots=True)
class _Broken:
    module: str
    error: BaseException


def _problem(point: EntryPoint, broken: _Broken) -> Problem:
    said = str(broken.error).strip().splitlines()
    args = {
        "package": _package(point),
        "module": broken.module,
        "error": type(broken.error).__name__,
        "detail": said[0][:200] if said else "",
    }
    return Problem("addon.broken", args=args, severity="warning")


def _modules(name: str) -> Iterator[ModuleType | _Broken]:
    """The module and everything below it, each imported; one that fails hides only what lies below it."""
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an add-on may do anything wrong, even leave
        yield _Broken(name, error)
        return
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        yield from _modules(f"{name}.{found.name}")


def _declared_in(module: ModuleType) -> Iterator[AnyNodeType]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, NodeType) and value.__module__ == module.__name__:
            node_type = cast("AnyNodeType", value)
            if "id" in vars(node_type):
                yield node_type


def _place(spec: NodeSpec) -> tuple[int, int, bool, str]:
    area = spec.id.partition(".")[0]
    return (
        _CATEGORIES.index(spec.type.category),
        _AREAS.index(area) if area in _AREAS else len(_AREAS),
        not spec.type.presets,
        spec.id,
    )
