"""A chat server in a process of its own that writes down every request before it answers.

It is told what to do over its input, a line each, and says one line of JSON for each of them.
"""

from __future__ import annotations

import asyncio
import json
import random
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.servers import answers
from tests.servers.answers import Answer

ROOT = Path(__file__).resolve().parents[2]
MODEL = "tiny-1"
QUIET = 4  # looks: who was let in at the door is a client a turn or two later


class _Chats:
    """`asked` holds the prompts in the order in which they came. Every answer is one that was never given before."""

    def __init__(self, fastest: float, slowest: float) -> None:
        self.asked: list[str] = []
        self.clients: set[_Client] = set()
        self.answering = 0
        self.seconds = {"": (fastest, slowest)}
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        self._waiting = [(n, later) for n, later in self._waiting if not self._is_reached(n, later)]
        return f"{prompt.partition('|')[0]}|answer {len(self.asked)}"

    def delay(self, prompt: str) -> float:
        seconds = self.seconds.get(prompt.rpartition("|")[2], self.seconds[""])
        return random.uniform(*seconds)

    async def until(self, count: int, seconds: float) -> None:
        """So many requests came, or so much time is over."""
        later = asyncio.get_running_loop().create_future()
        if not self._is_reached(count, later):
            self._waiting.append((count, later))
        await asyncio.wait([later], timeout=seconds)
        self._waiting = [one for one in self._waiting if one[1] is not later]

    async def busy(self, calls: int, seconds: float) -> None:
        """So many wait for their answers, or so much time is over."""
        due = asyncio.get_running_loop().time() + seconds
        while self.answering < calls and asyncio.get_running_loop().time() < due:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.001)

    async def alone(self, door: int) -> None:
        """No client is connected, and none is at the door: what a killed one had sent is read."""
        quiet = 0
        while quiet < QUIET:
            is_somebody_there = self.clients or select.select([door], [], [], 0)[0]
            quiet = 0 if is_somebody_there else quiet + 1
            await asyncio.sleep(0.002)

    def _is_reached(self, count: int, later: asyncio.Future[None]) -> bool:
        if len(self.asked) >= count and not later.done():
            later.set_result(None)
        return later.done()


class _Client(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    def __init__(self, chats: _Chats) -> None:
        self._chats = chats
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._chats.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._chats.clients.discard(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            body, self._data = self._data[end + 4 : end + 4 + length], self._data[end + 4 + length :]
            self._ask(json.loads(body))

    def _ask(self, body: Any) -> None:
        prompt = body["messages"][-1]["content"]
        said = self._chats.ask(prompt)
        kind, answer = "application/json", Answer(said, model=MODEL)
        if body.get("stream"):
            kind = "text/event-stream"
            whole = b"".join(answers.stream("openai", answer, MODEL, with_usage=True))
        else:
            whole = json.dumps(answers.whole("openai", answer, MODEL)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(whole)}\r\n\r\n"
        self._chats.answering += 1
        asyncio.get_running_loop().call_later(self._chats.delay(prompt), self._say, head.encode() + whole)

    def hang_up(self) -> None:
        self._transport.close()

    def _say(self, answer: bytes) -> None:
        self._chats.answering -= 1
        if not self._transport.is_closing():
            self._transport.write(answer)


class CountingServer:
    """The process, from a test's side. `seconds` are the fewest and the most that an answer takes."""

    def __init__(self, *seconds: float) -> None:
        command = [sys.executable, "-P", "-m", "tests.servers.counting", *map(str, seconds)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.url = f"http://127.0.0.1:{self._said()}/v1"

    def until(self, count: int, seconds: float) -> int:
        """Waits for so many requests in all, or so long. Gives how many came."""
        return self._tell("until", count, seconds)

    def busy(self, calls: int, seconds: float) -> None:
        """Waits until so many calls wait for their answers, or so long."""
        self._tell("busy", calls, seconds)

    def asked(self, after: int = 0) -> list[str]:
        """The prompts behind the first `after`, once no client is connected any more."""
        return self._tell("asked", after)

    def take(self, step: str, fastest: float, slowest: float) -> None:
        """How long answers to this step (what stands behind the last "|" of a prompt) take from now on."""
        self._tell("take", step, fastest, slowest)

    def hang_up(self) -> None:
        """Closes every connection, whatever is under way on it."""
        self._tell("hang up")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            self._process.kill()

    def _tell(self, *words: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        self._process.stdin.flush()
        return self._said()

    def _said(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


async def _serve(seconds: Sequence[float]) -> None:
    chats, loop = _Chats(*seconds), asyncio.get_running_loop()
    make: Callable[[], asyncio.Protocol] = lambda: _Client(chats)  # noqa: E731
    server = await loop.create_server(make, "127.0.0.1", 0, backlog=1024)
    told = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    _say(server.sockets[0].getsockname()[1])
    while line := await told.readline():
        match json.loads(line):
            case ["until", count, most]:
                await chats.until(count, most)
                _say(len(chats.asked))
            case ["busy", calls, most]:
                await chats.busy(calls, most)
                _say(None)
            case ["take", step, fastest, slowest]:
                chats.seconds[step] = (fastest, slowest)
                _say(None)
            case ["hang up"]:
                for client in [*chats.clients]:
                    client.hang_up()
                _say(None)
            case ["asked", after]:
                await chats.alone(server.sockets[0].fileno())
                _say(chats.asked[after:])


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve([float(word) for word in sys.argv[1:]]))
