from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.adapters.connection import Connection
from app.adapters.connections import THIS_COMPUTER, Connections
from app.adapters.egress import Egress
from app.adapters.embedded_model import Endpoint
from app.adapters.gateway import Gateway
from app.adapters.keyring_secrets import Secrets
from app.adapters.litellm_prices import PriceList
from app.adapters.local_models import LocalModels
from app.adapters.model_files import ModelFiles
from app.adapters.model_records import ModelRecords
from app.adapters.proxies import Proxies
from app.costs.usage import Usage
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG, ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest, EmbedRequest, ScoreRequest
from app.sdk.vectors import nearness
from app.settings import Preferences, RoleTarget
from tests.gguf_files import embedder
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, MODELS, ScriptedServer
from tests.servers.site import Site, says
from tests.unit.processes.processes_seen import cpu_seconds, stopped

ROOT = Path(__file__).parents[3]
HOST_COMMAND = [sys.executable, "-P", "-m", "app.processes.model_host"]
Make = Callable[..., Gateway]
HI = (ChatMessage("user", "Say hello."),)


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[Gateway] = []

    def gateway(**environment: str) -> Gateway:
        roles: dict[str, RoleTarget] = {}
        installed = ModelFiles(tmp_path / "models", ModelRecords(tmp_path / "models.json"))
        installed.set_up(installed.names()[0], 2048, 1, ())
        local = LocalModels(children, HOST_COMMAND, installed, lambda: Preferences(threads=1))
        connections = Connections(tmp_path / "connections.json", environment, local.names)
        secrets = Secrets(tmp_path / "secrets.json", environment)
        egress = Egress(proxies=Proxies({}))
        prices = PriceList(tmp_path / "prices.json")
        made.append(Gateway(connections, secrets, egress, local, prices, lambda: roles))
        return made[-1]

    yield gateway
    for one in made:
        await one.close()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as running:
        yield running


def by_environment(server: ScriptedServer, key: str = KEY, model: str = "tiny-1") -> dict[str, str]:
    return {"BATON_CONN_T_URL": server.url("openai"), "BATON_CONN_T_KEY": key, "BATON_CONN_T_MODEL": model}


async def test_the_small_role_answers_on_a_bare_machine(make: Make) -> None:
    gateway = make()
    facts = gateway.resolve(SMALL)
    assert (facts.connection, facts.kind, facts.local, facts.can_score) == (
        THIS_COMPUTER,
        "embedded",
        True,
        True,
    )
    assert facts.context == 2048
    assert facts.extra["licence"]
    shown: list[str] = []
    reply = await gateway.chat(ChatRequest(SMALL, HI, temperature=0, max_tokens=6, on_text=shown.append))
    assert reply.text == "".join(shown)
    assert reply.usage is not None
    assert reply.usage.output == 6
    prompt = "Capital of France: Paris\nCapital of Norway:"
    scores = await gateway.score(ScoreRequest(SMALL, prompt, [" Oslo", " Lima"]))
    assert sum(scores.probabilities.values()) == pytest.approx(1)
    assert scores.probabilities[" Oslo"] > 0.5
    assert gateway.facts(STRONG) is None


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the CPU time of another process is read as on Linux"
)
async def test_a_local_answer_stops_when_nobody_waits_for_it(make: Make) -> None:
    """The whole story would take 1,500 tokens and more than ten CPU seconds."""
    gateway = make()
    model = gateway.resolve(SMALL).id
    story = [ChatMessage("user", "Write a long story about a dog.")]
    begun = asyncio.Event()
    call = asyncio.ensure_future(
        gateway.chat(ChatRequest(SMALL, story, temperature=0, max_tokens=1500, on_text=lambda _: begun.set()))
    )
    await asyncio.wait_for(begun.wait(), 60)
    pid = gateway._local_models.pid(model)  # noqa: SLF001
    assert pid is not None
    # What it writes while a busy machine keeps us from hanging up is not what is asked here.
    with stopped(pid):
        before = cpu_seconds(pid)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await gateway.chat(ChatRequest(SMALL, HI, max_tokens=1))  # in the only slot
    assert cpu_seconds(pid) - before < 4


