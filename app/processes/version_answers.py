"""Answers about new versions of the program."""

from __future__ import annotations

from app.adapters.version_watch import VersionNews
from app.engine import Engine
from app.processes.account_answers import Answers
from app.processes.messages import Done, LookForVersion, SkipVersion


class VersionAnswers:
    """Whoever turned the watch off is asked nothing by it; a question of their own is answered all the same."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def answers(self) -> Answers:
        """What answers which request."""
        return {LookForVersion: self._look, SkipVersion: self._skip}

    async def _look(self, asked: LookForVersion) -> VersionNews:
        watch = self._engine.outside.version_watch
        if asked.by_person:
            return await watch.look()
        if not self._engine.preferences.watch_versions:
            return VersionNews("")
        return await watch.look_weekly()

    async def _skip(self, asked: SkipVersion) -> Done:
        self._engine.outside.version_watch.skip(asked.version)
        return Done()
