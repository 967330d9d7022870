"""The way of an answer as people read it, of steps that really ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from pytestqt.qtbot import QtBot

from app.costs.cost import Cost
from app.document.workflow import Json, Node
from app.events.run_state import RunState
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, ModelFacts
from app.ui.appearance import appearance
from app.ui.canvas.card_facts import card_of
from app.ui.canvas.placed import place
from app.ui.inspector.path_card import PathCard
from tests.flows import SPECS, ScriptedModels, doors, flow, run
from tests.ui.fit import clipped
from tests.ui.inspector.world import shown

POLITE = {"rule": "not_contains", "value": "sorry"}


class ByRole(ScriptedModels):
    """Each role is a model of its own with answers of its own; a NodeError is raised."""

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self._answers = answers

    def facts(self, choice: ModelChoice) -> ModelFacts:
        return ModelFacts(choice.role, "Office", "openai_compatible")

    async def chat(self, request: ChatRequest) -> ChatReply:
        said = self._answers[request.model.role]
        text = said(request.messages[-1].content) if callable(said) else said
        if isinstance(text, NodeError):
            raise text
        reply = await super().chat(request)
        return structs.replace(reply, text=text, model=request.model.role)


PRICES = {"small": Decimal("0.001"), "strong": Decimal("0.02")}


async def state_of(
    node: Node, models: ByRole, rows: Sequence[Mapping[str, Json]] | None = None, price: bool = True
) -> RunState:
    made = flow({"a": "test.source", "n": node}, ["a.value>n.text"])
    through = doors(models, "0.001")
    if price:
        through = replace(
            through,
            cost_of=lambda facts, usage: Cost(PRICES[facts.id] * usage.total, "priced"),  # type: ignore[union-attr]
        )
    _, events = await run(made, rows=rows, through=through, values={"value": "Where is it?"})
    state = RunState()
    state.apply_all(events)
    return state


def cascade(**fields: Any) -> Node:
    return Node("n", "model.cascade", fields={"rules": [POLITE], **fields})


def card_line(node: Node, state: RunState) -> str:
    return card_of(place(node, SPECS.get, ()), state).preview


async def test_a_cascade_shows_which_rule_sent_it_on(qtbot: QtBot) -> None:
    state = await state_of(cascade(), ByRole(small="I'm sorry.", strong="Tomorrow."))
    card = PathCard()
    window = shown(qtbot, card, 300)
    card.show_state(state.nodes["n"])
    words = list(card.words)
    assert words[0] == "small: not good enough"
    assert "sorry" in words[1]
    assert words[2] == "strong: its answer was taken"
    assert "more than the strongest model alone" in words[-1], "both were paid"
    line = card_line(cascade(), state)
    assert "sorry" in line
    assert line.endswith("→ strong")
    qtbot.waitUntil(lambda: not clipped(window))


async def test_a_rule_that_was_kept_is_not_said_like_one_that_was_broken(qtbot: QtBot) -> None:
    state = await state_of(cascade(), ByRole(small="Tomorrow.", strong="Never asked."))
    card = PathCard()
    qtbot.addWidget(card)
    card.show_state(state.nodes["n"])
    assert list(card.words)[:-1] == ["small: its answer was taken"]


async def test_over_rows_the_rate_and_the_saving_are_said_with_how_they_are_known(qtbot: QtBot) -> None:
    models = ByRole(small=lambda prompt: "sorry" if prompt == "hard" else "Yes.", strong="Tomorrow.")
    rows = [{"value": "hard" if n == 0 else f"easy {n}"} for n in range(10)]
    state = await state_of(cascade(), models, rows)
    node = state.nodes["n"]
    assert dict(node.tiers) == {1: 9, 2: 1}
    assert node.compared == 10
    assert node.compared_cost.known == (10 * PRICES["small"] + PRICES["strong"]) * 15
    assert node.instead.known == 10 * 15 * PRICES["strong"]
    card = PathCard()
    qtbot.addWidget(card)
    card.show_state(node)
    assert "model 2 needed in 10%" in card.words[-1]
    assert "Saved ≈ $2.5500 against the strongest model alone: $0.4500 instead of ≈ $3.0000" in card.words[-1]
    assert card_line(cascade(), state) == "model 2 needed in 10%"


async def test_without_a_price_nothing_is_said_to_be_saved(qtbot: QtBot) -> None:
    models = ByRole(small="Yes.", strong="Tomorrow.")
    made = flow({"a": "test.source", "n": cascade()}, ["a.value>n.text"])
    through = replace(doors(models), cost_of=lambda *_: Cost(Decimal(0), "unknown"))
    _, events = await run(made, through=through)
    state = RunState()
    state.apply_all(events)
    assert state.nodes["n"].compared == 0
    card = PathCard()
    qtbot.addWidget(card)
    card.show_state(state.nodes["n"])
    assert card.words[-1] == ""


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_fallback_says_why_the_others_did_not_answer(qtbot: QtBot, language: str) -> None:
    appearance().set_language(language)
    busy = NodeError("model.key_refused", connection="Office", model="small", detail="bad key")
    node = Node("n", "model.fallback", fields={"tries": 1})
    state = await state_of(node, ByRole(small=busy, strong="Here."))
    card = PathCard()
    window = shown(qtbot, card, 300)
    card.show_state(state.nodes["n"])
    assert len(card.words) == 4
    assert "Office" in card.words[1], "the same sentence as for a step that failed of it"
    assert "→" in card_line(node, state)
    qtbot.waitUntil(lambda: not clipped(window))


async def test_an_ensemble_says_who_agreed(qtbot: QtBot) -> None:
    rows = [{"model": {"role": "small"}, "times": 2}, {"model": {"role": "strong"}}]
    node = Node("n", "model.ensemble", fields={"models": rows})
    state = await state_of(node, ByRole(small="Four", strong="4"))
    card = PathCard()
    qtbot.addWidget(card)
    card.show_state(state.nodes["n"])
    assert list(card.words[:4]) == [
        "small: its answer was taken",
        "2 of 3 agree",
        "small: said the same",
        "strong: not taken",
    ]


async def test_other_steps_have_no_path(qtbot: QtBot) -> None:
    made = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])
    _, events = await run(made)
    state = RunState()
    state.apply_all(events)
    card = PathCard()
    qtbot.addWidget(card)
    card.show_state(state.nodes["m"])
    assert card.isHidden()