async def test_a_model_that_is_missing_is_named_with_what_is_there(make: Make) -> None:
    choice = ModelChoice(connection=THIS_COMPUTER, kind="embedded", model="SmolLM2-135M")
    with pytest.raises(NodeError) as caught:
        await make().chat(ChatRequest(choice, HI))
    assert caught.value.code == "model.misspelt"
    assert str(caught.value.args_by_name["suggestion"]).startswith("SmolLM2-135M-Instruct")


async def test_models_are_found_in_the_models_folder(make: Make, tmp_path: Path) -> None:
    gateway = make()
    before = gateway.connections.this_computer.models
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "Broken.gguf").write_bytes(b"GGUF no more")
    assert gateway.connections.this_computer.models == (*before, "Broken")
    with pytest.raises(NodeError) as caught:
        gateway.resolve(ModelChoice(connection=THIS_COMPUTER, model="Broken"))
    assert caught.value.code == "model.file_missing"


async def test_a_connection_of_the_environment_is_all_that_a_headless_run_needs(
    make: Make, server: ScriptedServer
) -> None:
    gateway = make(**by_environment(server))
    choice = ModelChoice(connection="T")
    reply = await gateway.chat(ChatRequest(choice, HI))
    assert reply.text == server.default.text
    assert gateway.resolve(choice).local
    assert server.asked[-1].body["model"] == "tiny-1"


async def test_a_connection_without_its_key_says_so_before_anything_goes_out(make: Make) -> None:
    gateway = make()
    gateway.connections.put(Connection("Cloud", "openai", model="gpt-x"))
    with pytest.raises(NodeError) as caught:
        await gateway.chat(ChatRequest(ModelChoice(connection="Cloud"), HI))
    assert caught.value.code == "connection.no_key"


async def test_a_changed_connection_is_used_within_a_second_or_so(make: Make, server: ScriptedServer) -> None:
    gateway = make()
    gateway.connections.put(Connection("L", "openai_compatible", server.url("openai"), "one"))
    asked: set[str] = set()
    async with asyncio.timeout(60):
        while "two" not in asked:
            with pytest.raises(NodeError):  # it has no key; the question goes out all the same
                await gateway.chat(ChatRequest(ModelChoice(connection="L"), HI))
            asked.add(server.asked[-1].body["model"])
            gateway.connections.put(Connection("L", "openai_compatible", server.url("openai"), "two"))
            await asyncio.sleep(0.05)
    assert asked == {"one", "two"}


@pytest.mark.parametrize("kind", ["openai_compatible", "anthropic", "gemini"])
async def test_models_are_listed_in_each_provider_s_way(
    make: Make, server: ScriptedServer, kind: str
) -> None:
    dialect: Any = "openai" if kind == "openai_compatible" else kind
    environment = {
        "BATON_CONN_T_KIND": kind,
        "BATON_CONN_T_URL": server.url(dialect),
        "BATON_CONN_T_KEY": KEY,
    }
    assert [one.name for one in await make(**environment).list_models("T")] == sorted(MODELS)
    with pytest.raises(NodeError) as caught:
        await make(**{**environment, "BATON_CONN_T_KEY": "wrong"}).list_models("T")
    assert caught.value.code == "model.key_refused"
    assert caught.value.args_by_name["connection"] == "T"


async def test_providers_without_a_list_show_what_is_known(make: Make) -> None:
    gateway = make(
        BATON_CONN_A_KIND="azure", BATON_CONN_A_URL="https://x.openai.azure.com", BATON_CONN_A_KEY="k"
    )
    assert "gpt-4o" in [one.name for one in await gateway.list_models("a")]
    here = tuple(one.name for one in await gateway.list_models(THIS_COMPUTER))
    assert here == gateway.connections.this_computer.models


