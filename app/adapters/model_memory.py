"""How much memory a model will take, from what its file says and how it is to be loaded."""

from __future__ import annotations

from dataclasses import dataclass

from app.adapters.gguf_facts import ModelShape

# Tokens processed in one go: a stopped request ends after at most one such batch
# (about a second and a half for the smallest model on one core).
BATCH = 256
PROGRAM_BATCH = 512  # what llama-server processes in one go, unless told otherwise
# Bytes of processed prompts kept beside the slots, so that steps with different prompts that take turns
# don't process their examples anew each time.
PROMPT_CACHE = 256 * 2**20
_PROGRAM = 48 * 2**20  # bytes of the host itself before it loads a model
_WORD = 300  # bytes that the host's lists of a model's words take for each of them
_HALF, _SINGLE, _CHOICE = 2, 4, 24  # bytes of a number; of one word among which an answer is drawn


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes by what they are for: the model itself, the texts that it is at, processed prompts kept for later,
    room to compute in, and the program.
    """

    weights: int = 0
    cache: int = 0
    prompts: int = 0
    buffers: int = 0
    program: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.prompts + self.buffers + self.program


def batch_of(context: int, *, embeds: bool, usual: int = BATCH) -> int:
    """Tokens processed in one go; a text whose vector is wanted is read all at once."""
    return max(usual, context) if embeds else usual


def memory_need(
    shape: ModelShape, context: int, slots: int, *, adapters: int = 0, batch: int = BATCH
) -> MemoryNeed:
    """`context` is in tokens for each slot; `adapters` are the bytes of the LoRA adapters.

    The cache holds keys and values as 16-bit numbers for every token of every slot. The buffers hold one batch
    (what its layers make of it, and which tokens each of its tokens may look at) and the words to draw from.
    docs/measurements.md compares it with what hosts really took.
    """
    tokens = context * slots
    prompt = context * shape.cache_width * _HALF
    inside = 8 * shape.embedding + 3 * shape.feed_forward
    return MemoryNeed(
        weights=shape.weights + adapters,
        cache=tokens * shape.cache_width * _HALF,
        prompts=PROMPT_CACHE if prompt <= PROMPT_CACHE else 0,
        buffers=batch * (inside * _SINGLE + tokens * (_SINGLE + _HALF)) + slots * shape.vocabulary * _CHOICE,
        program=_PROGRAM + shape.vocabulary * _WORD,
    )
