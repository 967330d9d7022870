"""Lives of an engine: a process that has everything loaded, and forks one that runs a workflow for each life.

So a life begins in milliseconds, and ends by its own or by a kill as any process does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.files import written

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Life:
    """What one life is for: to begin a run, or to go on with `run`. What it came to is written to `said`: the run, its
    status and results, the codes of its problems, and what people were asked about.
    """

    profile: str
    flow: str
    rows: str
    url: str
    said: str
    run: str = ""
    at_a_time: int = 64
    decision: str = ""  # to every question; none: whoever asks waits for ever


def life_in(root: Path, flow: object, over: str, url: str, at_a_time: int = 64) -> Life:
    """One whose profile, workflow and answer lie in one folder; `over` names the table there, "" for none."""
    path = str(written(root, flow))
    return Life(str(root), path, over, url, str(root / "said.json"), at_a_time=at_a_time)


class EngineLives:
    """One life at a time, from a test's side."""

    def __init__(self, **environment: str) -> None:
        command = [sys.executable, "-P", "-m", "tests.faults.engine_lives"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._life = 0

    def begin(self, life: Life) -> int:
        """The id of its process."""
        if self._life:  # a test that failed has left it
            self._kill()
            self.end()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(life)).encode() + b"\n")
        self._process.stdin.flush()
        self._life = int(self._said())
        return self._life

    def end(self) -> int:
        """Waits for the end of the life. Gives its exit code, negative for a signal."""
        self._life = 0
        return self._said()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._life:
            self._kill()
        with self._process:
            self._process.kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._life, signal.SIGKILL)

    def _said(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    # Everything that a life needs is loaded before the first one; none of it starts a thread.
    from app.registry.discovery import discover

    discover()
    for name in ("app.engine", "app.processes.children", "encodings.utf_8_sig", "tests.journals"):
        import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                life = Life(**json.loads(line))
                said = asyncio.run(_live(life, Path(life.flow).read_bytes()))
                Path(life.said).write_text(json.dumps(said), "utf-8")
                code = 0
            finally:
                os._exit(code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


async def _live(life: Life, flow: bytes) -> dict[str, Any]:
    from app.document import json_codec
    from app.document.problem import ProblemError
    from app.engine import Engine, RunRequest
    from app.events.run_events import PersonAsked, RunFinished
    from app.processes import children
    from app.sdk.context import Answer
    from app.settings import Preferences
    from tests.journals import profile

    environment = {
        "BATON_CONN_COUNTING_KIND": "openai_compatible",
        "BATON_CONN_COUNTING_URL": life.url,
        "BATON_CONN_COUNTING_KEY": "right-key-0123456789",
        "BATON_CONN_COUNTING_MODEL": "tiny-1",
        "BATON_CONN_COUNTING_PARALLEL": str(life.at_a_time),
    }
    where = profile(Path(life.profile))
    engine = Engine(where, Preferences(), children, ("false",), environment)
    request = RunRequest(
        json_codec.read(flow).workflow,
        rows=life.rows,
        own=True,
        rows_at_a_time=life.at_a_time,
        folder=Path(life.profile),
    )
    try:
        handle = await engine.resume(life.run) if life.run else await engine.start(request)
    except ProblemError as refused:
        await engine.close()
        return {"run": "", "status": "refused", "problems": [problem.code for problem in refused.problems]}
    status, problems, asked = "", [""], list[str]()
    async for batch in handle.batches():
        for event in batch:
            if isinstance(event, RunFinished):
                status, problems = event.status, [problem.code for problem in event.problems]
            if isinstance(event, PersonAsked):
                asked.append(event.about)
                if life.decision:
                    handle.answer(event.node, event.scope, Answer(life.decision, event.value))  # type: ignore[arg-type]
    outputs = {
        name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in handle.outputs.items()
    }
    await engine.close()
    return {"run": handle.id, "status": status, "problems": problems, "outputs": outputs, "asked": asked}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve()
