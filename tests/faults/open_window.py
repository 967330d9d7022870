"""A window without a screen that runs a workflow over its samples, as a program of its own for tests that kill it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import qasync

from app.adapters.workflow_files import read_file
from app.processes.messages import Ping
from app.registry.discovery import discover
from app.settings import folders
from app.ui.application import make_application
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.main_window import MainWindow
from app.ui.run_stream import RunWish
from app.ui.session import Place


async def run(path: Path) -> None:
    """Says on stdout what happens, one word a line."""
    window = MainWindow(discover(), KeptPreferences(folders()), EngineLink())
    window.show()
    window.session.open(read_file(path).workflow, Place(path))
    window.link.state_changed.connect(
        lambda state: print(f"engine {state} {window.link.process}", flush=True)
    )
    window.link.start()
    await window.link.ask(Ping())
    await window.stream.start(RunWish(rows="samples"))
    said = ""
    closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    window.closed.connect(lambda: closed.set_result(None))
    asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline).add_done_callback(
        lambda _: window.close()
    )
    while not closed.done():
        if (now := f"run {window.session.run.status} {window.session.run.node('mod').status}") != said:
            said = now
            print(said, flush=True)
        await asyncio.sleep(0.02)
    await window.link.end()
    print("closed", flush=True)


def main() -> None:
    app = make_application(folders())
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(run(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
