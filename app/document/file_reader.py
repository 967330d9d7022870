"""Plain data of the current format version to a workflow."""

from __future__ import annotations

import re

from app.document.format import FEATURES, HEADER_KEYS, MONEY, MOST_AT_A_TIME, SETTINGS_KEYS, WORKFLOW_KEYS
from app.document.graph_reader import GraphReader
from app.document.ids import is_id
from app.document.json_places import readable
from app.document.layout_reader import read_layout
from app.document.plain_data import (
    Fault,
    Plain,
    Within,
    get_int,
    get_list,
    get_object,
    get_seconds,
    get_text,
    leftover,
)
from app.document.problem import Problem
from app.document.workflow import Settings, Workflow


def to_workflow(data: Plain) -> tuple[Workflow, tuple[Problem, ...]]:
    """The workflow, and what of the file could not be kept or met. Raises Fault."""
    if "workflow" not in data:
        raise Fault("key_missing", "workflow", key="workflow")
    content = get_object(data, "workflow")
    requires = get_object(data, "requires")
    graphs = GraphReader()
    with Within("workflow"):
        graph = graphs.read(content)
    places = get_object(data, "layout")
    with Within("layout"):
        layout = read_layout(places, graphs.ids)
    with Within("workflow"):
        workflow = Workflow(
            id=_id(content),
            name=get_text(content, "name", ""),
            description=get_text(content, "description", ""),
            inputs=get_object(content, "inputs"),
            outputs=get_object(content, "outputs"),
            settings=_settings(get_object(content, "settings")),
            graph=graph,
            layout=layout,
            requires=requires,
            extra=leftover(content, WORKFLOW_KEYS),
            header=leftover(data, HEADER_KEYS),
        )
    return workflow, (*graphs.problems, *_unmet(requires))


def _id(data: Plain) -> str:
    found = get_text(data, "id")
    if not is_id(found):
        raise Fault("bad_id", "id", id=readable(found))
    return found


def _settings(data: Plain) -> Settings:
    with Within("settings"):
        return Settings(
            budget_usd=_money(data, "budgetUsd"),
            concurrency=get_int(data, "concurrency", least=1, most=MOST_AT_A_TIME)
            if "concurrency" in data
            else None,
            time_limit=get_seconds(data, "timeLimit"),
            extra=leftover(data, SETTINGS_KEYS),
        )


def _money(data: Plain, key: str) -> str | None:
    if key not in data:
        return None
    amount = data[key]
    # As text: a number would go through binary fractions on its way.
    if not isinstance(amount, str) or not re.fullmatch(MONEY, amount):
        raise Fault("bad_money", key)
    return amount


def _unmet(requires: Plain) -> tuple[Problem, ...]:
    with Within("requires"):
        wanted = [readable(str(feature)) for feature in get_list(requires, "features")]
    missing = tuple(feature for feature in wanted if feature not in FEATURES)
    return (Problem("file.needs_features", args={"features": missing}),) if missing else ()
