"""How much of a model goes onto a graphics processor: as many whole layers as its memory holds."""

from __future__ import annotations

from app.adapters.gguf_facts import ModelShape
from app.adapters.machine_facts import GpuFacts
from app.adapters.memory_planner import Room
from app.adapters.model_memory import MemoryNeed

KEPT_FREE = 400 * 2**20  # bytes of graphics memory for the screen and the driver


def gpu_room(gpu: GpuFacts | None, ours: int) -> int:
    """Bytes that models may take of a processor's memory; `ours` is what they have taken of it already."""
    if gpu is None or gpu.memory is None:
        return 0
    there = gpu.memory if gpu.free is None else min(gpu.memory, gpu.free + ours)
    return max(0, there - KEPT_FREE)


def split(shape: ModelShape, need: MemoryNeed, gpu: GpuFacts | None, room: int) -> tuple[int, Room]:
    """Layers that go onto the processor, and what the model then takes of each memory.

    What reads words and chooses them counts as one more layer. Where the processor has no memory of its own, all goes
    onto it or nothing. Where nobody knows how much it has, nothing does.
    """
    everything = len(shape.layers) + 1
    if gpu is None or not room or not shape.layers:
        return 0, Room(need.total)
    if gpu.shares_memory:
        return (everything if need.total <= room else 0), Room(need.total)
    kept = need.cache // len(shape.layers)
    costs = [*(layer + kept for layer in reversed(shape.layers)), shape.outside]
    layers, taken = 0, need.buffers
    for cost in costs:
        if taken + cost > room:
            break
        layers, taken = layers + 1, taken + cost
    if not layers:
        return 0, Room(need.total)
    return layers, Room(max(need.program, need.total - taken), taken)
