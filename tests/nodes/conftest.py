"""The registry of built-in nodes, and the real doors that their tests go through."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.adapters.node_files import NodeFiles
from app.adapters.workbook_reader import WorkbookReader
from app.processes import children
from app.registry.discovery import discover
from app.registry.registry import Registry
from app.sdk.spec import AnyNodeType


@pytest.fixture(scope="session")
def registry() -> Registry:
    return discover()


@pytest.fixture
def node(registry: Registry):
    """The type of an id: nodes are reached as the program reaches them."""

    def of(type_id: str) -> AnyNodeType:
        spec = registry.get(type_id)
        assert spec is not None, type_id
        return spec.type

    return of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workflow's own folder, without links in its path."""
    return tmp_path.resolve()


@pytest.fixture
def files(folder: Path) -> NodeFiles:
    """The files of the folder, everything in it granted."""

    def within(path: Path) -> bool:
        return folder in path.parents

    workbooks = WorkbookReader(children, children.own_command("table-host"))
    return NodeFiles(folder, within, within, workbooks)
