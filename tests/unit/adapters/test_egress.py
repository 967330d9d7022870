from __future__ import annotations

import asyncio
import contextlib
import errno
import gzip
import os
import socket
import ssl
import sys
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters.egress import Egress
from app.adapters.outgoing import MIB, Limits, Outgoing, host_of
from app.adapters.proxies import Proxies
from app.sdk.errors import NodeError
from app.sdk.unsent import is_unsent
from tests.servers.site import Names, Site, leads_to, says

NO_PROXIES = Proxies({})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as server:
        yield server


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=NO_PROXIES)
    yield door
    await door.close()


def ask(url: str, **more: object) -> Outgoing:
    return Outgoing("GET", url, **{"granted": lambda _: True, "reach": "local", **more})  # type: ignore[arg-type]


async def code_of(egress: Egress, request: Outgoing) -> str:
    with pytest.raises(NodeError) as caught:
        await egress.fetch(request)
    return caught.value.code


async def test_an_answer_comes_through(egress: Egress, site: Site) -> None:
    site.routes["/a"] = says("hello", X_One="1")
    status, headers, body, url = await egress.fetch(ask(site.url("/a")))
    assert (status, body, url) == (200, b"hello", site.url("/a"))
    assert headers["x-one"] == "1"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "http://me:secret@example.com/",
        "x",
        "http://[::1",
        "",
    ],
)
async def test_only_plain_web_addresses_go_out(egress: Egress, url: str) -> None:
    assert await code_of(egress, ask(url)) == "net.bad_url"


async def test_a_host_that_was_not_granted_is_not_even_looked_up() -> None:
    names = Names(example_com=[["93.184.216.34"]])
    door = Egress(proxies=NO_PROXIES, resolver=names)
    request = ask("http://Example.COM./x", granted=lambda host: host != "example.com")
    assert await code_of(door, request) == "net.not_granted"
    assert names.asked == []
    await door.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[::]"]
)
async def test_plain_addresses_are_checked_before_connecting(egress: Egress, host: str) -> None:
    assert await code_of(egress, ask(f"http://{host}:9/", reach="internet")) == "net.blocked_address"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_other_spellings_of_this_computer_lead_nowhere(egress: Egress, site: Site, host: str) -> None:
    site.routes["/"] = says("secret")
    refused = {"net.blocked_address", "net.bad_url", "net.unreachable"}
    assert await code_of(egress, ask(site.url(host=host), reach="internet")) in refused
    assert site.asked == []


async def test_one_forbidden_address_among_good_ones_is_enough(site: Site) -> None:
    site.routes["/"] = says("secret")
    door = Egress(proxies=NO_PROXIES, resolver=Names(two_faces=[["93.184.216.34", "127.0.0.1"]]))
    assert await code_of(door, ask(site.url(host="two.faces"), reach="internet")) == "net.blocked_address"
    assert site.asked == []
    await door.close()


async def test_a_name_is_looked_up_once_and_that_address_is_connected_to(site: Site) -> None:
    """The second answer would lead elsewhere: it must never be asked for within one request."""
    site.routes["/"] = says("fine")
    names = Names(rebinding_test=[["127.0.0.1"], ["169.254.169.254"]])
    door = Egress(proxies=NO_PROXIES, resolver=names)
    assert (await door.fetch(ask(site.url(host="rebinding.test"))))[2] == b"fine"
    assert names.asked == ["rebinding.test"]
    await door.close()


async def test_a_kept_connection_does_not_serve_a_narrower_reach(egress: Egress, site: Site) -> None:
    site.routes["/"] = says("fine")
    await egress.fetch(ask(site.url(host="localhost")))
    assert await code_of(egress, ask(site.url(host="localhost"), reach="internet")) == "net.blocked_address"
    assert len(site.asked) == 1


async def test_localhost_is_found_on_the_address_where_it_listens(egress: Egress, site: Site) -> None:
    """localhost is ::1 first on many systems, while the server listens on 127.0.0.1 only."""
    site.routes["/"] = says("fine")
    assert (await egress.fetch(ask(site.url(host="localhost"))))[2] == b"fine"


