"""Whether a LoRA adapter fits a model: made for its kind, and for matrices that it has, of the same size."""

from __future__ import annotations

from pathlib import Path

from app.adapters.gguf_header import GgufError, GgufHeader, read_header

_HALVES = (".lora_a", ".lora_b")


def check_adapter(model: GgufHeader, path: Path) -> None:
    """Raises GgufError `model.adapter_unreadable`, `model.adapter_not_lora`, `model.adapter_other_model`."""
    try:
        adapter = read_header(path)
    except GgufError as error:
        raise GgufError("model.adapter_unreadable", error.detail) from error
    if adapter.string("general.type") != "adapter" or adapter.string("adapter.type") != "lora":
        raise GgufError("model.adapter_not_lora", adapter.string("general.type") or "a model")
    made_for, kind = (one.string("general.architecture") for one in (adapter, model))
    if made_for != kind:
        raise GgufError("model.adapter_other_model", f"{made_for}, {kind}")
    for name, tensor in adapter.tensors.items():
        _check_half(name, tensor.shape, model)


def _check_half(name: str, shape: tuple[int, ...], model: GgufHeader) -> None:
    """The first half takes what the matrix takes, the second gives what it gives."""
    base, half = name[: -len(_HALVES[0])], name[-len(_HALVES[0]) :]
    if half not in _HALVES or base == "token_embd.weight":  # the engine reads that one the other way round
        return
    matrix = model.tensors.get(base)
    if matrix is None or len(matrix.shape) < 2 or len(shape) < 2:
        raise GgufError("model.adapter_other_model", base)
    side = _HALVES.index(half)
    if matrix.shape[side] != shape[side]:
        raise GgufError("model.adapter_other_model", f"{base}: {matrix.shape[side]}, {shape[side]}")
