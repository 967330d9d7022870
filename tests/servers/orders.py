"""A shop on loopback that writes down every order and then answers, or breaks off in one of the ways it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

Ending = Literal["ok", "drop", "cut", "silent", "500", "502", "404", "503", "301", "302", "303"]


class Orders:
    """`taken` holds the bodies in the order in which they came. `endings` are used up one by one, then all is well. A
    redirect leads to a receipt, which is answered with the status `receipt`.
    """

    def __init__(self, endings: Sequence[Ending] = ()) -> None:
        self.taken: list[str] = []
        self.keys: list[str] = []
        self.endings = list(endings)
        self.receipt = 200
        self._over = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        orders = self

        class Till(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                orders.end(self, orders.take(body, self.headers.get("Idempotency-Key", "")))

            def do_GET(self) -> None:
                orders.say(self, orders.receipt)

            do_PUT = do_POST  # noqa: N815 - as the library calls it

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Till)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/orders"

    def take(self, body: str, key: str) -> Ending:
        with self._lock:
            self.taken.append(body)
            self.keys.append(key)
            return self.endings.pop(0) if self.endings else "ok"

    def end(self, request: BaseHTTPRequestHandler, ending: Ending) -> None:
        if ending == "silent":
            self._over.wait()
        if ending in ("silent", "drop"):
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        self.say(request, int(ending) if ending.isdigit() else 200, whole=ending != "cut")

    def say(self, request: BaseHTTPRequestHandler, status: int, *, whole: bool = True) -> None:
        said = b"half of it"
        request.send_response(status)
        if status in (429, 503):
            request.send_header("Retry-After", "0")
        if status in (301, 302, 303):
            request.send_header("Location", "/receipt")
        request.send_header("Content-Length", str(len(said) * (1 if whole else 2)))
        request.end_headers()
        request.wfile.write(said)


def nobody_there() -> str:
    """An address at which every connection is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/orders"
