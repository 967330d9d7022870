"""Model names: what people call a model whose name is that of a GGUF file."""

from __future__ import annotations

import re
from functools import cache

from app.adapters.built_in_model import built_in_model

_PART = re.compile(r"[-.]\d{5}-of-\d{5}$")
_QUANTISATION = re.compile(r"[-._](?:UD-)?(I?Q\d(?:_\w+)?|[BF]F?(?:16|32)|MXFP4)$", re.IGNORECASE)
_SIZE = re.compile(r"\d+(?:\.\d+)?[bm]|\d+x\d+b", re.IGNORECASE)
_TELLING = re.compile(r"[^\W\d_]{3,}.*\d|[^\W\d_]{4,}")
_EMPTY_NAMES = {"model", "ggml-model", "ggml_model", "weights", "unsloth"}


@cache
def short_name(model: str) -> str:
    """A name without what only a file needs: "Qwen2.5-7B-Instruct-Q4_K_M" is "Qwen2.5 7B Instruct".

    Names that don't end as GGUF files do (those of providers) stay as they are.
    """
    known = built_in_model()
    if known.model and model == known.model:
        return known.title
    whole = _PART.sub("", model)
    stem = _QUANTISATION.sub("", whole)
    return _spaced(stem) if stem != model and stem else model


def file_name(model: str, own_name: str = "") -> str:
    """The same for a file known to be GGUF; `own_name` is what the file calls itself.

    The file's name comes first, since people chose it and files are often called after a stage of
    their training; one that says nothing ("ggml-model-Q4_0") gives way to the file's own.
    """
    known = built_in_model()
    if known.model and model == known.model:
        return known.title
    stem = _QUANTISATION.sub("", _PART.sub("", model)) or model
    says_nothing = stem.casefold() in _EMPTY_NAMES or not _TELLING.search(stem)
    return _spaced(own_name if own_name and says_nothing else stem)


def quantisation(model: str) -> str:
    """The compression that a file's name tells, such as "Q4_K_M"; empty where it tells none."""
    found = _QUANTISATION.search(_PART.sub("", model))
    return found[1].upper() if found else ""


def _spaced(name: str) -> str:
    words = re.sub(r"[-_\s]+", " ", name).strip().split(" ")
    return " ".join(word[:-1] + word[-1].upper() if _SIZE.fullmatch(word) else word for word in words)
