"""Whether everything that is installed may be used, and comes with its licence."""

from __future__ import annotations

import platform
from importlib.metadata import Distribution, distributions
from pathlib import Path

import licences
import parts
import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = "baton"


def installed() -> list[Distribution]:
    return [one for one in distributions() if one.metadata["Name"] != OURS]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("MIT AND GPL-2.0-only", False),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", True),
        ("MIT AND (GPL-2.0-only OR BSD-3-Clause)", True),
        ("GPL-2.0-or-later WITH Bootloader-exception", True),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", False),
        ("SSPL-1.0", False),
    ],
)
def test_a_licence_needs_a_choice_without_gpl(expression: str, allowed: bool) -> None:
    assert licences.may_be_used(expression) is allowed


def test_everything_installed_may_be_used() -> None:
    assert len(installed()) > 50, "the environment was not looked through"
    refused = {
        one.metadata["Name"]: licences.licence_of(one)
        for one in installed()
        if not licences.may_be_used(licences.licence_of(one))
    }
    assert refused == {}


def test_what_the_program_needs_comes_with_its_texts() -> None:
    shipped = parts.parts()
    assert len(shipped) > 50
    notice = licences.collect(shipped)
    assert "Copyright (c) 2016-2018 The Inter Project Authors" in notice
    for one in shipped:
        assert f"{one.metadata['Name']} {one.version}: " in notice
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in notice
    assert f"Python {platform.python_version()}: Python-2.0" in notice
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in notice


def test_a_distribution_that_says_nothing_is_refused() -> None:
    class Silent(Distribution):
        def read_text(self, filename: str) -> str | None:
            return "Name: silent\nVersion: 1\n" if filename == "METADATA" else None

        def locate_file(self, path: object) -> Path:
            return ROOT / str(path)

    with pytest.raises(licences.UnknownLicenceError, match="silent"):
        licences.licence_of(Silent())


def test_no_installed_file_runs_code_whenever_python_starts() -> None:
    """A `.pth` with code in it would run in every process of ours, before anything of ours."""
    places = {Path(str(one.locate_file(""))) for one in installed()}
    with_code = [
        str(file)
        for place in places
        for file in place.glob("*.pth")
        if any(line.startswith(("import ", "import\t")) for line in file.read_text("utf-8").splitlines())
    ]
    assert with_code == []
