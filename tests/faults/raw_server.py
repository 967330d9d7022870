"""A server on loopback that says exactly these bytes to whoever asks, well-formed or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

JSON, EVENTS = "application/json", "text/event-stream"


def answer(body: str | bytes, kind: str = JSON, status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer."""
    data = body if isinstance(body, bytes) else body.encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n"
    )
    return f"{head}{more}\r\n".encode() + data


def chunk(text: str) -> str:
    """A piece of a streamed chat; `text` stands in JSON as it is."""
    return (
        '{"object": "chat.completion.chunk", "model": "m", "choices": '
        f'[{{"index": 0, "delta": {{"content": "{text}"}}, "finish_reason": null}}]}}'
    )


def stream(*chunks: str) -> bytes:
    """Pieces and a good end."""
    last = '{"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}'
    return answer("".join(f"data: {one}\n\n" for one in (*chunks, last, "[DONE]")), EVENTS)


@contextmanager
def serving(said: bytes, seen: list[bytes] | None = None) -> Iterator[str]:
    """The address of an OpenAI-compatible server that always says the same; `seen` gets the requests."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, said, seen), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, said: bytes, seen: list[bytes] | None) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            try:
                request = _request(client)
                if seen is not None:
                    seen.append(request)
                client.sendall(said)
            except OSError:
                continue


def _request(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += client.recv(65536)
    return head + body