async def test_a_working_connection_passes_its_test(make: Make, server: ScriptedServer) -> None:
    gateway = make()
    connection = Connection("New", "openai_compatible", server.url("openai"), "tiny-1")
    found = await gateway.test_connection(connection, KEY)
    assert found.problem is None
    assert (found.models, found.tried, found.usage) == (tuple(sorted(MODELS)), "tiny-1", Usage(12, 5))
    assert gateway.connections.get("New") is None, "testing saves nothing"
    untried = await gateway.test_connection(Connection("New", "openai_compatible", server.url("openai")), KEY)
    assert (untried.problem, untried.tried) == (None, "")


@pytest.mark.parametrize(
    ("answer", "key", "code"),
    [
        (Answer(), "wrong", "model.key_refused"),
        (Answer(fault="balance"), KEY, "model.no_balance"),
        (Answer(fault="region"), KEY, "model.region_refused"),
        (Answer(fault="missing"), KEY, "model.misspelt"),
        (Answer(fault="html"), KEY, "model.bad_reply"),
    ],
)
async def test_a_test_says_what_is_wrong(
    make: Make, server: ScriptedServer, answer: Answer, key: str, code: str
) -> None:
    server.say(answer)
    connection = Connection("New", "openai_compatible", server.url("openai"), "tiny-l")
    found = await make().test_connection(connection, key)
    assert found.problem is not None
    assert found.problem.code == code
    if code == "model.misspelt":
        assert found.problem.args["suggestion"] == "tiny-1"


async def test_a_test_says_when_nobody_is_there(make: Make, server: ScriptedServer) -> None:
    gateway = make()
    address = f"http://127.0.0.1:{server.port}/wrong/place/v1"
    found = await gateway.test_connection(Connection("New", "openai_compatible", address, "m"), KEY)
    assert found.problem is not None
    assert found.problem.code == "model.wrong_address"
    await server.__aexit__(None, None, None)
    found = await gateway.test_connection(
        Connection("New", "openai_compatible", server.url("openai"), "m"), KEY
    )
    assert found.problem is not None
    assert found.problem.code == "model.unreachable"


async def test_a_web_api_is_tried_too(make: Make, site: Site) -> None:
    for status, code in ((200, None), (404, None), (401, "model.key_refused"), (503, "model.server_error")):
        site.routes["/"] = says("x", status)
        found = await make().test_connection(Connection("Api", "web_api", site.url("")), "k")
        assert (found.problem.code if found.problem else None) == code
    site.routes["/"] = says("x")
    await make().test_connection(Connection("Api", "web_api", site.url(""), header="X-Token"), "canary")
    assert site.asked[-1].headers["X-Token"] == "canary"
    assert "Authorization" not in site.asked[-1].headers


async def test_whole_labels_are_scored_where_the_server_tells_its_prompt_s_probabilities(
    make: Make, server: ScriptedServer
) -> None:
    gateway = make(**by_environment(server))
    choice = ModelChoice(connection="T")
    assert gateway.resolve(choice).can_score is None
    scores = await gateway.score(ScoreRequest(choice, "Topic:", [" a", " a bcdefg", " hij"]))
    # The scripted server gives each token the log probability -length/4.
    assert scores.probabilities[" a"] == max(scores.probabilities.values())
    assert sum(scores.probabilities.values()) == pytest.approx(1)
    assert scores.probabilities[" a"] / scores.probabilities[" hij"] == pytest.approx(2.718281828 ** (2 / 4))
    tried = Usage(len(["One", "and", "one", "is", "two"]), 1)  # to find out whether it can
    assert scores.usage == Usage(2 + 3 + 2, 3) + tried
    again = await gateway.score(ScoreRequest(choice, "Topic:", [" a"]))
    assert again.usage == Usage(2, 1)
    assert gateway.resolve(choice).can_score


async def test_what_was_answered_before_a_label_failed_is_told_with_the_failure(
    make: Make, server: ScriptedServer
) -> None:
    gateway = make(**by_environment(server), BATON_CONN_T_PARALLEL="1")
    choice = ModelChoice(connection="T")
    await gateway.score(ScoreRequest(choice, "Topic:", [" a"]))
    server.say(Answer(), Answer(), Answer(fault="server"))
    with pytest.raises(NodeError) as caught:
        await gateway.score(ScoreRequest(choice, "Topic:", [" a", " b", " c", " d"]))
    assert caught.value.used == Usage(2 + 2, 2)


