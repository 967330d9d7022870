"""What a GGUF model file says of itself: its name, its size, and all that its need of memory depends on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from app.adapters.gguf_header import GgufHeader, read_header

# llama.cpp's `llama_ftype` numbers, the ones met in practice.
WHOLE = {0: "F32", 1: "F16", 32: "BF16"}
EIGHT_TO_FIVE_BITS = {7: "Q8_0", 18: "Q6_K", 8: "Q5_0", 9: "Q5_1", 16: "Q5_K_S", 17: "Q5_K_M"}
FOUR_BITS = {2: "Q4_0", 3: "Q4_1", 14: "Q4_K_S", 15: "Q4_K_M", 25: "IQ4_NL", 30: "IQ4_XS"}
THREE_AND_TWO_BITS = {
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    23: "IQ3_XXS",
    10: "Q2_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
}
POOLED = {1, 2, 3}  # llama.cpp's numbers of how one vector comes of a whole text; 4 judges pairs of texts
QUANTISATIONS = WHOLE | EIGHT_TO_FIVE_BITS | FOUR_BITS | THREE_AND_TWO_BITS
_LAYER = re.compile(r"blk\.([0-9]{1,6})\.")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """How a model is built: what its need of memory depends on. 0: the file doesn't say.

    `layers` are the bytes of each layer's weights, `outside` those of all other weights. `cache_width` is how many
    numbers the model keeps of each token that it has read, all layers together.
    """

    layers: tuple[int, ...] = ()
    outside: int = 0
    cache_width: int = 0
    embedding: int = 0
    feed_forward: int = 0
    heads: int = 0
    vocabulary: int = 0

    @property
    def weights(self) -> int:
        """Bytes of all weights."""
        return sum(self.layers) + self.outside


@dataclass(frozen=True, slots=True)
class GgufFacts:
    """What the file says; empty or None where it says nothing. A file without a chat template is a base model.

    `adapts` is the architecture of the models that a LoRA
    adapter is made for; empty for a model. `embeds`: it was made to give vectors of texts, and writes none.
    """

    name: str
    architecture: str
    quantisation: str
    size_bytes: int
    context: int | None  # tokens the model was trained for
    chat_template: bool
    licence: str
    parameters: int = 0
    adapts: str = ""
    embeds: bool = False
    shape: ModelShape = ModelShape()


def read_gguf_facts(path: Path) -> GgufFacts:
    """Read the header; raises GgufError for a missing, foreign or cut-off file."""
    return facts_of(read_header(path), path.stem)


def facts_of(header: GgufHeader, fallback_name: str) -> GgufFacts:
    """What a header says; `fallback_name` is for a file that doesn't name its model."""
    architecture = header.string("general.architecture")
    file_type = header.number("general.file_type")
    return GgufFacts(
        name=header.string("general.name") or fallback_name,
        architecture=architecture,
        quantisation="" if file_type is None else QUANTISATIONS.get(file_type, ""),
        size_bytes=header.size,
        context=header.number(f"{architecture}.context_length"),
        chat_template=bool(header.string("tokenizer.chat_template")),
        licence=header.string("general.license"),
        parameters=sum(tensor.parameters for tensor in header.tensors.values()),
        embeds=header.number(f"{architecture}.pooling_type") in POOLED,
        adapts=architecture if header.string("general.type") == "adapter" else "",
        shape=_shape(header, architecture),
    )


def _shape(header: GgufHeader, architecture: str) -> ModelShape:
    layers = [0] * min(header.number(f"{architecture}.block_count") or 0, len(header.tensors))
    outside = 0
    for name, tensor in header.tensors.items():
        match = _LAYER.match(name)
        if match and int(match[1]) < len(layers):
            layers[int(match[1])] += tensor.size
        else:
            outside += tensor.size
    words = header.tensors.get("token_embd.weight")
    return ModelShape(
        layers=tuple(layers),
        outside=outside,
        cache_width=_cache_width(header, architecture, len(layers)),
        embedding=header.number(f"{architecture}.embedding_length") or 0,
        feed_forward=max(header.numbers(f"{architecture}.feed_forward_length"), default=0),
        heads=max(header.numbers(f"{architecture}.attention.head_count"), default=0),
        vocabulary=words.shape[-1] if words and words.shape else 0,
    )


def _cache_width(header: GgufHeader, architecture: str, layers: int) -> int:
    """Keys and values of all layers. Layers with a sliding window, which keep less, are counted as if they kept all."""
    attention = f"{architecture}.attention"
    heads = header.numbers(f"{attention}.head_count")
    most_heads = max(heads, default=0)
    embedding = header.number(f"{architecture}.embedding_length") or 0
    usual = embedding // most_heads if most_heads else 0
    key = header.number(f"{attention}.key_length")
    value = header.number(f"{attention}.value_length")
    width = (usual if key is None else key) + (usual if value is None else value)
    kept = header.numbers(f"{attention}.head_count_kv") or heads
    each = kept if len(kept) == layers else (max(kept, default=0),) * layers
    return width * sum(each)
