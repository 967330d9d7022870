"""The shelf: where data goes, what it costs, where keys lie, and servers that don't answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.adapters.connection import Connection
from app.adapters.connections import THIS_COMPUTER
from app.adapters.found_servers import ServerFinder
from app.adapters.model_filters import passes
from app.adapters.openai_lane import OpenAiLane
from app.adapters.outside import Outside
from app.adapters.shelf import NO_SHELF, Shelf
from app.adapters.shelf_making import ShelfMaker
from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.usage import Usage
from app.processes import children
from app.sdk.fields import ModelChoice
from app.settings import Preferences, RoleTarget, folders
from tests.servers import local
from tests.servers.local import LocalServer
from tests.servers.scripted import KEY, MODELS, ScriptedServer


@pytest.fixture
async def outside(home: Path) -> AsyncIterator[Outside]:
    assert folders().config.is_relative_to(home)
    environment = {
        "BATON_CONN_CI_KIND": "openai",
        "BATON_CONN_CI_KEY": KEY,
        "BATON_CONN_CI_MODEL": "gpt-4o-mini",
    }
    made = Outside(folders(), Preferences(), children, children.own_command("model-host"), environment)
    yield made
    await made.close()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


def maker(outside: Outside, *servers: LocalServer) -> ShelfMaker:
    finder = ServerFinder(OpenAiLane(outside.egress), tuple((one.maker, one.port) for one in servers))
    return ShelfMaker(outside.models, outside.prices, outside.secrets, finder)


async def shelf(outside: Outside, **roles: RoleTarget) -> Shelf:
    return await maker(outside).make(roles)


async def test_a_bare_machine_has_its_own_model_for_the_small_role(outside: Outside) -> None:
    found = await shelf(outside)
    small = found.model(ModelChoice(role="small"))
    assert small is not None
    assert (small.connection, small.place, small.price_state, small.built_in) == (
        THIS_COMPUTER,
        "computer",
        "free",
        True,
    )
    assert {"tools", "tools_by_schema"} <= small.abilities
    assert found.model(ModelChoice(role="strong")) is None
    assert found.built_in


async def test_prices_and_places_of_a_provider(outside: Outside) -> None:
    found = await shelf(outside, strong=RoleTarget("CI", "gpt-4o-mini"))
    strong = found.model(ModelChoice(role="strong"))
    assert strong is not None
    assert (strong.place, strong.goes_to, strong.price_state) == ("cloud", "OpenAI", "priced")
    assert strong.input_price == Decimal("0.15")
    assert strong.output_price == Decimal("0.6")
    line = found.connection("CI")
    assert line is not None
    assert line.key == "environment"
    assert found.prices_of


async def test_what_has_no_price_is_unknown_and_never_free(outside: Outside) -> None:
    outside.connections.put(
        Connection("Gateway", "openai_compatible", "https://gpu.acme.example/v1", models=("llama",))
    )
    found = await shelf(outside)
    model = found.model(ModelChoice(connection="Gateway", model="llama"))
    assert model is not None
    assert (model.place, model.goes_to, model.country) == ("internet", "gpu.acme.example", "")
    assert (model.price_state, model.input_price) == ("unknown", None)


async def test_a_local_server_says_which_models_it_has(outside: Outside, server: ScriptedServer) -> None:
    outside.connections.put(Connection("Here", "openai_compatible", server.url("openai")))
    await outside.secrets.set("Here", KEY)
    found = await shelf(outside)
    mine = [line for line in found.models if line.connection == "Here"]
    assert {line.model for line in mine} == set(MODELS)
    assert {line.price_state for line in mine} == {"free"}
    line = found.connection("Here")
    assert line is not None
    assert (line.key, line.problem) == ("session", None)  # this machine has no key store


async def test_a_server_that_is_not_there_is_a_problem_of_its_line_only(outside: Outside) -> None:
    outside.connections.put(Connection("Gone", "openai_compatible", "http://127.0.0.1:9/v1"))
    found = await shelf(outside)
    line = found.connection("Gone")
    assert line is not None
    assert line.problem is not None
    assert line.problem.code.startswith(("model.", "net."))
    assert found.model(ModelChoice(role="small")) is not None


async def test_answers_are_remembered_until_somebody_looks_again(
    outside: Outside, server: ScriptedServer
) -> None:
    outside.connections.put(Connection("Here", "openai_compatible", server.url("openai")))
    made = maker(outside)
    before = await made.make({})
    assert [line for line in before.models if line.connection == "Here"] == []  # it wants a key
    await outside.secrets.set("Here", KEY)
    assert (await made.make({})).connection("Here").problem is not None  # type: ignore[union-attr]
    assert (await made.make({}, look_again=True)).connection("Here").problem is None  # type: ignore[union-attr]


async def test_a_provider_without_a_key_says_so(outside: Outside) -> None:
    outside.connections.put(Connection("Anthropic", "anthropic"))
    line = (await shelf(outside)).connection("Anthropic")
    assert line is not None
    assert line.key == "missing"


async def test_nobody_is_looked_for_until_a_person_wants_it(outside: Outside) -> None:
    async with LocalServer("ollama") as ollama:
        made = maker(outside, ollama)
        assert (await made.make({})).found is None
        assert ollama.asked == []
        found = (await made.make({}, find=True)).found
        assert found is not None
        (line,) = found
    assert (line.connection.name, line.connection.kind) == ("Ollama", "ollama")
    assert outside.connections.get("Ollama") is None, "finding keeps nothing"
    qwen = next(model for model in line.models if model.model == "qwen2.5:7b")
    assert (qwen.place, qwen.price_state, qwen.connection) == ("computer", "free", "Ollama")


async def test_a_server_that_was_taken_is_found_no_more_and_tells_what_its_models_can_do(
    outside: Outside,
) -> None:
    outside.connections.put(Connection("Ollama", "openai_compatible", "https://ollama.acme.example"))
    async with LocalServer("ollama") as ollama:
        made = maker(outside, ollama)
        found = (await made.make({}, find=True)).found
        assert found is not None
        connection = found[0].connection
        assert connection.name == "Ollama 2", "another one has the plain name"
        outside.connections.put(replace(connection, models=("qwen2.5:7b", "llava:latest")))
        after = await made.make({}, find=True)
    assert after.found == ()
    llava = after.model(ModelChoice(connection="Ollama 2", model="llava:latest"))
    assert llava is not None
    assert {"chat", "pictures"} <= llava.abilities
    assert "tools" in llava.lacking
    assert llava.on_gpu == pytest.approx(0.75, abs=0.001)
    facts = outside.resolve(llava.choice)
    assert (facts.can_see, facts.can_tools, facts.context) == (True, False, 4096)


async def test_a_model_that_ollama_sends_on_is_neither_here_nor_free_nor_private(outside: Outside) -> None:
    outside.connections.put(Connection("Ollama", "ollama", models=("gpt-oss:120b-cloud", "qwen2.5:7b")))
    found = await shelf(outside)
    sent, own = (line for line in found.models if line.connection == "Ollama")
    assert (sent.place, sent.goes_to, sent.price_state) == ("cloud", "Ollama", "unknown")
    assert (own.place, own.price_state) == ("computer", "free")
    assert not passes(sent, ["private"], found)
    assert not passes(sent, ["free"], found)
    facts = outside.resolve(sent.choice)
    assert not facts.local
    assert outside.prices.cost_of(facts, Usage(1000, 100)) == UNKNOWN


async def test_ollama_says_itself_which_models_it_sends_on(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_on = {"name": "mine:latest", "remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443"}
    monkeypatch.setattr(local, "OLLAMA_TAGS", {"models": [sent_on]})
    async with LocalServer("ollama") as ollama:
        made = maker(outside, ollama)
        (line,) = (await made.make({}, find=True)).found or ()
        (model,) = line.models
        assert (model.place, model.goes_to, model.price_state) == ("cloud", "Ollama", "unknown")
        outside.connections.put(replace(line.connection, models=(model.model,)))
        kept = (await made.make({}, find=True)).model(model.choice)
    assert kept is not None
    assert (kept.place, kept.price_state) == ("cloud", "unknown")
    assert not outside.resolve(kept.choice).local


async def test_a_gateway_on_this_computer_costs_what_the_person_says(outside: Outside) -> None:
    outside.connections.put(
        Connection("Gate", "openai_compatible", "http://127.0.0.1:9/v1", models=("gpt-4o", "own"))
    )
    outside.prices.own.give("Gate", "gpt-4o", Decimal("2.5"), Decimal(10), "http://127.0.0.1:9/v1")
    found = await shelf(outside)
    paid, free = (line for line in found.models if line.connection == "Gate")
    assert (paid.place, paid.price_state, paid.input_price) == ("computer", "priced", Decimal("2.5"))
    assert (free.price_state, free.wants_price, paid.wants_price) == ("free", True, False)
    facts = outside.resolve(paid.choice)
    assert outside.prices.cost_of(facts, Usage(1000, 100)) == Cost(Decimal("0.0035"), "priced")
    assert outside.prices.upper_bound(facts, Usage(1000, 100)) == Decimal("0.0035")
    assert outside.prices.cost_of(outside.resolve(free.choice), Usage(1000, 100)) == FREE


def test_an_empty_shelf_finds_nothing() -> None:
    assert NO_SHELF.model(ModelChoice(role="small")) is None
    assert NO_SHELF.model(ModelChoice()) is None
    assert NO_SHELF.connection("x") is None
