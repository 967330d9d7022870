"""The messages between the model host and the one who starts it, each one JSON line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from app.adapters.model_setup import LoraAdapter


@dataclass(frozen=True, slots=True)
class HostConfiguration:
    """What the host is told: a GGUF file, how much of the machine to use, and the key to ask for.

    `context` is in tokens for each of the `slots` that answer side by side; 0 threads means all cores but one.
    `adapters` are LoRA adapters. Where a `program` is named, the host has that llama-server answer instead of its own
    engine, with so many of the model's layers on a graphics processor.
    """

    model_path: str
    threads: int = 0
    context: int = 4096
    slots: int = 2
    key: str = ""
    adapters: tuple[LoraAdapter, ...] = ()
    program: str = ""
    gpu_layers: int = 0

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> HostConfiguration:
        """Raises ValueError when the line isn't a configuration."""
        try:
            said = json.loads(line)
            adapters = tuple(LoraAdapter(**one) for one in said.pop("adapters", ()))
            configuration = cls(**said, adapters=adapters)
        except (TypeError, AttributeError) as error:
            raise ValueError(error) from error
        if not configuration.key or configuration.context < 1 or configuration.slots < 1:
            raise ValueError("a key, a context and a slot are needed")
        return configuration


@dataclass(frozen=True, slots=True)
class HostReady:
    """The host answers at 127.0.0.1:`port`; `context` is in tokens for each slot."""

    port: int
    model: str
    context: int
    chat_template: bool

    def to_line(self) -> bytes:
        return json.dumps({"ready": asdict(self)}).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class HostFailed:
    """The host can't serve the model and has ended. `code` is one of `model.*`; `detail` is the engine's own word.

    `file` is the file at fault where that isn't the model's own.
    """

    code: str
    detail: str
    file: str = ""

    def to_line(self) -> bytes:
        return json.dumps({"failed": asdict(self)}).encode() + b"\n"


def host_answer(line: bytes) -> HostReady | HostFailed:
    """Read the host's one line; raises ValueError when it is anything else."""
    match json.loads(line):
        case {
            "ready": {
                "port": int(port),
                "model": str(model),
                "context": int(context),
                "chat_template": bool(chat),
            }
        }:
            return HostReady(port, model, context, chat)
        case {"failed": {"code": str(code), "detail": str(detail), "file": str(file)}}:
            return HostFailed(code, detail, file)
        case _:
            raise ValueError("neither ready nor failed")
