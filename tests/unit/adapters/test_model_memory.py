"""The estimate of a model's memory: grows with what is asked for, and no part is forgotten."""

from __future__ import annotations

from app.adapters.gguf_facts import ModelShape
from app.adapters.model_memory import PROMPT_CACHE, memory_need

SMALL = ModelShape(
    layers=(2_000_000,) * 30,
    outside=30_000_000,
    cache_width=11_520,
    embedding=576,
    feed_forward=1536,
    heads=9,
    vocabulary=49_152,
)


def test_weights_and_adapters_are_counted_as_they_lie_in_their_files() -> None:
    need = memory_need(SMALL, 512, 1, adapters=7_000_000)
    assert need.weights == 30 * 2_000_000 + 30_000_000 + 7_000_000
    assert need.total == need.weights + need.cache + need.prompts + need.buffers + need.program


def test_every_token_of_every_slot_is_kept() -> None:
    assert memory_need(SMALL, 512, 1).cache == 512 * 11_520 * 2
    assert memory_need(SMALL, 1024, 4).cache == 4096 * 11_520 * 2


def test_prompts_are_kept_for_later_only_where_one_fits() -> None:
    longest = PROMPT_CACHE // (11_520 * 2)
    assert memory_need(SMALL, longest, 4).prompts == PROMPT_CACHE
    assert memory_need(SMALL, longest + 1, 1).prompts == 0
