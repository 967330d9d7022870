"""The model host: one line in, one line out, a key at the door, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.adapters.host_messages import HostConfiguration, HostFailed, HostReady, host_answer
from app.adapters.model_files import bundled_model_path
from tests.unit.processes.processes_seen import gone_within, running

HOST = [sys.executable, "-P", "-m", "app.processes.model_host"]
MODEL = bundled_model_path() or Path("the package that carries the default model is missing")
CONFIGURATION = HostConfiguration(str(MODEL), key="secret", threads=1, context=512, slots=1)

# A program that starts a host as ours does, tells its number, tells when it is loaded, and then hangs.
PARENT = """
import asyncio, sys, time
from app.processes.children import start_child
async def main():
    host = await start_child(sys.argv[2:])
    host.stdin.write(sys.argv[1].encode())
    print(host.pid, flush=True)
    print(await host.stdout.readline(), flush=True)
    time.sleep(600)
asyncio.run(main())
"""

Host = subprocess.Popen[bytes]


def start_host() -> Host:
    return subprocess.Popen(HOST, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def answer_to(line: bytes) -> tuple[HostReady | HostFailed, int]:
    """What a host says to a configuration, and its exit code."""
    with start_host() as host:
        assert host.stdin is not None
        assert host.stdout is not None
        host.stdin.write(line)
        host.stdin.flush()
        return host_answer(host.stdout.readline()), host.wait(60)


@pytest.fixture
def host() -> Iterator[Host]:
    with start_host() as process:
        yield process
        process.kill()


def ready(host: Host) -> HostReady:
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write(CONFIGURATION.to_line())
    host.stdin.flush()
    answer = host_answer(host.stdout.readline())
    assert isinstance(answer, HostReady)
    return answer


def status(port: int, path: str, key: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, b"{}", {"Authorization": f"Bearer {key}"})
    with closing(connection):
        return connection.getresponse().status


def test_it_serves_whoever_has_the_key_and_leaves_when_the_pipe_closes(host: Host) -> None:
    answer = ready(host)
    assert (answer.model, answer.context, answer.chat_template) == (MODEL.stem, 512, True)
    doors = ["/v1/chat/completions", "/completion", "/tokenize", "/props", "/slots", "/models"]
    assert {status(answer.port, door, "wrong") for door in doors} == {401}
    assert status(answer.port, "/tokenize", "secret") == 200
    rest, _ = host.communicate(timeout=60)
    assert rest == b""  # whatever libraries printed went elsewhere
    assert host.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("when", ["loaded", "loading"])
def test_no_host_outlives_a_killed_parent(when: str) -> None:
    command = [sys.executable, "-c", PARENT, CONFIGURATION.to_line().decode(), *HOST]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        host_pid = int(parent.stdout.readline())
        assert running(host_pid)
        if when == "loaded":
            assert b"ready" in parent.stdout.readline()
        os.kill(parent.pid, signal.SIGKILL)
    assert gone_within(60, host_pid)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "model.file_incomplete"),
        (b"<!DOCTYPE html><html>not found</html>", "model.file_not_gguf"),
        (b"GGUF" + bytes(60), "model.file_not_gguf"),
        (None, "model.file_missing"),
    ],
)
def test_a_bad_file_gets_a_code(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "bad.gguf"
    if content is not None:
        path.write_bytes(content)
    answer, exit_code = answer_to(replace(CONFIGURATION, model_path=str(path)).to_line())
    assert isinstance(answer, HostFailed)
    assert (answer.code, exit_code) == (code, 1)


def test_a_download_that_was_cut_off_gets_a_code(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with MODEL.open("rb") as whole:
        path.write_bytes(whole.read(20_000_000))
    answer, _ = answer_to(replace(CONFIGURATION, model_path=str(path)).to_line())
    assert isinstance(answer, HostFailed)
    assert answer.code == "model.file_incomplete"


@pytest.mark.parametrize(
    "line", [b"\n", b"no json\n", b"{}\n", b'{"model_path": "x", "key": ""}\n', b"[1]\n"]
)
def test_a_line_that_is_no_configuration_gets_a_code(line: bytes) -> None:
    answer, _ = answer_to(line)
    assert isinstance(answer, HostFailed)
    assert answer.code == "model.load_failed"
