"""GGUF files say what they are, and anything else is refused without harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.gguf_facts import GgufError, GgufFacts, read_gguf_facts


def test_the_default_model_says_what_it_is(model_path: Path) -> None:
    facts = read_gguf_facts(model_path)
    assert facts == GgufFacts(
        name="Smollm2 135M 8k Lc100K Mix1 Ep2",
        architecture="llama",
        quantisation="Q4_1",
        size_bytes=98_362_432,
        context=8192,
        chat_template=True,
        licence="apache-2.0",
    )


@pytest.fixture(scope="session")
def beginning(model_path: Path) -> bytes:
    with model_path.open("rb") as file:
        return file.read(4_000)


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(GgufError) as caught:
        read_gguf_facts(path)
    return caught.value.code


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(GgufError) as caught:
            read_gguf_facts(path)
        assert caught.value.code == "model.file_missing"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 3_999), length=st.integers(0, 4_000), noise=st.binary(max_size=40))
def test_a_damaged_header_is_refused_and_nothing_else_happens(
    tmp_path: Path, beginning: bytes, at: int, length: int, noise: bytes
) -> None:
    damaged = (beginning[:at] + noise + beginning[at + len(noise) :])[:length]
    assert refusal(tmp_path / "damaged.gguf", damaged) in {"model.file_not_gguf", "model.file_incomplete"}


def test_huge_counts_in_a_small_file_are_refused_at_once(tmp_path: Path) -> None:
    huge = (2**60).to_bytes(8, "little")
    one = (1).to_bytes(8, "little")
    version = (3).to_bytes(4, "little")
    text_list = (
        b"GGUF"
        + version
        + one
        + one
        + one
        + b"k"
        + (9).to_bytes(4, "little")
        + (8).to_bytes(4, "little")
        + huge
    )
    assert refusal(tmp_path / "entries.gguf", b"GGUF" + version + one + huge) == "model.file_not_gguf"
    assert refusal(tmp_path / "list.gguf", text_list) == "model.file_not_gguf"
    assert refusal(tmp_path / "key.gguf", b"GGUF" + version + one + one + huge) == "model.file_not_gguf"