async def test_labels_that_are_under_way_when_one_fails_are_paid_too(make: Make, site: Site) -> None:
    """Of four at a time one fails at once; those that are out are heard to their end or guessed, the rest not asked."""
    is_over, out, asked = asyncio.Event(), asyncio.Event(), list[str]()

    async def completions(request: web.BaseRequest) -> web.StreamResponse:
        text = json.loads(await request.read())["prompt"]
        asked.append(text)
        if len(asked) > 4:
            out.set()
        if text.startswith("Topic:"):
            await out.wait()
        if text == "Topic: a":
            return web.json_response({"error": {"message": "x"}}, status=500)
        if text in {"Topic: b", "Topic: c"}:
            await is_over.wait()
        if text == "Topic: c":
            assert request.transport is not None
            request.transport.close()
        found = {"text_offset": [0, text.rindex(" ")], "token_logprobs": [None, -1.0]}
        usage = {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}
        return web.json_response({"choices": [{"text": text, "logprobs": found}], "usage": usage})

    site.routes = {"/v1/completions": completions, "/props": says("", 404)}
    gateway = make(BATON_CONN_T_URL=site.url("/v1"), BATON_CONN_T_MODEL="m", BATON_CONN_T_PARALLEL="4")
    labels = [" a", " b", " c", " d", " e", " f", " g", " h"]
    scoring = asyncio.ensure_future(
        gateway.score(ScoreRequest(ModelChoice(connection="T"), "Topic:", labels))
    )
    choice = ModelChoice(connection="T")
    async with asyncio.timeout(60):
        while not asked or (load := gateway.load(choice)) is None or load.waiting or load.running != 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    is_over.set()
    with pytest.raises(NodeError, match=r"model\.server_error") as caught:
        await scoring
    assert sorted(asked[1:5]) == ["Topic: a", "Topic: b", "Topic: c", "Topic: d"]
    told = [text for text in asked[1:] if text not in {"Topic: a", "Topic: c"}]
    about = Usage(len("Topic: c") // 4, 1)
    assert caught.value.used == sum([Usage(7, 1)] * (len(told) + 1), about)  # and the one that tried it out
    assert caught.value.is_guess


async def test_a_llama_cpp_server_is_scored_by_its_own_interface(make: Make, endpoint: Endpoint) -> None:
    gateway = make(
        BATON_CONN_L_URL=endpoint.url, BATON_CONN_L_KEY=endpoint.key, BATON_CONN_L_MODEL=endpoint.model
    )
    choice = ModelChoice(connection="L")
    prompt = "Capital of France: Paris\nCapital of Norway:"
    scores = await gateway.score(ScoreRequest(choice, prompt, [" Oslo", " Lima"]))
    assert scores.probabilities[" Oslo"] > 0.5
    assert gateway.resolve(choice).can_score


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"text": "x", "logprobs": None}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}},
        {
            "choices": [{"logprobs": {"text_offset": [0], "token_logprobs": [None]}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        },
        {"choices": [{"logprobs": {"text_offset": [6], "token_logprobs": [-1.0]}}], "usage": {}},
        {"error": "no"},
    ],
)
async def test_a_server_that_only_pretends_cannot_score(make: Make, site: Site, body: dict[str, Any]) -> None:

    async def completions(_: web.BaseRequest) -> web.Response:
        return web.json_response(body, status=400 if "error" in body else 200)

    site.routes = {"/v1/completions": completions, "/props": says("", 404)}
    gateway = make(BATON_CONN_T_URL=site.url("/v1"), BATON_CONN_T_MODEL="m")
    with pytest.raises(NodeError) as caught:
        await gateway.score(ScoreRequest(ModelChoice(connection="T"), "Topic:", [" a", " b"]))
    assert caught.value.code == "model.cannot_score"


