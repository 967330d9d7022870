"""Every form of a connection: the provider's own host gets the right path, key and model, and its refusals are told."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.adapters.connection import Connection, checked
from app.adapters.connection_kinds import GENERAL, KINDS
from app.adapters.connections import Connections
from app.adapters.gateway import Gateway
from app.adapters.keyring_secrets import Secrets
from app.adapters.litellm_prices import PriceList
from app.adapters.litellm_providers import providers
from app.adapters.local_models import LocalModels
from app.adapters.model_files import ModelFiles
from app.adapters.model_records import ModelRecords
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest
from tests.servers.internet import Call, Internet

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Pydantic:UserWarning"),
]
KEY = "sk-right-0123456789abcdef"
BEARER = ("Authorization", f"Bearer {KEY}")
OPENAI_PATH = "/v1/chat/completions"


@dataclass(frozen=True)
class Form:
    """A filled-in form, and what has to arrive. `model_in` says where its name stands."""

    connection: Connection
    host: str
    path: str
    header: tuple[str, str] = BEARER
    model_in: str = "body"

    def __str__(self) -> str:
        one = self.connection
        return "-".join(filter(None, (one.kind, one.provider, one.region)))


def form(kind: str, host: str, path: str = OPENAI_PATH, **more: Any) -> Form:
    own = {name: more.pop(name) for name in ("header", "model_in") if name in more}
    return Form(Connection("T", kind, model="some-model-1", **more), host, path, **own)


FORMS = [
    form("openai", "api.openai.com"),
    form(
        "openai_compatible",
        "llm.acme.example",
        "/api/v1/chat/completions",
        url="https://llm.acme.example/api/v1",
    ),
    form("anthropic", "api.anthropic.com", "/v1/messages", header=("x-api-key", KEY)),
    form(
        "gemini",
        "generativelanguage.googleapis.com",
        "/v1beta/models/some-model-1:generateContent",
        header=("x-goog-api-key", KEY),
        model_in="path",
    ),
    form(
        "azure",
        "acme.openai.azure.com",
        "/openai/deployments/some-model-1/chat/completions?api-version=2024-10-21",
        url="https://acme.openai.azure.com",
        header=("api-key", KEY),
        model_in="path",
    ),
    form(
        "bedrock", "bedrock-runtime.us-east-1.amazonaws.com", "/model/some-model-1/converse", model_in="path"
    ),
    form(
        "bedrock",
        "bedrock-runtime.eu-central-1.amazonaws.com",
        "/model/some-model-1/converse",
        region="eu-central-1",
        model_in="path",
    ),
    form("mistral", "api.mistral.ai"),
    form("deepseek", "api.deepseek.com"),
    form("dashscope", "dashscope.aliyuncs.com", "/compatible-mode/v1/chat/completions"),
    form("dashscope", "dashscope-intl.aliyuncs.com", "/compatible-mode/v1/chat/completions", region="intl"),
    form("zhipu", "open.bigmodel.cn", "/api/paas/v4/chat/completions"),
    form("zhipu", "api.z.ai", "/api/paas/v4/chat/completions", region="intl"),
    form("moonshot", "api.moonshot.cn"),
    form("moonshot", "api.moonshot.ai", region="intl"),
    form("groq", "api.groq.com", "/openai/v1/chat/completions"),
    form("openrouter", "openrouter.ai", "/api/v1/chat/completions"),
    form("xai", "api.x.ai"),
    form("siliconflow", "api.siliconflow.cn"),
    form(GENERAL, "api.together.ai", provider="together_ai"),
    form(GENERAL, "api.perplexity.ai", "/chat/completions", provider="perplexity"),
    form(
        GENERAL,
        "llm.acme.example",
        "/v1/chat/completions",
        provider="litellm_proxy",
        url="https://llm.acme.example/v1",
    ),
]
HOSTS = (
    *{one.host for one in FORMS},
    *{urlsplit(one.url).hostname or "" for one in providers().values() if one.url},
)


@pytest.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with Internet(tmp_path, HOSTS) as running:
        yield running


@pytest.fixture
async def gateway(internet: Internet, tmp_path: Path) -> AsyncIterator[Gateway]:
    local = LocalModels(
        children, ["none"], ModelFiles(tmp_path / "models", ModelRecords(tmp_path / "models.json"))
    )
    environment = {"BATON_CONN_T_KEY": KEY}
    connections = Connections(tmp_path / "connections.json", environment, local.names)
    secrets = Secrets(tmp_path / "secrets.json", environment)
    prices = PriceList(tmp_path / "prices.json")
    made = Gateway(connections, secrets, internet.egress, local, prices, dict)
    yield made
    await made._litellm.close()  # noqa: SLF001 - the door belongs to the internet


async def said(gateway: Gateway, connection: Connection, **more: Any) -> str:
    gateway.connections.put(connection)
    choice = ModelChoice(connection=connection.name)
    return (await gateway.chat(ChatRequest(choice, [ChatMessage("user", "Hi")], **more))).text


def header(call: Call, name: str) -> str:
    return next((value for key, value in call.headers.items() if key.lower() == name.lower()), "")


def test_every_kind_has_its_form_here() -> None:
    local = {kind.id for kind in KINDS.values() if "localhost" in kind.url}
    assert {one.connection.kind for one in FORMS} == set(KINDS) - local - {"embedded", "web_api"}


@pytest.mark.parametrize("one", FORMS, ids=str)
async def test_the_right_place_gets_the_right_key_and_model(
    one: Form, internet: Internet, gateway: Gateway
) -> None:
    assert await said(gateway, one.connection) == "Hello there, 世界!"
    (call,) = internet.calls
    assert (call.method, call.host, call.path) == ("POST", one.host, one.path)
    assert header(call, one.header[0]) == one.header[1]
    if one.model_in == "body":
        assert call.body["model"] == "some-model-1"
    assert "Baton" in header(call, "User-Agent")


@pytest.mark.parametrize(
    ("kind", "model", "mark"),
    [
        ("anthropic", "claude-of-tomorrow", "cache_control"),
        ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "cachePoint"),
        ("bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0", ""),  # knows no such mark, and refuses it
        ("bedrock", "amazon.nova-lite-v1:0", "cachePoint"),
        ("bedrock", "moonshotai.kimi-k2.5", ""),  # keeps by itself
        ("openrouter", "anthropic/claude-of-tomorrow", "cache_control"),
        ("openrouter", "qwen/qwen-of-unknown-price", ""),
        ("openrouter", "openai/gpt-5", ""),
        ("dashscope", "qwen3.8-flash", "cache_control"),
        ("dashscope", "qwen-max", ""),
        ("gemini", "gemini-2.5-pro", ""),
        ("openai", "gpt-5", ""),
    ],
)
async def test_only_models_that_take_the_mark_are_told_what_to_keep(
    kind: str, model: str, mark: str, internet: Internet, gateway: Gateway
) -> None:
    gateway.connections.put(Connection("T", kind, model=model))
    rules = ChatMessage("system", "Be brief. " * 1000)
    for question in ("one", "two"):
        messages = [rules, ChatMessage("user", question)]
        await gateway.chat(ChatRequest(ModelChoice(connection="T"), messages))
    first, second = (json.dumps(call.body) for call in internet.calls)
    marks = ("cache_control", "cachePoint")
    assert [name for name in marks if name in first] == []
    assert [name for name in marks if name in second] == ([mark] if mark else [])
    if mark == "cache_control" and kind != "anthropic":
        told, asked = internet.calls[1].body["messages"]
        kept = {"type": "text", "text": rules.content, "cache_control": {"type": "ephemeral"}}
        assert (told["content"], asked["content"]) == ([kept], "two")


async def test_a_wish_for_json_before_the_messages_moves_no_mark(
    internet: Internet, gateway: Gateway
) -> None:
    gateway.connections.put(Connection("T", "dashscope", model="qwen3.8-flash"))
    rules = ChatMessage("system", "Be brief. " * 1000)
    for question in ("one", "two"):
        messages = [rules, ChatMessage("user", question)]
        await gateway.chat(ChatRequest(ModelChoice(connection="T"), messages, schema={"type": "object"}))
    wish, told, asked = (message["content"] for message in internet.calls[1].body["messages"])
    assert "JSON" in wish
    assert told[0]["text"] == rules.content
    assert asked == "two"


async def test_an_organisation_goes_along(internet: Internet, gateway: Gateway) -> None:
    await said(gateway, Connection("T", "openai", model="m", organisation="org-acme"))
    assert header(internet.calls[0], "OpenAI-Organization") == "org-acme"


@pytest.mark.parametrize("provider", [one for one in providers().values() if one.url], ids=lambda one: one.id)
async def test_every_listed_provider_is_asked_at_its_own_host_and_nowhere_else(
    provider: Any, internet: Internet, gateway: Gateway
) -> None:
    """Some answer in a dialect that this internet doesn't speak: then only the question counts."""
    name = "person.project.model" if provider.id == "clarifai" else "some/model-1"
    connection = Connection("T", GENERAL, model=name, provider=provider.id)
    with contextlib.suppress(NodeError):
        await said(gateway, connection)
    assert internet.calls
    for call in internet.calls:
        assert call.host == urlsplit(provider.url).hostname
        assert KEY in str(call.headers.values())


