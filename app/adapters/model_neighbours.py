"""The other engines of this person, with which the models of this one share the computer's memory."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from app.adapters.memory_planner import NO_OTHERS, MemoryPlanner, Others, Room, Wish
from app.adapters.model_notes import ModelNote, ModelNotes


class ModelNeighbours:
    """What they told when they were last looked at, and what they are told. Without `notes` there are none."""

    def __init__(self, notes: ModelNotes | None) -> None:
        self._notes = notes
        self.others = NO_OTHERS

    @property
    def are_there(self) -> bool:
        """Whether engines hear of each other at all."""
        return self._notes is not None

    def look(self) -> tuple[ModelNote, ...]:
        """What they have in memory now, and who waits there."""
        if self._notes is None:
            return ()
        told = self._notes.others()
        loaded = [one for one in told if one.is_loaded]
        self.others = Others(
            _memory(loaded),  # what is left of graphics memory is measured
            tuple(one.model for one in loaded),
            tuple(
                Wish(one.model, Room(one.memory, one.gpu), one.since, one.by)
                for one in told
                if not one.is_loaded
            ),
            self._notes.name,
            _memory([one for one in loaded if not one.is_ready]),
        )
        return told

    @contextmanager
    def alone(self) -> Generator[bool]:
        """Inside, no other engine lets a model in, and what they have in memory is as new as can be. False: one is just
        letting one in.
        """
        if self._notes is None:
            yield True
            return
        with self._notes.alone() as is_alone:
            if is_alone:
                self.look()
            yield is_alone

    def tell(self, planner: MemoryPlanner) -> None:
        """Them, what is in memory here and who waits for some."""
        if self._notes is None:
            return
        notes = [
            ModelNote(one.name, True, one.need.memory, one.need.gpu, is_ready=one.is_ready or one.is_leaving)
            for one in planner.inside
        ]
        notes += [
            ModelNote(
                one.name,
                is_loaded=False,
                memory=one.need.memory,
                gpu=one.need.gpu,
                since=planner.since(one),
                behind=tuple(other.name for other in planner.behind(one)),
                by=self._notes.name,
            )
            for one in planner.waiting()
            if not one.is_in
        ]
        self._notes.tell(notes)

    def close(self) -> None:
        """Takes back what was told."""
        if self._notes is not None:
            self._notes.close()


def _memory(notes: list[ModelNote]) -> Room:
    return Room(sum(one.memory for one in notes))
