"""A llama-server program that the person pointed to, run by the model host and spoken to by its own interface."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from subprocess import Popen
from typing import Any

from app.adapters.host_messages import HostConfiguration
from app.adapters.model_memory import MemoryNeed, batch_of
from app.processes.children import start_beside

_LOOK_EVERY = 0.05  # seconds, until it answers
_TRIES = 3  # ports: another program may take one between our look and its own
_PATIENCE = 10.0  # seconds for one answer
_MIB = 2**20


class ProgramFailed(Exception):
    """`code` is `model.program_missing`, `model.program_failed` or `model.program_open`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class LlamaProgram:
    """The program while it runs. Options that only newer ones know go by environment: older ones overlook them."""

    def __init__(
        self,
        configuration: HostConfiguration,
        context: int,
        threads: int,
        need: MemoryNeed,
        *,
        embeds: bool = False,
    ) -> None:
        self._configuration = configuration
        self._context = context
        self._threads = threads
        self._need = need
        self._embeds = embeds
        self.port = 0
        self.context = context

    def start(self, started: list[Popen[bytes]]) -> None:
        """Starts it and waits until it has loaded the model, however long that takes; puts it into the list at once,
        so that it can be ended meanwhile. Raises ProgramFailed.
        """
        for _ in range(_TRIES):
            self.port = _free_port()
            process = self._start()
            started[:] = [process]
            if self._answers(process):
                self._check()
                self._set_scales()
                return
            if not _is_taken(self.port):
                raise ProgramFailed("model.program_failed", str(process.returncode))
        raise ProgramFailed("model.program_failed", str(self.port))

    def _start(self) -> Popen[bytes]:
        try:
            return start_beside(self._command(), self._environment())
        except OSError as error:
            raise ProgramFailed("model.program_missing", error.strerror or type(error).__name__) from error

    def _command(self) -> Sequence[str]:
        given = self._configuration
        command = [given.program, "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["-m", given.model_path, "-c", str(self._context * given.slots), "-np", str(given.slots)]
        command += ["-ngl", str(given.gpu_layers), "-t", str(self._threads)]
        for adapter in given.adapters:
            command += ["--lora", adapter.path]
        return command

    def _environment(self) -> Mapping[str, str]:
        """The key isn't among the arguments, which everybody on this computer can read."""
        batch = str(batch_of(self._context, embeds=True))
        embeds = {"LLAMA_ARG_EMBEDDINGS": "1", "LLAMA_ARG_BATCH": batch, "LLAMA_ARG_UBATCH": batch}
        return {
            **(embeds if self._embeds else {}),
            "LLAMA_API_KEY": self._configuration.key,
            "LLAMA_ARG_CACHE_RAM": str(self._need.prompts // _MIB),
            "LLAMA_ARG_UI": "0",
            "LLAMA_ARG_WEBUI": "0",
            "LLAMA_ARG_NO_WEBUI": "1",
            "LLAMA_ARG_OFFLINE": "1",
        }

    def _answers(self, process: Popen[bytes]) -> bool:
        """Whether it comes up; False where it ends before."""
        while process.poll() is None:
            try:
                if self._ask("GET", "/health")[0] == HTTPStatus.OK:
                    return True
            except (OSError, HTTPException):
                pass  # it doesn't listen yet
            time.sleep(_LOOK_EVERY)
        return False

    def _check(self) -> None:
        """It wants the key, and serves what it was told to. Raises ProgramFailed."""
        if self._ask("GET", "/props")[0] == HTTPStatus.OK:
            raise ProgramFailed("model.program_open", self._configuration.program)
        status, props = self._ask("GET", "/props", key=self._configuration.key)
        match props:
            case {"model_path": path} if path != self._configuration.model_path:
                raise ProgramFailed("model.program_failed", str(path))
            case {"default_generation_settings": {"n_ctx": int(given)}} if status == HTTPStatus.OK:
                self.context = given
            case _:
                raise ProgramFailed("model.program_failed", f"/props: {status}")

    def _set_scales(self) -> None:
        """How strongly each adapter works; versions differ in how they take that as an argument."""
        adapters = self._configuration.adapters
        if not adapters:
            return
        scales = [{"id": number, "scale": one.scale} for number, one in enumerate(adapters)]
        status, _ = self._ask("POST", "/lora-adapters", scales, self._configuration.key)
        if status != HTTPStatus.OK:
            raise ProgramFailed("model.program_failed", f"/lora-adapters: {status}")

    def _ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        """Raises OSError, HTTPException."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)) as connection:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {**headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            try:
                return answer.status, json.loads(answer.read())
            except ValueError:
                return answer.status, None


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _is_taken(port: int) -> bool:
    """Whether somebody else has it now."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def follow(process: Popen[bytes]) -> None:
    """Ends this process as the program ended: whoever watches us then knows why."""
    code = process.wait()
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code or 1)