def test_the_list_of_providers_is_long_and_leaves_out_what_would_pass_the_door() -> None:
    offered = set(providers())
    assert len(offered) > 60
    assert {"cohere", "together_ai", "perplexity", "fireworks_ai", "replicate", "databricks"} <= offered
    assert not {"openai", "anthropic", "github_copilot", "vertex_ai", "sagemaker", "chatgpt"} & offered


@pytest.mark.parametrize(
    ("connection", "code", "field"),
    [
        (Connection("x", GENERAL, provider="telepathy"), "connection.unknown_provider", "provider"),
        (Connection("x", GENERAL), "connection.unknown_provider", "provider"),
        (Connection("x", GENERAL, provider="databricks"), "connection.url_missing", "url"),
    ],
)
def test_a_provider_must_be_known_and_have_an_address(connection: Connection, code: str, field: str) -> None:
    from app.document.problem import ProblemError

    with pytest.raises(ProblemError) as caught:
        checked(connection)
    assert (caught.value.problems[0].code, caught.value.problems[0].field) == (code, field)


# Which kind of provider says what with which status, as its documentation shows it, and what it means.
REFUSALS = json.loads((Path(__file__).parents[2] / "servers/refusals.json").read_text("utf-8"))

BY_KIND = {one.connection.kind: one.connection for one in reversed(FORMS)}


