"""What `baton models` says of models that are in memory now, or wait for room, in windows and runs of this profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app import figures
from app.adapters.model_notes import ModelNote
from app.cli.terminal import plain
from app.texts import text


def memory_words(notes: Sequence[ModelNote], titles: Mapping[str, str]) -> str:
    """One line for each; empty where there is nothing."""
    lines = [_line(note, titles) for note in notes]
    return "\n".join([text("cli.models.in_memory"), *lines]) if lines else ""


def memory_objects(notes: Sequence[ModelNote]) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """The same for programs, by model: one object for each engine that has it or waits for it."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for note in notes:
        found.setdefault(note.model, []).append(
            {
                "state": "loaded" if note.is_loaded else "waiting",
                "memory": note.memory,
                "graphics_memory": note.gpu,
                "behind": list(note.behind),
            }
        )
    return found


def _line(note: ModelNote, titles: Mapping[str, str]) -> str:
    names = tuple(plain(titles.get(name, name)) for name in note.behind)
    how = "loaded" if note.is_loaded else "behind" if names else "waiting"
    said = text(f"cli.models.in_memory.{how}", amount=figures.memory(note.memory), models=names)
    return f"  {plain(titles.get(note.model, note.model))}: {said}"
