"""Model files are called as people call the model; nothing else is renamed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.built_in_model import built_in_model
from app.adapters.model_names import file_name, quantisation, short_name


@pytest.mark.parametrize(
    ("model", "own_name", "shown"),
    [
        ("Qwen2.5-7B-Instruct-Q4_K_M", "Qwen2.5 7B Instruct Stage 3", "Qwen2.5 7B Instruct"),
        ("Meta-Llama-3.1-8B-Instruct.IQ4_XS", "", "Meta Llama 3.1 8B Instruct"),
        ("gemma-2-2b-it-Q8_0", "", "gemma 2 2B it"),
        ("mixtral-8x7b.Q5_0", "", "mixtral 8x7B"),
        ("qwen2-72b-q4_0-00001-of-00003", "", "qwen2 72B"),
        ("tiny-model-F16", "", "tiny model"),
        ("ggml-model-Q4_0", "Phi 3 Mini", "Phi 3 Mini"),
        ("ggml-model-Q4_0", "", "ggml model"),
        ("7b", "Vicuna 7B", "Vicuna 7B"),
        ("Q4_0", "", "Q4 0"),
        ("我的模型-1b-Q4_0", "", "我的模型 1B"),
    ],
)
def test_a_model_file_is_called_as_people_call_it(model: str, own_name: str, shown: str) -> None:
    assert file_name(model, own_name) == shown


@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-opus-4-1", "llama3.2:3b", "gemini-2.5-pro", "o3"])
def test_a_providers_names_stay_as_they_are(model: str) -> None:
    assert short_name(model) == model


def test_a_card_and_the_picker_say_the_same_of_a_file() -> None:
    assert short_name("Qwen2.5-7B-Instruct-Q4_K_M") == "Qwen2.5 7B Instruct"
    assert short_name(built_in_model().model) == built_in_model().title == file_name(built_in_model().model)


def test_the_compression_is_known() -> None:
    assert quantisation("Qwen2.5-7B-Instruct-q4_k_m") == "Q4_K_M"
    assert quantisation("big-Q8_0-00001-of-00002") == "Q8_0"
    assert quantisation("gpt-4o") == ""


@given(st.text(max_size=40))
def test_no_name_gets_lost(model: str) -> None:
    assert bool(short_name(model).strip()) == bool(model.strip())
    assert bool(file_name(model).strip()) or not model.replace("-", " ").replace("_", " ").strip()
