"""The model host: a process that serves one local model on loopback for as long as its parent holds the pipe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

from app.adapters.gguf_facts import GgufFacts, read_gguf_facts
from app.adapters.gguf_header import GgufError
from app.adapters.host_messages import HostConfiguration, HostFailed, HostReady
from app.adapters.model_memory import BATCH, memory_need
from app.processes.parent import die_with_parent, private_stdout

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
        os._exit(1)
    watcher.join()
    os._exit(0)


def _answer(line: bytes) -> HostReady | HostFailed:
    try:
        configuration = HostConfiguration.from_line(line)
        return _serve(configuration, read_gguf_facts(Path(configuration.model_path)))
    except GgufError as error:
        return HostFailed(error.code, error.detail)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the parent waits to hear of it
        return HostFailed("model.load_failed", f"{type(error).__name__}: {error}")


def _leave_with_parent() -> None:
    """The parent's end of the pipe closes when it says goodbye and when it dies.

    The process ends without tidying up: an engine asked to end in an orderly way just after loading may hang.
    """
    while os.read(0, 4096):
        pass
    os._exit(0)


def _serve(configuration: HostConfiguration, facts: GgufFacts) -> HostReady:
    """Load the model and answer requests that carry the key; raises RuntimeError when the engine refuses the file."""
    import xllamacpp  # here, so that a bad file is refused without loading the engine

    engine: Any = xllamacpp  # it has no types
    model = Path(configuration.model_path).stem
    context = min(configuration.context, facts.context or configuration.context)
    need = memory_need(facts.shape, context, configuration.slots)
    threads = configuration.threads or max(1, (os.cpu_count() or 2) - 1)
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
    params.n_batch = BATCH
    params.n_ubatch = BATCH
    params.cache_ram_mib = need.prompts // _MIB
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    server = engine.Server(params)
    port = int(server.listening_address.rpartition(":")[2])
    _served.append(server)
    return HostReady(port=port, model=model, context=context, chat_template=facts.chat_template)


_served: list[object] = []  # the engine stops when its object is let go


if __name__ == "__main__":
    main()
