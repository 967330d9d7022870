"""Words for the models of this computer: how they are packed and licensed, whether they fit, what they do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from app import figures, texts
from app.adapters.memory_state import MemoryState, ModelState
from app.adapters.model_downloads import Transfer
from app.adapters.model_library import ModelEntry
from app.texts import text
from app.ui.problem_words import what_happened

Tone: TypeAlias = Literal["done", "warning", "error", "running", "waiting"]
_BITS = {
    **dict.fromkeys(("F32",), 32),
    **dict.fromkeys(("F16", "BF16"), 16),
    **dict.fromkeys(("Q8_0",), 8),
    **dict.fromkeys(("Q6_K",), 6),
    **dict.fromkeys(("Q5_0", "Q5_1", "Q5_K_S", "Q5_K_M"), 5),
    **dict.fromkeys(("Q4_0", "Q4_1", "Q4_K_S", "Q4_K_M", "IQ4_NL", "IQ4_XS"), 4),
    **dict.fromkeys(("Q3_K_S", "Q3_K_M", "Q3_K_L", "IQ3_XXS"), 3),
    **dict.fromkeys(("Q2_K", "IQ2_XXS", "IQ2_XS"), 2),
}
_ICONS: dict[str, str] = {
    "done": "check",
    "warning": "triangle-alert",
    "error": "x",
    "running": "loader",
    "waiting": "clock",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence with its weight: `icon` and colour say the same."""

    words: str
    tone: Tone

    @property
    def icon(self) -> str:
        return _ICONS[self.tone]


def compression_words(quantisation: str) -> str:
    """As "4 bits a weight (Q4_1)"."""
    bits = _BITS.get(quantisation)
    if bits is None:
        return quantisation or text("figure.unknown")
    return text("models.bits", bits=bits, name=quantisation)


def licence_words(licence: str) -> str:
    """The licence that a file names, as people write it."""
    code = f"models.licence.{licence.lower()}"
    return text(code) if texts.has(code, "en") else licence or text("figure.unknown")


def fit(needs: int, memory: MemoryState | None, *, gpu: bool = False) -> Fact:
    """Whether a model would fit, as far as it is known what there is; `gpu`: a program serves it that can use one."""
    amount = figures.memory(needs)
    if not needs or memory is None or not memory.machine.memory:
        return Fact(text("models.needs", amount=amount) if needs else text("models.needs.unknown"), "waiting")
    room = max((one.memory or 0 for one in memory.machine.gpus if not one.shares_memory), default=0)
    if gpu and room >= needs:
        return Fact(text("models.fits.gpu", size=figures.memory(room)), "done")
    if needs > memory.limit:
        return Fact(text("models.fits.not", amount=amount, limit=figures.memory(memory.limit)), "warning")
    return Fact(text("models.fits.memory", size=figures.memory(memory.machine.memory)), "done")


def state_fact(state: ModelState) -> Fact:
    """What a model that is loaded, or is wanted, does now."""
    words = text(f"models.state.{state.status}", n=state.running)
    tones: dict[str, Tone] = {"busy": "running", "loading": "running", "idle": "done"}
    return Fact(words, tones.get(state.status, "waiting"))


def state_of(name: str, memory: MemoryState | None) -> ModelState | None:
    """What a model does; None: it lies on the disk."""
    return next((one for one in memory.models if one.model == name), None) if memory else None


def fact_of(entry: ModelEntry, memory: MemoryState | None, *, gpu: bool = False) -> Fact:
    """The one thing that matters most: a fault, else what it does, else whether it fits."""
    if entry.problem is not None:
        return Fact(what_happened(entry.problem), "error")
    state = state_of(entry.name, memory)
    return state_fact(state) if state else fit(entry.needs, memory, gpu=gpu)


def speed_words(entry: ModelEntry) -> str:
    """The speed that was measured, or that none was."""
    if entry.speed is None:
        return text("models.speed.none")
    return text(
        "models.speed.measured",
        writing=figures.count(round(entry.speed.writing)),
        reading=figures.count(round(entry.speed.reading)),
        day=entry.speed.day,
    )


def transfer_words(one: Transfer) -> str:
    """How far, how fast, how long yet."""
    received = figures.file_size(one.received)
    size = (
        text("models.transfer.of", received=received, size=figures.file_size(one.size))
        if one.size
        else received
    )
    parts = [text(f"model.transfer.{one.state}"), size]
    if one.speed:
        parts.append(text("models.transfer.speed", speed=figures.file_size(round(one.speed))))
    if one.left is not None:
        parts.append(text("cli.left", time=figures.seconds(one.left)))
    return " · ".join(parts)


def subtitle(entry: ModelEntry) -> str:
    """What kind of file it is, on one line."""
    known = [
        text(f"models.origin.{entry.origin}"),
        figures.file_size(entry.size) if entry.size else "",
        text("models.parameters", n=figures.parameters(entry.parameters)) if entry.parameters else "",
        entry.quantisation,
    ]
    return " · ".join(filter(None, known))
