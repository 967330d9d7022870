"""Servers that aren't there, refuse, break off or talk nonsense: one sentence each, and never a fault of the step."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import LOCALES, Baton
from tests.faults.files import asks_model, edge, step, workflow, written
from tests.faults.mounts import own_mounts
from tests.faults.raw_server import EVENTS, answer, chunk, serving, stream

ROOT = Path(__file__).resolve().parents[2]
SERVER = {"connection": "SRV", "kind": "openai_compatible", "model": "m"}


def failing(message: str, status: str, **headers: str) -> bytes:
    return answer(json.dumps({"error": {"message": message}}), status=status, **headers)


FAULTS = {
    "wrong key": (failing("Incorrect API key", "401 No"), "model.key_refused"),
    "no credit": (failing("insufficient_quota", "429 No"), "model.no_balance"),
    "too many requests": (failing("slow down", "429 No", Retry_After="99999999"), "model.too_many_requests"),
    "its own fault": (failing("half \ud83d \u202e\x1b[31m", "500 No"), "model.server_error"),
    "a page": (answer("<html><script>x</script>Hi</html>", "text/html"), "model.bad_reply"),
    "a page as error": (answer("<b>down</b>", "text/html", "502 No"), "model.server_error"),
    "noise as error": (answer(bytes(range(256)), "application/octet-stream", "503 No"), "model.server_error"),
    "another model's list": (answer('{"hello": ["world"]}'), "model.bad_reply"),
    "too deep": (answer("[" * 100_000), "model.bad_reply"),
    "too deep as error": (answer("[" * 100_000, status="500 No"), "model.server_error"),
    "a deep event": (answer("data: " + "[" * 100_000 + "\n\n", EVENTS), "model.bad_reply"),
    "a broken event": (answer("data: {oops\n\ndata: [DONE]\n\n", EVENTS), "model.bad_reply"),
    "no events": (answer("", EVENTS), "model.stream_cut"),
    "cut off": (stream(chunk("hello"))[:200], "model.stream_cut"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.9\r\n", "model.bad_reply"),
    "hung up": (b"", "model.unreachable"),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", "net.too_large"),
    "elsewhere": (answer("", status="302 Found", Location="file:///etc/passwd"), "net.bad_url"),
}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`connect(bytes)` or `connect(url=…)`: the connection SRV leads there."""
    with ExitStack() as open_servers:

        def to(said: bytes = b"", url: str = "") -> None:
            monkeypatch.setenv("BATON_CONN_SRV_URL", url or open_servers.enter_context(serving(said)))
            monkeypatch.setenv("BATON_CONN_SRV_KEY", "a-key-of-this-test")

        yield to


def once(model: dict[str, str]) -> dict[str, Any]:
    return asks_model(model, retry={"attempts": 1})


def problem_of(ended_out: str) -> dict[str, Any]:
    problems = json.loads(ended_out)["problems"]
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("name", FAULTS)
def test_what_a_server_does_wrong_is_said(
    name: str, language: str, baton: Baton, connect: Any, tmp_path: Path
) -> None:
    said, code = FAULTS[name]
    connect(said)
    asked = ["run", written(tmp_path, once(SERVER)), "--allow", "--input", "message=hi", "--json"]
    ended = baton(*asked, language=language)
    found = problem_of(ended.out)
    assert (ended.code, found["code"], found["node"]) == (1, code, "m"), found
    assert found["message"]
    assert found["fix"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{dead}/v1", "http://no-such-host.invalid/v1", "http://[::1]:{dead}"]
)
def test_a_server_that_is_not_there_is_said_to_be_unreachable(
    url: str, baton: Baton, connect: Any, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dead = server.getsockname()[1]
    connect(url=url.format(dead=dead))
    ended = baton("run", written(tmp_path, once(SERVER)), "--allow", "--input", "message=hi", "--json")
    assert (ended.code, problem_of(ended.out)["code"]) == (1, "model.unreachable")


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        (("smile \\ud83d", "\\ude00!"), "smile 😀!"),
        (("half \\ud83d", " alone"), "half \ufffd alone"),
    ],
)
def test_an_emoji_in_two_halves_is_put_together(
    chunks: tuple[str, ...], text: str, baton: Baton, connect: Any, tmp_path: Path, home: Path
) -> None:
    connect(stream(*map(chunk, chunks)))
    ended = baton("run", written(tmp_path, once(SERVER)), "--allow", "--input", "message=hi", "--json")
    assert ended.code == 0, ended.said
    assert json.loads(ended.out)["outputs"]["result"] == text
    kept = next((home / "baton" / "data" / "runs").iterdir()).read_text("utf-8")
    assert "RunFinished" in kept


def test_a_name_with_two_addresses_is_tried_at_both(tmp_path: Path) -> None:
    """A server listens at 127.0.0.1 alone, and localhost is ::1 first: models and web requests both get there."""
    page = {**step("tool.web_request", url="http://localhost:{port}/x")}
    script = """
import json, os, pathlib, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
from tests.faults.raw_server import answer, chunk, serving, stream
folder = pathlib.Path(sys.argv[2])
(folder / "hosts").write_text("::1 localhost\\n127.0.0.1 localhost\\n")
subprocess.run(["mount", "--bind", folder / "hosts", "/etc/hosts"], check=True)
first = socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)[0][4][0]
found = {"first": first}
for name in ("model", "page"):
    with serving(stream(chunk("hello")) if name == "model" else answer("hello", "text/plain")) as url:
        url = url.replace("127.0.0.1", "localhost")
        path = folder / f"{name}.json"
        path.write_text(path.read_text().replace("http://localhost:{port}/x", url))
        asked = ["run", path, "--allow", "--json", *(["--input", "message=hi"] if name == "model" else [])]
        done = subprocess.run([sys.executable, "-m", "app", *asked], cwd=sys.argv[1], capture_output=True, text=True,
                              env={**os.environ, "BATON_CONN_SRV_URL": url})
        found[name] = json.loads(done.stdout)["outputs"] if done.returncode == 0 else done.stdout + done.stderr
print(json.dumps(found))
"""
    written(tmp_path, once(SERVER), "model.json")
    written(
        tmp_path,
        workflow({"w": page, "o": {"type": "output.output"}}, [edge("w.text", "o.value")]),
        "page.json",
    )
    done = subprocess.run(
        [*own_mounts(), sys.executable, "-c", script, str(ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    if found["first"] != "::1":
        pytest.skip("no IPv6 here")
    assert found["model"] == found["page"] == {"result": "hello"}