async def test_redirects_are_followed_and_checked_anew(egress: Egress, site: Site) -> None:
    site.routes["/a"] = leads_to("/b?x=1")
    site.routes["/b"] = says("there")
    status, _, body, url = await egress.fetch(ask(site.url("/a")))
    assert (status, body, url) == (200, b"there", site.url("/b?x=1"))
    site.routes["/a"] = leads_to("http://169.254.169.254/latest/meta-data")
    assert await code_of(egress, ask(site.url("/a"))) == "net.blocked_address"
    site.routes["/a"] = leads_to("http://elsewhere.test/")
    assert (
        await code_of(egress, ask(site.url("/a"), granted=lambda host: host == "127.0.0.1"))
        == "net.not_granted"
    )
    site.routes["/a"] = leads_to("file:///etc/passwd")
    assert await code_of(egress, ask(site.url("/a"))) == "net.bad_url"


async def test_five_redirects_are_followed_and_not_six(egress: Egress, site: Site) -> None:
    for number in range(6):
        site.routes[f"/{number}"] = leads_to(f"/{number + 1}")
    site.routes["/6"] = says("at last")
    assert (await egress.fetch(ask(site.url("/1"))))[2] == b"at last"
    assert await code_of(egress, ask(site.url("/0"))) == "net.too_many_redirects"


async def test_keys_stay_with_their_origin(egress: Egress, site: Site) -> None:
    site.routes["/a"] = leads_to(site.url("/b", host="localhost"), 307)
    site.routes["/b"] = leads_to("/c", 307)
    site.routes["/c"] = says("there")
    request = ask(
        site.url("/a"), headers={"Accept": "text/plain", "Cookie": "c"}, secrets={"X-Api-Key": "canary"}
    )
    await egress.fetch(request)
    first, second, third = site.asked
    assert first.headers["X-Api-Key"] == "canary"
    assert first.headers["Cookie"] == "c"
    for later in (second, third):
        assert "X-Api-Key" not in later.headers
        assert "Cookie" not in later.headers
        assert later.headers["Accept"] == "text/plain"


async def test_a_redirect_after_a_post_asks_again_as_the_status_says(egress: Egress, site: Site) -> None:
    async def echo(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"{request.method} {(await request.read()).decode()}")

    site.routes["/end"] = echo
    expected = {301: b"GET ", 302: b"GET ", 303: b"GET ", 307: b"POST body", 308: b"POST body"}
    for status, text in expected.items():
        site.routes["/start"] = leads_to("/end", status)
        request = Outgoing("POST", site.url("/start"), lambda _: True, body=b"body", reach="local")
        assert (await egress.fetch(request))[2] == text


async def test_a_large_body_is_refused_before_it_is_read_whole(egress: Egress, site: Site) -> None:
    site.routes["/"] = says("x" * 100_000)
    assert await code_of(egress, ask(site.url(), limits=Limits(body=50_000))) == "net.too_large"


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused_in_little_memory(
    egress: Egress, site: Site
) -> None:
    bomb = gzip.compress(bytes(300 * MIB), 9)

    async def route(_: web.BaseRequest) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    site.routes["/"] = route
    assert len(bomb) < MIB
    tracemalloc.start()
    try:
        assert await code_of(egress, ask(site.url())) == "net.too_large"
        assert tracemalloc.get_traced_memory()[1] < 60 * MIB
    finally:
        tracemalloc.stop()


async def test_too_many_headers_are_refused(egress: Egress, site: Site) -> None:
    site.routes["/many"] = says("x", **{f"X_{number}": "v" * 4000 for number in range(20)})
    site.routes["/long"] = says("x", X_Long="v" * 20_000)
    site.routes["/countless"] = says("x", **{f"X_{number}": "v" for number in range(500)})
    for path in site.routes:
        assert await code_of(egress, ask(site.url(path))) == "net.too_large", path


async def test_a_server_that_is_silent_or_endless_is_left(egress: Egress, site: Site) -> None:
    async def trickle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    async def silence(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b".")
        await asyncio.Event().wait()
        return response

    site.routes = {"/trickle": trickle, "/silence": silence}
    assert await code_of(egress, ask(site.url("/trickle"), limits=Limits(total=0.3))) == "net.timeout"
    assert await code_of(egress, ask(site.url("/silence"), limits=Limits(idle=0.1))) == "net.timeout"


