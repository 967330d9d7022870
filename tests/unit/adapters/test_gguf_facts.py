"""GGUF files say what they are, and anything else is refused without harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.gguf_facts import GgufFacts, ModelShape, read_gguf_facts
from app.adapters.gguf_header import GgufError
from tests.gguf_files import write_gguf


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
        parameters=134_515_008,
        shape=ModelShape(
            layers=(2_216_448,) * 30,
            outside=30_083_328,
            cache_width=30 * 2 * 3 * 64,
            embedding=576,
            feed_forward=1536,
            heads=9,
            vocabulary=49152,
        ),
    )


def test_weights_are_counted_by_layer_and_keys_and_values_by_what_each_layer_keeps(tmp_path: Path) -> None:
    entries = {
        "general.architecture": "mixed",
        "mixed.block_count": 2,
        "mixed.embedding_length": 8,
        "mixed.feed_forward_length": [16, 24],
        "mixed.attention.head_count": 4,
        "mixed.attention.head_count_kv": [2, 0],
        "mixed.attention.key_length": 6,
        "tokenizer.chat_template": "{% if tools %}",
    }
    tensors = {
        "token_embd.weight": (8, 32),
        "blk.0.attn_q.weight": (8, 8),
        "blk.1.attn_q.weight": (8, 16),
        "blk.7.extra.weight": (8, 8),
    }
    facts = read_gguf_facts(write_gguf(tmp_path / "mixed.gguf", entries, tensors))
    assert facts.shape == ModelShape(
        layers=(256, 512),
        outside=1024 + 256,
        cache_width=(6 + 2) * 2,
        embedding=8,
        feed_forward=24,
        heads=4,
        vocabulary=32,
    )
    assert (facts.name, facts.parameters, facts.adapts) == ("mixed", 512, "")


def test_an_adapter_says_whom_it_adapts(tmp_path: Path) -> None:
    entries = {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora"}
    facts = read_gguf_facts(write_gguf(tmp_path / "a.gguf", entries, {"blk.0.attn_q.weight.lora_a": (8, 2)}))
    assert facts.adapts == "llama"


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
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
