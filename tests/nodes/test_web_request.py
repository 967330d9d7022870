"""Web request against a real server on loopback, through the real door to the network."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from aiohttp import web

from app.adapters.connections import Connections
from app.adapters.egress import Egress
from app.adapters.keyring_secrets import Secrets
from app.adapters.node_net import NodeNet
from app.adapters.proxies import Proxies
from app.document.workflow import JsonObject
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import NodeRun, run_node
from tests.servers.site import Site, says

KEY = "shop-key-0123456789"
Call = Callable[..., "object"]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as server:
        yield server


@pytest.fixture
async def net(site: Site, tmp_path: Path) -> AsyncIterator[NodeNet]:
    """The site's own host is granted, and an account there."""
    environment = {
        "BATON_CONN_SHOP_KIND": "web_api",
        "BATON_CONN_SHOP_URL": site.url("/"),
        "BATON_CONN_SHOP_KEY": KEY,
    }
    egress = Egress(proxies=Proxies({}))
    connections = Connections(tmp_path / "connections.json", environment, lambda: ())
    secrets = Secrets(tmp_path / "secrets", environment)
    yield NodeNet(egress, connections, secrets, lambda host: host == "127.0.0.1", lambda wish: wish)
    await egress.close()


@pytest.fixture
def call(node, net: NodeNet):
    async def ask(fields: JsonObject, inputs: Mapping[str, Value] | None = None) -> NodeRun:
        return await run_node(node("tool.web_request"), fields, inputs, net=net)

    return ask


async def echo(request: web.BaseRequest) -> web.Response:
    """Says what it was asked."""
    body = (await request.read()).decode()
    return web.json_response(
        {"method": request.method, "path": request.raw_path, "body": body, "headers": dict(request.headers)}
    )


def said(run: NodeRun) -> dict[str, object]:
    return run.outputs["data"]  # type: ignore[return-value]


async def test_an_answer_is_text_data_and_status(call: Call, site: Site) -> None:
    site.routes["/orders/7"] = says('{"status": "sent", "items": [1, 2]}', Content_Type="application/json")
    run = await call({"url": site.url("/orders/{{number}}")}, {"number": 7})
    assert run.outputs == {
        "text": '{"status": "sent", "items": [1, 2]}',
        "data": {"status": "sent", "items": [1, 2]},
        "status": 200,
    }


async def test_what_is_not_json_gives_no_data(call: Call, site: Site) -> None:
    site.routes["/"] = says("<p>grüße</p>", Content_Type="text/html; charset=latin-1")
    assert (await call({"url": site.url("/")})).outputs == {"text": "<p>grüße</p>", "status": 200}


@pytest.mark.parametrize("charset", ["no-such", "hex", "idna", '"utf-8"'])
async def test_an_odd_encoding_is_no_crash(call: Call, site: Site, charset: str) -> None:
    async def odd(_: web.BaseRequest) -> web.Response:
        return web.Response(body="grüße".encode(), headers={"Content-Type": f"text/plain; charset={charset}"})

    site.routes["/"] = odd
    assert (await call({"url": site.url("/")})).outputs["text"] == "grüße"


async def test_values_stay_one_piece_of_the_address(call: Call, site: Site) -> None:
    site.routes["/orders/../x"] = echo
    site.routes["/orders/a/../../b?c#d/e"] = echo
    fields = {
        "url": site.url("/orders/{{id}}/e?q={{q}}"),
        "query": [{"name": "a b", "value": "{{q}}"}, {"name": " ", "value": "left out"}],
    }
    run = await call(fields, {"id": "a/../../b?c#d", "q": "1&2=3"})
    assert said(run)["path"] == "/orders/a%2F..%2F..%2Fb%3Fc%23d/e?q=1%262%3D3&a%20b=1%262%3D3"


async def test_json_bodies_take_values_as_values(call: Call, site: Site) -> None:
    site.routes["/"] = echo
    fields = {
        "url": site.url("/"),
        "method": "POST",
        "body_kind": "json",
        "body": '{"order": "{{order}}", "note": "For {{name}}", "n": ["{{count}}", 1]}',
    }
    name = 'Ada", "admin": "yes'
    run = await call(fields, {"order": {"id": 7}, "name": name, "count": 2})
    assert json.loads(str(said(run)["body"])) == {"order": {"id": 7}, "note": f"For {name}", "n": [2, 1]}
    headers = said(run)["headers"]
    assert isinstance(headers, dict)
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "has_key"),
    [("GET", False), ("PUT", False), ("DELETE", False), ("POST", True), ("PATCH", True)],
)
async def test_what_must_not_happen_twice_carries_a_key_of_its_own(
    call: Call, site: Site, method: str, has_key: bool
) -> None:
    site.routes["/"] = echo
    run = await call({"url": site.url("/"), "method": method})
    headers = said(run)["headers"]
    assert isinstance(headers, dict)
    assert ("Idempotency-Key" in headers) == has_key


