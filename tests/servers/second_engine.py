"""A thin server in OpenAI's dialect around another engine than the embedded one: mistral.rs, written in Rust.

It runs with that engine and nothing else: `PYTHONPATH=ENGINE python -S second_engine.py MODEL.gguf KEY`.
It prints its port, serves one call at a time, and ends when its input closes.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from mistralrs import ChatCompletionRequest, Runner, Which  # type: ignore[import-not-found]

file, key = Path(sys.argv[1]), sys.argv[2]
runner = Runner(which=Which.GGUF(quantized_model_id=str(file.parent), quantized_filename=file.name))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing is said."""

    def do_GET(self) -> None:
        row = {"id": file.stem, "object": "model", "owned_by": "local"}
        self._say(200, {"object": "list", "data": [row]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {key}":
            self._say(401, {"error": {"message": "Wrong key.", "code": "invalid_api_key"}})
            return
        if asked["model"] != file.stem:
            self._say(404, {"error": {"message": "No such model.", "code": "model_not_found"}})
            return
        reply = runner.send_chat_completion_request(
            ChatCompletionRequest(
                model="default",
                messages=[{"role": one["role"], "content": one["content"]} for one in asked["messages"]],
                max_tokens=asked.get("max_tokens"),
                temperature=asked.get("temperature"),
                stream=bool(asked.get("stream")),
            )
        )
        if asked.get("stream"):
            self._stream(reply)
            return
        choice = reply.choices[0]
        message = {"role": "assistant", "content": choice.message.content}
        self._say(
            200,
            {
                "model": file.stem,
                "choices": [{"index": 0, "message": message, "finish_reason": choice.finish_reason}],
                "usage": _usage(reply.usage),
            },
        )

    def _stream(self, pieces: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces:
            choice = piece.choices[0]
            delta = {"content": choice.delta.content}
            row = {"index": 0, "delta": delta, "finish_reason": choice.finish_reason}
            self._event({"model": file.stem, "choices": [row]})
            if getattr(piece, "usage", None) is not None:
                self._event({"model": file.stem, "choices": [], "usage": _usage(piece.usage)})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(self, data: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def _say(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _usage(usage: Any) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
