"""Path words: which of its models a step asked and what came of each, and what that saved, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from app import figures
from app.adapters.model_names import short_name
from app.costs.cost import Cost
from app.document.problem import Problem
from app.events.run_state import NodeState
from app.texts import has, text
from app.ui.plain import one_line
from app.ui.problem_words import what_happened

Turn = Mapping[str, Any]

_RULES = ("check.", "answer.")  # the codes of reasons that name a rule


def turn_words(turn: Turn) -> str:
    """One model and what came of it: "Haiku: answered"."""
    name = short_name(str(turn.get("model", "")))
    return one_line(text(f"path.{turn.get('outcome')}", model=name or "?"), 200)


def why_words(turn: Turn) -> str:
    """Why its answer was not taken, or why it was; "" where nothing needs to be said."""
    error = turn.get("error")
    if isinstance(error, Mapping):
        said = cast("Mapping[str, Any]", error)
        code, args = str(said.get("code")), dict(said.get("args") or {})
        return one_line(
            what_happened(Problem(code, args=args)) if has(f"problem.{code}", "en") else code, 300
        )
    reasons = cast("Sequence[Turn]", turn.get("reasons") or ())
    broken = [one for one in reasons if one.get("verdict") != "passed"]
    # A rule that was kept reads like one that was not: it says what must be.
    told = broken or [one for one in reasons if not str(one.get("code")).startswith(_RULES)]
    if turn.get("outcome") == "answered" and not broken and len(reasons) > 1:
        return ""  # it kept every rule
    return one_line(" · ".join(_reason(one) for one in told), 300)


def way_in_short(path: Sequence[Turn]) -> str:
    """Why the first one was not enough and who took over, on one line; "" where it was."""
    first, last = path[0], path[-1]
    if len(path) < 2 or first.get("outcome") not in ("failed", "not_checked", "error"):
        return ""
    return text("path.went_on", why=why_words(first), model=short_name(str(last.get("model", ""))))


def rate_words(state: NodeState) -> str:
    """Over several inputs: in how many of them the second, third … model was needed; "" where none ever was."""
    total = sum(state.tiers.values())
    most = max(state.tiers, default=0)
    if total < 2 or most < 2:
        return ""
    shares = {
        tier: sum(n for t, n in state.tiers.items() if t >= tier) / total for tier in range(2, most + 1)
    }
    return " · ".join(
        text("path.needed", tier=t, share=figures.percent(share)) for t, share in shares.items()
    )


def saving_words(state: NodeState) -> str:
    """What the strongest model alone would have cost beside what was paid, and how that is known; "" where it isn't."""
    if not state.compared:
        return ""
    paid, instead = state.compared_cost, state.instead
    code = "path.saved" if instead.known >= paid.known else "path.cost_more"
    difference = Cost(abs(instead.known - paid.known), "estimated")
    if not difference.known:
        return ""
    return text(
        code,
        amount=figures.cost(difference),
        paid=figures.cost(paid),
        instead=figures.cost(Cost(instead.known, "estimated")),
        n=state.compared,
    )


def _reason(reason: Turn) -> str:
    code = f"reason.{reason.get('code')}"
    return text(code, **dict(reason.get("args") or {})) if has(code, "en") else str(reason.get("code"))