@pytest.mark.parametrize(
    "row", REFUSALS, ids=[f"{row['kind']}-{row['status']}-{at}" for at, row in enumerate(REFUSALS)]
)
async def test_what_a_provider_refuses_is_told_in_our_words(
    row: dict[str, Any], internet: Internet, gateway: Gateway
) -> None:
    internet.refusal = (row["status"], row["body"])
    connection = BY_KIND[row["kind"]]
    with pytest.raises(NodeError) as caught:
        await said(gateway, connection)
    assert _means(caught.value.code) == row["means"]
    found = await gateway.test_connection(connection, KEY)
    assert found.problem is not None
    assert _means(found.problem.code) == row["means"]


def _means(code: str) -> str:
    """Without the nearest name that is said where one is known."""
    return "model.missing" if code in {"model.misspelt", "model.known_elsewhere"} else code


@pytest.mark.parametrize("kind", sorted(BY_KIND))
async def test_without_a_network_it_is_the_network(kind: str, internet: Internet, gateway: Gateway) -> None:
    internet._proxy.close()  # noqa: SLF001 - the only way out is gone
    await internet._proxy.wait_closed()  # noqa: SLF001
    found = await gateway.test_connection(BY_KIND[kind], KEY)
    assert found.problem is not None
    assert found.problem.code == "model.unreachable"