async def test_whether_a_server_scores_is_found_out_once(make: Make, site: Site) -> None:
    """Many rows begin at the same time: one tries, the others wait for what it finds."""
    asked = 0

    async def completions(_: web.BaseRequest) -> web.Response:
        nonlocal asked
        asked += 1
        return web.json_response({"error": {"message": "unknown url"}}, status=501)

    site.routes = {"/v1/completions": completions, "/props": says("", 404)}
    gateway = make(BATON_CONN_T_URL=site.url("/v1"), BATON_CONN_T_MODEL="m")
    choice = ModelChoice(connection="T")
    assert gateway.facts(choice).can_score is None
    request = ScoreRequest(choice, "Topic:", [" a", " b"])
    ended = await asyncio.gather(*(gateway.score(request) for _ in range(8)), return_exceptions=True)
    assert {getattr(error, "code", None) for error in ended} == {"model.cannot_score"}
    assert asked == 1
    assert gateway.facts(choice).can_score is False


async def test_a_server_that_is_busy_when_it_is_tried_is_tried_again(make: Make, site: Site) -> None:
    site.routes = {"/v1/completions": says("{}", 503), "/props": says("", 404)}
    gateway = make(BATON_CONN_T_URL=site.url("/v1"), BATON_CONN_T_MODEL="m")
    choice = ModelChoice(connection="T")
    with pytest.raises(NodeError) as caught:
        await gateway.score(ScoreRequest(choice, "Topic:", [" a", " b"]))
    assert caught.value.code == "model.server_error"
    assert gateway.facts(choice).can_score is None


def test_other_dialects_never_score(make: Make) -> None:
    gateway = make(BATON_CONN_A_KIND="anthropic", BATON_CONN_A_KEY="k", BATON_CONN_A_MODEL="m")
    assert gateway.resolve(ModelChoice(connection="A")).can_score is False


@pytest.mark.parametrize(("key", "code"), [("", "model.key_wanted"), ("wrong", "model.key_refused")])
async def test_no_key_and_a_wrong_one_are_told_apart(make: Make, site: Site, key: str, code: str) -> None:
    site.routes = {"/v1/chat/completions": says("no", 401)}
    gateway = make(BATON_CONN_T_URL=site.url("/v1"), BATON_CONN_T_MODEL="m", BATON_CONN_T_KEY=key)
    with pytest.raises(NodeError) as caught:
        await gateway.chat(ChatRequest(ModelChoice(connection="T"), HI))
    assert caught.value.code == code


async def test_a_model_that_is_gone_names_the_nearest_one_that_is_there(
    make: Make, server: ScriptedServer
) -> None:
    gateway = make(**by_environment(server, model="big-1"))
    choice = ModelChoice(connection="T")
    server.say(Answer(fault="missing"))
    with pytest.raises(NodeError) as caught:
        await gateway.chat(ChatRequest(choice, HI))
    assert (caught.value.code, caught.value.args_by_name["suggestion"]) == ("model.misspelt", "big-2")
    asked = len(server.asked)
    server.say(Answer(fault="missing"))
    with pytest.raises(NodeError, match="misspelt"):
        await gateway.chat(ChatRequest(choice, HI))
    assert len(server.asked) == asked + 1, "its server has named its models"
    # From here on it is known before the run; a name that is only shorter than the listed one is no reason to doubt.
    extra = gateway.resolve(choice).extra
    assert (extra["doubt"], extra["retired"], extra["instead"]) == ("yes", "", "big-2")
    assert not gateway.resolve(ModelChoice(connection="T", model="big")).extra.get("doubt")


async def test_vectors_of_a_model_that_is_gone_are_told_the_nearest_one(
    make: Make, server: ScriptedServer
) -> None:
    gateway = make(**by_environment(server, model="big-1"))
    server.say(Answer(fault="missing"))
    with pytest.raises(NodeError) as caught:
        await gateway.embed(EmbedRequest(ModelChoice(connection="T"), ("hi",)))
    assert (caught.value.code, caught.value.args_by_name["suggestion"]) == ("model.misspelt", "big-2")


