"""Reading: how whole values and whole scopes of a run are asked of the engine."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.events.run_events import Scope
from app.processes.messages import ItemLine
from app.ui.inspector.prompt_tab import AskPrompt
from app.ui.inspector.scopes_seen import Look
from app.ui.inspector.views.value_view import Fetch

ListElements: TypeAlias = Callable[
    [str, Sequence[tuple[int, int]], Scope], Coroutine[Any, Any, tuple[ItemLine, ...]]
]


@dataclass(frozen=True, slots=True)
class Reading:
    """Without them, what events brought is all there is."""

    fetch: Fetch | None = None
    look: Look | None = None
    elements: ListElements | None = None
    prompt: AskPrompt | None = None
