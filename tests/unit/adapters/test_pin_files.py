"""Pinned results in the profile: kept, taken back, and harmless where the file is not what it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.pin_files import PinFiles
from tests.journals import profile

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
PINS = st.dictionaries(
    st.text("abc", min_size=1), st.dictionaries(st.text("xyz", min_size=1), VALUES), min_size=1
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(PINS)
def test_what_is_kept_comes_back(tmp_path: Path, pins: dict[str, dict[str, object]]) -> None:
    files = PinFiles(profile(tmp_path))
    files.keep("flow", pins)  # pyright: ignore[reportArgumentType]
    assert files.of("flow") == pins
    assert files.of("another") == {}


def test_letting_go_of_the_last_one_leaves_no_file(tmp_path: Path) -> None:
    where = profile(tmp_path)
    files = PinFiles(where)
    files.keep("flow", {"a": {"text": "x"}})
    files.keep("flow", {})
    assert list((where.data / "pins").iterdir()) == []


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"a": 3}', "[" * 100_000])
def test_a_file_that_is_no_list_of_pins_pins_nothing(tmp_path: Path, content: str) -> None:
    where = profile(tmp_path)
    (where.data / "pins").mkdir(parents=True)
    (where.data / "pins/flow.json").write_text(content, "utf-8")
    assert PinFiles(where).of("flow") == {}


@pytest.mark.parametrize("name", ["../../settings", "a/b", "C:\\x", "", "x" * 300])
def test_a_workflow_that_calls_itself_anything_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    where = profile(tmp_path)
    PinFiles(where).keep(name, {"a": {"text": "x"}})
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in written] == [where.data / "pins"]