async def test_what_only_the_list_of_prices_knows_is_said_to_be_known_elsewhere(
    make: Make, site: Site
) -> None:
    gone = says('{"error": {"message": "The model does not exist", "code": "model_not_found"}}', 404)
    site.routes = {"/v1/chat/completions": gone, "/v1/embeddings": gone, "/v1/models": says("no", 500)}
    gateway = make(
        BATON_CONN_T_KIND="openai",
        BATON_CONN_T_URL=site.url("/v1"),
        BATON_CONN_T_MODEL="gpt-4o-minni,ft:gpt-4o-minni:acme",
        BATON_CONN_T_KEY="k-0123456789",
    )
    choice = ModelChoice(connection="T", model="gpt-4o-minni")
    with pytest.raises(NodeError) as caught:
        await gateway.chat(ChatRequest(choice, HI))
    said = caught.value.args_by_name["suggestion"]
    assert (caught.value.code, said) == ("model.known_elsewhere", "gpt-4o-mini"), (
        "what was made of it is another"
    )
    with pytest.raises(NodeError) as caught:
        await gateway.embed(EmbedRequest(ModelChoice(connection="T", model="text-embedding-3-smal"), ("hi",)))
    assert caught.value.args_by_name["suggestion"] == "text-embedding-3-small"


def test_a_model_that_its_provider_has_retired_is_doubted_before_anything_is_asked(make: Make) -> None:
    old = "gpt-3.5-turbo-1106"
    gateway = make(BATON_CONN_A_KIND="openai", BATON_CONN_A_KEY="k", BATON_CONN_A_MODEL=old)
    extra = gateway.resolve(ModelChoice(connection="A")).extra
    assert extra["retired"] == "2026-09-28"
    assert str(extra["instead"]).startswith("gpt-")
    assert extra["instead"] != old
    assert not gateway.resolve(ModelChoice(connection="A", model="gpt-5")).extra.get("doubt")


def test_a_run_on_an_openai_dialect_imports_no_litellm(tmp_path: Path) -> None:
    """And the embedded model needs none either: the same lane serves both."""
    code = """
import asyncio, json, os, sys
from pathlib import Path
from app.adapters.outside import Outside
from app.processes import children
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest
from app.settings import Preferences, folders
from tests.servers.scripted import KEY, ScriptedServer
async def main():
    async with ScriptedServer() as server:
        environment = {"BATON_CONN_T_URL": server.url("openai"), "BATON_CONN_T_KEY": KEY, "BATON_CONN_T_MODEL": "m"}
        outside = Outside(folders(), Preferences(), children, [], environment)
        await outside.models.chat(ChatRequest(ModelChoice(connection="T"), [ChatMessage("user", "hi")]))
        await outside.close()
asyncio.run(main())
unwanted = {"litellm", "mcp", "networkx", "keyring", "cryptography", "openpyxl", "httpx", "PySide6"}
print(json.dumps(sorted(unwanted & set(sys.modules))))
"""
    environment = {"BATON_HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=environment,
    )
    assert json.loads(done.stdout) == []


async def test_a_file_of_a_model_for_embeddings_gives_vectors_on_this_computer(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    embedder(tmp_path / "models" / "vectors.gguf", context=32)
    gateway = make()
    choice = ModelChoice(connection=THIS_COMPUTER, model="vectors")
    facts = gateway.resolve(choice)
    assert (facts.can_embed, facts.can_chat, facts.can_score, facts.can_tools) == (True, False, False, False)
    texts = ("where is my bike", "my bike is where", "the river stone")
    reply = await gateway.embed(EmbedRequest(choice, texts))
    near, far = (nearness(reply.vectors[0], reply.vectors[at]) for at in (1, 2))
    assert near > 0.9 > far
    assert reply.usage == Usage(sum(len(text.split()) + 2 for text in texts))
    with pytest.raises(NodeError) as caught:
        await gateway.embed(EmbedRequest(choice, ("my bike " * 40,)))
    assert caught.value.code == "model.too_long"
    with pytest.raises(NodeError) as caught:
        await gateway.chat(ChatRequest(choice, HI))
    assert caught.value.code == "model.cannot_chat"
    with pytest.raises(NodeError) as caught:
        await gateway.embed(EmbedRequest(SMALL, texts))
    assert caught.value.code == "model.cannot_embed"
