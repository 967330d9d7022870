"""The cache key of a step: what it is, which models would answer it here and now, and what it is given."""

from __future__ import annotations

import hashlib
import json

from app.executor.call_requests import identity
from app.executor.doors import Doors
from app.planner.plan import PlanStep


def cache_key(step: PlanStep, digest: str, doors: Doors) -> str:
    """`digest` is that of its inputs. Empty: nothing is kept of the step as a whole."""
    if (
        step.effect != "model"
        or step.spec is None
        or step.spec.type.cached == "calls"
        or step.node.cache == "never"
    ):
        return ""
    choices = step.spec.type.models(step.fields)
    if not all(map(doors.may_ask, choices)):  # what may not be asked may not be remembered either
        return ""
    facts = [doors.models.facts(choice) for choice in choices]
    if not facts or any(one is None for one in facts):
        return ""
    models = [identity(one) for one in facts if one]
    return hashlib.sha256(json.dumps([step.signature, models, digest]).encode()).hexdigest()