async def test_headers_of_the_person_come_first(call: Call, site: Site) -> None:
    site.routes["/"] = echo
    fields = {
        "url": site.url("/"),
        "method": "POST",
        "body_kind": "text",
        "body": "{{text}}",
        "headers": [
            {"name": "content-type", "value": "text/csv"},
            {"name": "Idempotency-Key", "value": "{{id}}"},
        ],
    }
    run = await call(fields, {"text": "a;b", "id": "mine"})
    headers = {name.lower(): value for name, value in said(run)["headers"].items()}  # type: ignore[attr-defined]
    assert said(run)["body"] == "a;b"
    assert (headers["content-type"], headers["idempotency-key"]) == ("text/csv", "mine")


async def test_a_line_break_cannot_add_a_header(call: Call, site: Site) -> None:
    site.routes["/"] = echo
    fields = {"url": site.url("/"), "headers": [{"name": "X-Name", "value": "{{name}}"}]}
    with pytest.raises(NodeError, match=r"net.bad_header"):
        await call(fields, {"name": "Ada\r\nX-Admin: yes"})
    assert site.asked == []


async def test_a_connection_signs_in_and_its_key_never_comes_back(call: Call, site: Site) -> None:
    site.routes["/"] = echo
    run = await call({"url": site.url("/"), "connection": {"connection": "Shop", "kind": "web_api"}})
    assert site.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    headers = said(run)["headers"]
    assert isinstance(headers, dict)
    assert headers["Authorization"] == "Bearer [hidden]"  # what the server echoes goes no further


async def test_a_host_from_data_must_be_granted(call: Call, site: Site) -> None:
    site.routes["/"] = echo
    assert said(await call({"url": "{{url}}"}, {"url": site.url("/")}))["path"] == "/"
    with pytest.raises(NodeError, match=r"net.not_granted"):
        await call({"url": "{{url}}"}, {"url": "https://evil.example/"})


@pytest.mark.parametrize(
    ("status", "code", "passes"),
    [
        (404, "web.refused", False),
        (401, "web.refused", False),
        (429, "web.too_many_requests", True),
        (503, "web.too_many_requests", True),
        (500, "web.server_error", True),
    ],
)
async def test_errors_say_what_the_server_said_and_whether_to_try_again(
    call: Call, site: Site, status: int, code: str, passes: bool
) -> None:
    site.routes["/"] = says("not today", status=status, Retry_After="7")
    with pytest.raises(NodeError) as raised:
        await call({"url": site.url("/")})
    assert raised.value.code == code
    assert raised.value.args_by_name == {"status": status, "said": "not today"}
    assert raised.value.may_pass == passes
    assert raised.value.retry_after == (7 if code == "web.too_many_requests" else None)


async def test_error_answers_can_be_handed_on(call: Call, site: Site) -> None:
    site.routes["/"] = says('{"error": "gone"}', status=410)
    run = await call({"url": site.url("/"), "errors_stop": False})
    assert (run.outputs["status"], run.outputs["data"]) == (410, {"error": "gone"})


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"url": "https://example.com/{{ id | trim }}"}, []),
        ({"url": "{{url}}"}, []),
        ({"url": "ftp://example.com/"}, ["web.bad_address"]),
        ({"url": "example.com"}, ["web.bad_address"]),
        ({"url": "https://user:secret@example.com/"}, ["web.bad_address"]),
        ({"url": "https://example.com/a b"}, ["web.bad_address"]),
        (
            {"url": "https://e.com/", "method": "POST", "body_kind": "json", "body": "{{a}}"},
            ["web.body_not_json"],
        ),
        ({"url": "https://e.com/", "method": "GET", "body_kind": "json", "body": "left over"}, []),
    ],
)
def test_faults_are_found_before_the_run(node, fields: JsonObject, faults: list[str]) -> None:
    spec = spec_of(node("tool.web_request"))
    assert [code for _, code, _ in spec.type.check(spec.decode(fields))] == faults


def test_only_reading_may_be_repeated_freely(node) -> None:
    web_request: AnyNodeType = node("tool.web_request")
    spec = spec_of(web_request)
    effects = {m: spec.type.effect_of(spec.decode({"method": m})) for m in ("GET", "POST", "PUT", "DELETE")}
    assert effects == {"GET": "read", "POST": "side_effect", "PUT": "side_effect", "DELETE": "side_effect"}


def test_inputs_grow_from_address_query_headers_and_body(node) -> None:
    spec = spec_of(node("tool.web_request"))
    fields = {
        "url": "https://e.com/{{a}}",
        "query": [{"name": "x", "value": "{{b}}"}],
        "headers": [{"name": "y", "value": "{{c}}"}],
        "method": "POST",
        "body_kind": "json",
        "body": '{"z": ["{{d}}", {"w": "{{a}}"}]}',
    }
    assert [port.name for port in spec.ports(spec.decode(fields)).inputs] == ["a", "b", "c", "d"]
    left_over = {**fields, "method": "GET"}
    assert [port.name for port in spec.ports(spec.decode(left_over)).inputs] == ["a", "b", "c"]
