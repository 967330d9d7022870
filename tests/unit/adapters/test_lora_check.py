"""A LoRA adapter that doesn't fit is found out before the engine sees it, and it is said which file and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.adapters.gguf_header import GgufError, read_header
from app.adapters.lora_check import check_adapter
from tests.gguf_files import write_gguf

MODEL = {"token_embd.weight": (8, 32), "blk.0.attn_q.weight": (8, 16)}
LORA = {"general.type": "adapter", "adapter.type": "lora", "general.architecture": "llama"}


def fault(tmp_path: Path, entries: dict[str, str], tensors: dict[str, tuple[int, ...]]) -> str:
    model = write_gguf(tmp_path / "model.gguf", {"general.architecture": "llama"}, MODEL)
    adapter = write_gguf(tmp_path / "adapter.gguf", entries, tensors)
    try:
        check_adapter(read_header(model), adapter)
    except GgufError as error:
        return error.code
    return ""


def test_one_that_was_made_for_the_model_fits(tmp_path: Path) -> None:
    halves = {"blk.0.attn_q.weight.lora_a": (8, 2), "blk.0.attn_q.weight.lora_b": (2, 16)}
    assert fault(tmp_path, LORA, halves) == ""


@pytest.mark.parametrize(
    ("changed", "tensors", "code"),
    [
        ({"general.type": "model"}, {"x": (8, 2)}, "model.adapter_not_lora"),
        ({"adapter.type": "control_vector"}, {"x": (8, 2)}, "model.adapter_not_lora"),
        ({"general.architecture": "qwen2"}, {"x": (8, 2)}, "model.adapter_other_model"),
        ({}, {"blk.0.attn_q.weight.lora_a": (9, 2)}, "model.adapter_other_model"),
        ({}, {"blk.0.attn_q.weight.lora_b": (2, 17)}, "model.adapter_other_model"),
        ({}, {"blk.9.attn_q.weight.lora_a": (8, 2)}, "model.adapter_other_model"),
        ({}, {"blk.0.attn_q.weight.lora_a": (8,)}, "model.adapter_other_model"),
    ],
)
def test_one_that_does_not_fit_is_named(
    tmp_path: Path, changed: dict[str, str], tensors: dict[str, tuple[int, ...]], code: str
) -> None:
    assert fault(tmp_path, LORA | changed, tensors) == code


def test_one_that_is_not_there_or_no_file_of_the_kind(tmp_path: Path) -> None:
    model = read_header(write_gguf(tmp_path / "m.gguf", {"general.architecture": "llama"}, MODEL))
    other = tmp_path / "other.gguf"
    for content in (None, b"<html>"):
        if content is not None:
            other.write_bytes(content)
        with pytest.raises(GgufError) as caught:
            check_adapter(model, other)
        assert caught.value.code == "model.adapter_unreadable"
