"""The model host: a process that serves one local model on loopback for as long as its parent holds the pipe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

from app.adapters.gguf_facts import GgufFacts, facts_of
from app.adapters.gguf_header import GgufError, read_header
from app.adapters.host_messages import HostConfiguration, HostFailed, HostReady
from app.adapters.lora_check import check_adapter
from app.adapters.model_memory import batch_of, memory_need
from app.processes.parent import die_with_parent, private_stdout

if TYPE_CHECKING:
    from subprocess import Popen

_MIB = 2**20


def main() -> NoReturn:
    """Read a configuration line, serve, answer with one line, stay until stdin closes."""
    channel = private_stdout()
    die_with_parent()
    line = sys.stdin.buffer.readline()
    # From here on: a parent may be gone before a large model is loaded.
    watcher = Thread(target=_leave_with_parent, daemon=True)
    watcher.start()
    answer = _answer(line)
    channel.write(answer.to_line())
    if isinstance(answer, HostFailed):
        _leave(1)
    if _programs:
        from app.processes.llama_program import follow

        follow(_programs[0])
    watcher.join()
    os._exit(0)


def _answer(line: bytes) -> HostReady | HostFailed:
    file = ""
    try:
        configuration = HostConfiguration.from_line(line)
        path = Path(configuration.model_path)
        header = read_header(path)
        for adapter in configuration.adapters:
            file = adapter.path
            check_adapter(header, Path(file))
        file, facts = "", facts_of(header, path.stem)
        if facts.adapts:
            return HostFailed("model.file_is_adapter", facts.adapts)
        return (
            _serve_by_program(configuration, facts) if configuration.program else _serve(configuration, facts)
        )
    except GgufError as error:
        return HostFailed(error.code, error.detail, file)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the parent waits to hear of it
        return HostFailed("model.load_failed", f"{type(error).__name__}: {error}")


def _leave_with_parent() -> None:
    """The parent's end of the pipe closes when it says goodbye and when it dies.

    The process ends without tidying up: an engine asked to end in an orderly way just after loading may hang.
    """
    while os.read(0, 4096):
        pass
    _leave(0)


def _leave(code: int) -> NoReturn:
    for program in _programs:
        program.kill()
    os._exit(code)


def _serve_by_program(configuration: HostConfiguration, facts: GgufFacts) -> HostReady | HostFailed:
    """Has the person's own program load the model and answer requests that carry the key."""
    from app.processes.llama_program import LlamaProgram, ProgramFailed  # here: most hosts never need it

    context, threads = _context(configuration, facts), _threads(configuration)
    need = memory_need(facts.shape, context, configuration.slots)
    program = LlamaProgram(configuration, context, threads, need, embeds=facts.embeds)
    model = Path(configuration.model_path).stem
    try:
        program.start(_programs)
    except ProgramFailed as error:
        return HostFailed(error.code, error.detail)
    return HostReady(program.port, model, program.context, facts.chat_template)


def _serve(configuration: HostConfiguration, facts: GgufFacts) -> HostReady:
    """Load the model and answer requests that carry the key; raises RuntimeError when the engine refuses the file."""
    import xllamacpp  # here, so that a bad file is refused without loading the engine

    engine: Any = xllamacpp  # it has no types
    model = Path(configuration.model_path).stem
    context, threads = _context(configuration, facts), _threads(configuration)
    need = memory_need(facts.shape, context, configuration.slots)
    params = engine.CommonParams()
    params.model.path = configuration.model_path
    params.model_alias = {model}
    params.api_keys = [configuration.key]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cors_origins = ""
    params.ui = False
    params.offline = True
    params.endpoint_slots = False
    params.n_ctx = context * configuration.slots
    params.n_parallel = configuration.slots
    params.embedding = facts.embeds
    params.n_batch = params.n_ubatch = batch_of(context, embeds=facts.embeds)
    params.cache_ram_mib = need.prompts // _MIB
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.lora_adapters = [
        engine.CommonAdapterLoraInfo(one.path, one.scale) for one in configuration.adapters
    ]
    server = engine.Server(params)
    port = int(server.listening_address.rpartition(":")[2])
    _served.append(server)
    return HostReady(port=port, model=model, context=context, chat_template=facts.chat_template)


def _context(configuration: HostConfiguration, facts: GgufFacts) -> int:
    return min(configuration.context, facts.context or configuration.context)


def _threads(configuration: HostConfiguration) -> int:
    return configuration.threads or max(1, (os.cpu_count() or 2) - 1)


_served: list[object] = []  # the engine stops when its object is let go
_programs: list[Popen[bytes]] = []  # started beside us


if __name__ == "__main__":
    main()