@pytest.mark.skipif(sys.platform != "linux", reason="others let more wait than they say")
async def test_what_never_got_a_connection_is_told_apart(egress: Egress, site: Site) -> None:
    async def silence(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    site.routes["/silence"] = silence
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        place = full.getsockname()
        waiting.enter_context(socket.create_connection(place))  # no one more is taken
        for url, limits, unsent in (
            (f"http://127.0.0.1:{place[1]}/", Limits(connect=0.2), True),
            (site.url("/silence"), Limits(total=2), False),
        ):
            for keep in (True, False):
                with pytest.raises(NodeError, match=r"net\.timeout") as caught:
                    await egress.fetch(ask(url, limits=limits, keep=keep))
                assert caught.value.unsent == unsent


class Unheard(AbstractResolver):
    """Looks names up for ever."""

    async def resolve(self, *_: object) -> list[ResolveResult]:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("header", ["X-Usual", "Expect"])
async def test_what_is_ended_while_it_has_no_connection_says_so(scheme: str, header: str) -> None:
    """`Expect` goes another way inside."""
    door = Egress(proxies=NO_PROXIES, resolver=Unheard())
    try:
        asking = asyncio.create_task(
            door.fetch(ask(f"{scheme}://example.com/", reach="internet", headers={header: "x"}))
        )
        for _ in range(100):
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError) as ended:
            await asking
        assert is_unsent(ended.value)
    finally:
        await door.close()


@pytest.mark.parametrize("header", ["X-Usual", "Expect"])
async def test_what_is_ended_behind_the_request_does_not_say_so(
    egress: Egress, site: Site, header: str
) -> None:
    came = asyncio.Event()

    async def silence(_: web.BaseRequest) -> web.StreamResponse:
        came.set()
        await asyncio.Event().wait()
        raise AssertionError

    site.routes["/silence"] = silence
    asking = asyncio.create_task(egress.fetch(ask(site.url("/silence"), headers={header: "100-continue"})))
    async with asyncio.timeout(60):
        await came.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError) as ended:
        await asking
    assert not is_unsent(ended.value)


