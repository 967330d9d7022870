"""Little model servers as people run them at home: Ollama, LM Studio, llama.cpp, vLLM and a plain web server.

Each answers on loopback as its maker's documentation shows it, one address or the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

Maker = Literal["ollama", "lm_studio", "llama_cpp", "vllm", "web_page", "locked"]


def _ollama_details(family: str, size: str) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": size,
        "quantization_level": "Q4_K_M",
    }


OLLAMA_TAGS = {
    "models": [
        {
            "name": name,
            "model": name,
            "modified_at": "2026-05-10T08:06:48.639712648-07:00",
            "size": size,
            "digest": "0a8c266910232fd3291e71e5ba1e058cc5af9d411192cf88b6d30e92b6e73163",
            "details": _ollama_details(family, parameters),
        }
        for name, size, family, parameters in (
            ("qwen2.5:7b", 4683075271, "qwen2", "7.6B"),
            ("llava:latest", 4733363377, "llama", "7B"),
            ("nomic-embed-text:latest", 274302450, "nomic-bert", "137M"),
        )
    ]
}
OLLAMA_SHOW: dict[str, dict[str, Any]] = {
    "qwen2.5:7b": {
        "parameters": 'num_ctx                        8192\nstop                           "<|im_end|>"',
        "template": "{{ .Prompt }}",
        "details": _ollama_details("qwen2", "7.6B"),
        "model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768},
        "capabilities": ["completion", "tools"],
    },
    "llava:latest": {
        "details": _ollama_details("llama", "7B"),
        "model_info": {"general.architecture": "llama", "llama.context_length": 4096},
        "capabilities": ["completion", "vision"],
    },
    "nomic-embed-text:latest": {
        "details": _ollama_details("nomic-bert", "137M"),
        "model_info": {"general.architecture": "nomic-bert", "nomic-bert.context_length": 2048},
        "capabilities": ["embedding"],
    },
}
OLLAMA_PS = {
    "models": [
        {
            "name": "llava:latest",
            "model": "llava:latest",
            "size": 5137025024,
            "digest": "2ae6f6dd7a3dd734790bbbf58b8909a606e0e7e97e94b7604e0aa7ae4490e6d8",
            "details": _ollama_details("llama", "7B"),
            "expires_at": "2026-06-04T14:38:31.83753-07:00",
            "size_vram": 3852768768,
            "context_length": 4096,
        }
    ]
}
LM_STUDIO = {
    "object": "list",
    "data": [
        {
            "id": "qwen2-vl-7b-instruct",
            "object": "model",
            "type": "vlm",
            "publisher": "mlx-community",
            "arch": "qwen2_vl",
            "compatibility_type": "mlx",
            "quantization": "4bit",
            "state": "not-loaded",
            "max_context_length": 32768,
        },
        {
            "id": "meta-llama-3.1-8b-instruct",
            "object": "model",
            "type": "llm",
            "publisher": "lmstudio-community",
            "arch": "llama",
            "compatibility_type": "gguf",
            "quantization": "Q4_K_M",
            "state": "loaded",
            "max_context_length": 131072,
            "loaded_context_length": 4096,
            "capabilities": ["tool_use"],
        },
        {
            "id": "text-embedding-nomic-embed-text-v1.5",
            "object": "model",
            "type": "embeddings",
            "publisher": "nomic-ai",
            "arch": "nomic-bert",
            "compatibility_type": "gguf",
            "quantization": "Q4_0",
            "state": "not-loaded",
            "max_context_length": 2048,
        },
    ],
}
LLAMA_CPP_MODELS = {
    "object": "list",
    "data": [
        {
            "id": "gemma-3-12b-it-Q4_K_M.gguf",
            "object": "model",
            "created": 1735142223,
            "owned_by": "llamacpp",
            "meta": {"vocab_type": 2, "n_vocab": 262144, "n_ctx_train": 131072, "size": 7300574912},
        }
    ],
}
LLAMA_CPP_PROPS = {
    "default_generation_settings": {"n_ctx": 16384},
    "total_slots": 4,
    "model_path": "gemma-3-12b-it-Q4_K_M.gguf",
    "chat_template": "{{ messages }}",
    "chat_template_caps": {"supports_tools": True, "supports_tool_calls": True},
    "modalities": {"vision": True, "audio": False},
    "build_info": "b4991-1ec65b1",
}
VLLM = {
    "object": "list",
    "data": [
        {
            "id": "Qwen/Qwen2.5-1.5B-Instruct",
            "object": "model",
            "created": 1735142223,
            "owned_by": "vllm",
            "root": "Qwen/Qwen2.5-1.5B-Instruct",
            "parent": None,
            "max_model_len": 32768,
            "permission": [],
        }
    ],
}


@dataclass
class LocalServer:
    """`host` is the only address on which it listens. `asked` keeps method, path and headers of each request."""

    maker: Maker
    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    port: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.headers)))
        body = await request.json() if request.can_read_body else {}
        answer: Callable[[str, str, Any], web.Response] = getattr(self, f"_{self.maker}")
        return answer(request.method, request.path, body)

    def _ollama(self, method: str, path: str, body: Any) -> web.Response:
        match method, path:
            case "GET", "/api/tags":
                return web.json_response(OLLAMA_TAGS)
            case "GET", "/api/ps":
                return web.json_response(OLLAMA_PS)
            case "POST", "/api/show" if body["model"] in OLLAMA_SHOW:
                return web.json_response(OLLAMA_SHOW[body["model"]])
            case "POST", "/v1/chat/completions":
                return _said(body["model"])
            case _:
                return web.Response(text="404 page not found", status=404)

    def _lm_studio(self, method: str, path: str, body: Any) -> web.Response:
        match method, path:
            case "GET", "/api/v0/models":
                return web.json_response(LM_STUDIO)
            case "POST", "/v1/chat/completions":
                return _said(body["model"])
            case _:  # it answers everything, with a good status
                return web.json_response({"error": f"Unexpected endpoint or method. ({method} {path})"})

    def _llama_cpp(self, method: str, path: str, body: Any) -> web.Response:
        headers = {"Server": "llama.cpp"}
        match method, path:
            case "GET", "/v1/models":
                return web.json_response(LLAMA_CPP_MODELS, headers=headers)
            case "GET", "/props":
                return web.json_response(LLAMA_CPP_PROPS, headers=headers)
            case "POST", "/v1/chat/completions":
                return _said(body["model"])
            case _:
                error = {"message": "File Not Found", "type": "not_found_error", "code": 404}
                return web.json_response({"error": error}, status=404, headers=headers)

    def _vllm(self, method: str, path: str, body: Any) -> web.Response:
        match method, path:
            case "GET", "/v1/models":
                return web.json_response(VLLM)
            case "POST", "/v1/chat/completions":
                return _said(body["model"])
            case _:
                return web.json_response({"detail": "Not Found"}, status=404)

    def _web_page(self, method: str, path: str, body: Any) -> web.Response:
        return web.Response(text="<html><title>My site</title></html>", content_type="text/html")

    def _locked(self, method: str, path: str, body: Any) -> web.Response:
        return web.json_response({"error": "Unauthorized"}, status=401)


def _said(model: str) -> web.Response:
    message = {"role": "assistant", "content": "Hello!"}
    body = {
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }
    return web.Response(text=json.dumps(body), content_type="application/json")
