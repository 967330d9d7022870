"""The fences of the house, checked on the source itself: rooms, doors, names, and a first sentence in every file.

import-linter checks the same contracts over whole chains; here they hold for a tree that isn't finished, and every
package from outside must have a contract at all. The contracts stand in pyproject.toml, once.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("source")  # all of it is read once

ROOT = Path(__file__).resolve().parents[2]
VAGUE = ["util", "helper", "manager", "common", "misc", "base", "core", "handler", "service"]
VAGUE_WORD = re.compile(rf"(^|_)({'|'.join(VAGUE)})s?(_|$)")


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def contracts() -> list[dict[str, Any]]:
    return pyproject()["tool"]["importlinter"]["contracts"]


@cache
def plan_of_rooms() -> dict[str, Any]:
    (contract,) = (contract for contract in contracts() if contract["type"] == "layers")
    return contract


@cache
def rooms() -> dict[str, int]:
    """The height of each room: a larger number may import a smaller one."""
    layers = reversed(plan_of_rooms()["layers"])
    return {room.strip(): height for height, layer in enumerate(layers) for room in layer.split("|")}


@cache
def doors() -> dict[str, list[str]]:
    """Each protected package or module with those that may import it."""
    return {
        package: contract["allowed_importers"]
        for contract in contracts()
        if contract["type"] == "protected"
        for package in contract["protected_modules"]
    }


@dataclass(frozen=True)
class Module:
    """What a module says it is for, and every name that it imports, also inside functions and through importlib."""

    sentence: str
    imported: tuple[str, ...]


@cache
def modules(package: str) -> dict[str, Module]:
    """Every module of a package, by dotted name. Their syntax trees go again: a million objects that stay would be
    looked through at each search for garbage.
    """
    found: dict[str, Module] = {}
    for file in sorted((ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
        found[name] = Module(ast.get_docstring(tree) or "", tuple(imported_names(tree)))
    return found


def imports(package: str) -> Iterator[tuple[str, str]]:
    """Every (importing module, imported name) of a package."""
    return ((name, imported) for name, module in modules(package).items() for imported in module.imported)


def imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(name.value) for name in node.args[:1] if isinstance(name, ast.Constant))


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def is_standard(imported: str) -> bool:
    return imported.partition(".")[0] in sys.stdlib_module_names


def room(module: str) -> str:
    """`app.ui.canvas.scene` is in `ui`; the package `app` itself is in no room."""
    return module.split(".")[1] if "." in module else ""


def test_every_room_is_in_the_plan() -> None:
    there = {room(module) for module in modules("app")} - {""}
    unplanned = there - rooms().keys()
    assert not unplanned, f"name the room in pyproject.toml or move the file: {sorted(unplanned)}"


def test_a_room_imports_only_from_below() -> None:
    upwards = [
        f"{module} imports {imported}"
        for module, imported in imports("app")
        if is_within(imported, "app") and room(imported) and room(imported) != room(module)
        if not room(module) or rooms()[room(imported)] >= rooms()[room(module)]
        if not any(f"{module} -> {imported}".startswith(known) for known in plan_of_rooms()["ignore_imports"])
    ]
    assert not upwards, "\n".join(upwards)


def test_what_has_a_door_is_imported_through_it() -> None:
    strays = [
        f"{module} imports {imported}"
        for module, imported in imports("app")
        for protected, importers in doors().items()
        if is_within(imported, protected) and not is_within(module, protected)
        if not any(is_within(module, importer) for importer in importers)
    ]
    assert not strays, "\n".join(strays)


def test_every_package_from_outside_has_a_door() -> None:
    strays = [
        f"{module} imports {imported}"
        for module, imported in imports("app")
        if not is_standard(imported) and not is_within(imported, "app")
        if not any(is_within(imported, package) for package in doors())
    ]
    assert not strays, "\n".join(strays)


def test_packages_with_a_door_are_declared() -> None:
    asked_for = {
        re.split("[<>=]", requirement)[0].lower() for requirement in pyproject()["project"]["dependencies"]
    }
    brought_by = packages_distributions()
    undeclared = [
        package
        for package in doors()
        if not is_within(package, "app")
        if asked_for.isdisjoint(name.lower().replace("_", "-") for name in brought_by[package])
    ]
    assert not undeclared, f"dependencies of a dependency come and go: {undeclared}"


def test_the_app_imports_no_node() -> None:
    strays = [module for module, imported in imports("app") if is_within(imported, "nodes")]
    assert not strays, "\n".join(strays)


def test_a_node_imports_only_the_sdk_and_the_standard_library() -> None:
    strays = [
        f"{module} imports {imported}"
        for module, imported in imports("nodes")
        if not is_standard(imported) and not is_within(imported, "app.sdk")
        # The package gathers its nodes for the entry point; a node itself imports none.
        if not (is_within(imported, "nodes") and is_package(module))
    ]
    assert not strays, "\n".join(strays)


def is_package(module: str) -> bool:
    return (ROOT / module.replace(".", "/")).is_dir()


def test_every_module_says_its_one_job() -> None:
    silent = [
        name
        for package in ("app", "nodes")
        for name, module in modules(package).items()
        if not module.sentence.strip()
    ]
    assert not silent, "\n".join(silent)


def test_names_of_files_say_what_is_in_them() -> None:
    vague = [
        str(file.relative_to(ROOT))
        for folder in ("app", "nodes", "packaging", "tests")
        for file in (ROOT / folder).rglob("*")
        if VAGUE_WORD.search(file.stem) and "__pycache__" not in file.parts
    ]
    assert not vague, "\n".join(vague)


def test_packaging_is_no_package() -> None:
    assert list((ROOT / "packaging").rglob("__init__.py")) == [], "it would hide PyPI's `packaging`"