@pytest.mark.parametrize(("scheme", "unsent"), [("https", True), ("http", False)])
async def test_a_proxy_that_opens_no_way_has_sent_nothing_on(scheme: str, unsent: bool) -> None:
    """A plain request goes to the proxy itself, which may have passed it on."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        door = Egress(proxies=Proxies({"http": place, "https": place}))
        try:
            with pytest.raises(NodeError, match=r"net\.timeout") as caught:
                await door.fetch(ask(f"{scheme}://example.com/", reach="internet", limits=Limits(total=0.3)))
        finally:
            await door.close()
    assert caught.value.unsent == unsent


@pytest.mark.parametrize(
    ("path", "in_doubt"),
    [
        ("/dead", False),
        ("/silent", True),
        ("/dropped", True),
        ("/long", True),
        ("/done_then_dead", True),
        ("/elsewhere_dead", False),
        ("/elsewhere_not_granted", False),
        ("/done_then_not_granted", True),
    ],
)
async def test_an_error_says_whether_a_request_may_have_been_done(
    egress: Egress, site: Site, path: str, in_doubt: bool
) -> None:
    async def silence(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async def drop(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport
        request.transport.abort()
        return web.Response()

    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    refused = site.url("/", "localhost")
    site.routes = {
        "/dead": says(""),
        "/silent": silence,
        "/dropped": drop,
        "/long": says("x" * 2000),
        "/done_then_dead": leads_to(dead, 303),
        "/elsewhere_dead": leads_to(dead, 307),
        "/done_then_not_granted": leads_to(refused, 303),
        "/elsewhere_not_granted": leads_to(refused, 308),
    }
    request = Outgoing(
        "POST",
        dead if path == "/dead" else site.url(path),
        granted=lambda host: host == "127.0.0.1",
        reach="local",
        body=b"order",
        limits=Limits(total=3 if path == "/silent" else 60, body=1000),
    )
    with pytest.raises(NodeError) as caught:
        await egress.fetch(request)
    assert caught.value.in_doubt == in_doubt


async def test_an_answer_says_whether_the_request_itself_was_taken(egress: Egress, site: Site) -> None:
    site.routes["/end"] = says("", 503)
    expected = {200: False, 301: True, 302: True, 303: True, 307: False, 308: False}
    for status, done in expected.items():
        site.routes["/start"] = leads_to("/end", status)
        request = Outgoing("POST", site.url("/start"), lambda _: True, body=b"order", reach="local")
        with await egress.send(request) as answer:
            assert answer.done == done


async def test_what_cannot_be_reached_is_said(egress: Egress) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    assert await code_of(egress, ask(f"http://127.0.0.1:{dead}/")) == "net.unreachable"
    assert await code_of(egress, ask("http://no-such-name.invalid/")) == "net.unreachable"


async def test_a_body_that_ends_early_is_no_body(egress: Egress) -> None:
    server = await start_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    assert await code_of(egress, ask(f"http://127.0.0.1:{server[1]}/")) == "net.cut_off"
    server[0].close()


async def test_what_is_not_http_is_said(egress: Egress) -> None:
    server = await start_raw(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert await code_of(egress, ask(f"http://127.0.0.1:{server[1]}/")) in {
        "net.bad_reply",
        "net.unreachable",
    }
    server[0].close()


async def start_raw(answer: bytes):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_a_proxy_is_used_where_the_system_says_so_and_never_for_this_computer(site: Site) -> None:
    async def proxy(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"by proxy: {request.path}")

    site.routes["/page"] = proxy
    door = Egress(proxies=Proxies({"http": f"127.0.0.1:{site.port}"}))
    # The name exists nowhere: only a proxy can have answered.
    assert b"by proxy" in (await door.fetch(ask("http://far-away.invalid/page", reach="internet")))[2]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    assert await code_of(door, ask(f"http://localhost:{dead}/page")) == "net.unreachable"
    assert await code_of(door, ask("http://192.168.0.1/page", reach="internet")) == "net.blocked_address"
    await door.close()


async def test_a_proxy_that_we_cannot_talk_to_is_said() -> None:
    door = Egress(proxies=Proxies({"http": "socks5://127.0.0.1:1080"}))
    assert await code_of(door, ask("http://far-away.invalid/")) == "net.proxy_unsupported"
    await door.close()


def own_certificate(folder: Path) -> Path:
    """A certificate for localhost that only its maker trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path = folder / "server.pem"
    encoding = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(encoding, form, plain) + certificate.public_bytes(encoding))
    return path


async def test_a_server_must_prove_who_it_is(egress: Egress, tmp_path: Path) -> None:
    pem = own_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(pem)
    async with Site(serving) as site:
        site.routes["/"] = says("fine")
        url = site.url(host="localhost").replace("http:", "https:")
        assert await code_of(egress, ask(url)) == "net.certificate"
        trusting = Egress(proxies=NO_PROXIES, certificates=ssl.create_default_context(cafile=pem))
        assert (await trusting.fetch(ask(url)))[2] == b"fine"
        assert await code_of(trusting, ask(url.replace("localhost", "127.0.0.1"))) == "net.certificate"
        site.routes["/"] = leads_to(site.url("/plain", host="localhost"))
        assert await code_of(trusting, ask(url)) == "net.unsafe_redirect"
        await trusting.close()


async def test_https_to_a_server_without_it_is_said(egress: Egress, site: Site) -> None:
    site.routes["/"] = says("fine")
    assert await code_of(egress, ask(site.url().replace("http:", "https:"))) == "net.not_https"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_why_nobody_is_there_is_said_in_the_systems_words(egress: Egress, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NodeError) as caught:
        await egress.fetch(ask(f"http://{host}:{port}/"))
    assert caught.value.code == "net.unreachable"
    assert caught.value.args_by_name["detail"] == os.strerror(errno.ECONNREFUSED)


def test_hosts_are_named_as_grants_name_them() -> None:
    assert host_of("HTTPS://Bücher.Example.:8443/x") == "xn--bcher-kva.example"
    assert host_of("http://[::1]:80/") == "::1"
