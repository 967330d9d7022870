"""A server of one file on loopback that behaves as real ones do at their worst: it cuts, lies, changes and forgets."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PIECE = 65_536


@dataclass(frozen=True)
class Asked:
    """One request: its path and its headers, in lower case."""

    path: str
    headers: dict[str, str]

    @property
    def begins(self) -> int:
        match = _RANGE.fullmatch(self.headers.get("range", ""))
        return int(match[1]) if match else 0


@dataclass
class FileServer:
    """`cuts` are the numbers of bytes after which answers break off, one an answer, of those that begin the file or
    go on with it; answers to `look_at` come whole. `claims`: how many bytes more it says than there are.
    """

    content: bytes
    tag: str = '"v1"'
    ranges: bool = True
    cuts: list[int] = field(default_factory=list[int])
    claims: int = 0
    chunked: bool = False
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    leads_to: str = ""
    holds_after: int | None = None  # bytes after which it says nothing more and waits
    asked: list[Asked] = field(default_factory=list[Asked])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._open: set[asyncio.StreamWriter] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()

    def url(self, path: str = "/tiny-Q4_0.gguf") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def downloads(self) -> list[Asked]:
        """Requests for the file itself, not for a look at its beginning."""
        return [one for one in self.asked if not re.fullmatch(r"bytes=0-\d+", one.headers.get("range", ""))]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            asked = Asked(first.split(" ")[1], headers)
            self.asked.append(asked)
            await self._answer(writer, asked)
            await writer.drain()
        self._open.discard(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, asked: Asked) -> None:
        if self.leads_to or self.status not in (200, 206):
            status, more = (302, {"Location": self.leads_to}) if self.leads_to else (self.status, {})
            writer.write(_head(status, {**self.headers, **more, "Content-Length": "0"}))
            return
        match = _RANGE.fullmatch(asked.headers.get("range", "")) if self.ranges else None
        if match and asked.headers.get("if-range", self.tag) != self.tag:
            match = None
        begin, size = int(match[1]) if match else 0, len(self.content)
        if match and begin >= size:
            writer.write(_head(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"}))
            return
        end = min(int(match[2]), size - 1) if match and match[2] else size - 1
        headers = {**({"ETag": self.tag} if self.tag else {}), **self.headers}
        if match:
            headers["Content-Range"] = f"bytes {begin}-{end}/{size + self.claims}"
        body = self.content[begin : end + 1]
        if self.chunked:
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            headers["Content-Length"] = str(len(body) + self.claims)
        writer.write(_head(206 if match else 200, headers))
        is_look = re.fullmatch(r"bytes=0-\d+", asked.headers.get("range", "")) is not None
        if self.cuts and not is_look:
            body = body[: self.cuts.pop(0)]
        if self.holds_after is not None and not is_look:
            await self._send(writer, body[: self.holds_after])
            await asyncio.Event().wait()
        await self._send(writer, body)

    async def _send(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        for at in range(0, len(body), _PIECE):
            writer.write(body[at : at + _PIECE])
            await writer.drain()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 {status} Said\r\n{''.join(lines)}Connection: close\r\n\r\n".encode()
