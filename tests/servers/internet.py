"""A little internet on loopback: a proxy behind which every provider's host is one TLS server that a test scripts.

So a provider's own address is asked as it stands, with its host name checked, and nothing leaves this computer.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters.egress import Egress
from app.adapters.proxies import Proxies
from tests.servers.answers import Answer, whole


@dataclass(frozen=True)
class Call:
    """A request as it came to a host."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: Any


class _Straight(Proxies):
    def bypass(self, host: str) -> bool:
        return False


@dataclass
class Internet:
    """`hosts` are the names that the server has a certificate for. `refusal`: status and body of all answers."""

    folder: Path
    hosts: tuple[str, ...]
    calls: list[Call] = field(default_factory=list)
    refusal: tuple[int, Any] | None = None

    async def __aenter__(self) -> Self:
        pem = self._certificate()
        serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving.load_cert_chain(pem)
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=serving).start()
        self._behind: int = self._runner.addresses[0][1]
        self._proxy = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        port = self._proxy.sockets[0].getsockname()[1]
        proxies = _Straight({"https": f"http://127.0.0.1:{port}"})
        self.egress = Egress(proxies=proxies, certificates=ssl.create_default_context(cafile=pem))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.egress.close()
        self._proxy.close()
        await self._runner.cleanup()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            there = await asyncio.open_connection("127.0.0.1", self._behind)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.calls.append(Call(request.method, request.host, request.path_qs, dict(request.headers), body))
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        if request.method == "GET":
            return web.json_response({"object": "list", "data": [], "models": []})
        path, name = request.path, (body or {}).get("model", "m")
        dialect = (
            "anthropic"
            if path.endswith("/messages")
            else "gemini"
            if path.endswith(":generateContent")
            else "bedrock"
            if path.endswith("/converse")
            else "openai"
        )
        return web.json_response(whole(dialect, Answer(), name))  # type: ignore[arg-type]

    def _certificate(self) -> Path:
        """For all hosts at once, signed by nobody but itself; with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "internet")])
        now = datetime.now(UTC)
        names = [*map(x509.DNSName, self.hosts), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = self.folder / "internet.pem"
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        path.write_bytes(
            key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
            + certificate.public_bytes(encoding)
        )
        return path


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
