"""A model on this computer that is missing, cut off, or no model at all: said before the run, and nobody waits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.settings import folders
from tests.faults.conftest import LOCALES, Baton
from tests.faults.files import asks_model, written


@pytest.fixture
def odd_models() -> Path:
    """A folder of models in which nothing is one."""
    place = folders().data / "models"
    (place / "folder.gguf").mkdir(parents=True)
    (place / "empty.gguf").touch()
    (place / "garbage.gguf").write_bytes(b"not a model" * 100)
    (place / "cut.gguf").write_bytes(b"GGUF\x03\0\0\0" + b"\xff" * 16)
    if sys.platform != "win32":
        (place / "link.gguf").symlink_to(place / "nowhere.gguf")
        os.mkfifo(place / "pipe.gguf")
    return place


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("name", ["absent", "folder", "empty", "garbage", "cut", "link", "pipe"])
def test_it_is_said_and_nobody_waits(
    name: str, language: str, odd_models: Path, baton: Baton, tmp_path: Path
) -> None:
    model = {"connection": "This computer", "kind": "embedded", "model": name}
    ended = baton(
        "run", written(tmp_path, asks_model(model)), "--allow", "--input", "message=hi", language=language
    )
    assert ended.code == 4, ended.said
    assert name in ended.err
    assert "→" in ended.err


def test_the_others_are_listed_all_the_same(odd_models: Path, baton: Baton) -> None:
    assert "SmolLM2" in baton("models").out
    assert baton("doctor").code == 0
