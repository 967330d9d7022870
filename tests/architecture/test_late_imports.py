"""What must not be loaded: Qt by the engine and the command line, slow libraries by whoever doesn't use them.

Each question is asked in a fresh interpreter, since this one has long loaded everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# litellm takes 6 to 10 CPU seconds to import, networkx 0.8, httpx 0.25; mcp comes with litellm's tools.
SLOW = ("litellm", "mcp", "networkx", "httpx")

WITHOUT_QT = """
import importlib.abc, sys

class NoQt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "qasync"):
            raise ImportError(f"{name} must not be needed here")

sys.meta_path.insert(0, NoQt())
"""

IMPORT_ALL_OF = """
import importlib, pkgutil
for package in {packages}:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), package + "."):
        importlib.import_module(found.name)
"""

SAY_WHAT_IS_LOADED = """
import json, sys
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(code: str) -> set[str]:
    """The top-level packages in an interpreter's memory after it ran `code`."""
    finished = subprocess.run(
        [sys.executable, "-c", code + SAY_WHAT_IS_LOADED],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return set(json.loads(finished.stdout.splitlines()[-1]))


def test_engine_and_command_line_live_without_qt_and_load_nothing_slow() -> None:
    loaded = loaded_by(WITHOUT_QT + IMPORT_ALL_OF.format(packages=["app.engine", "app.cli"]))
    assert {"app", "typer"} <= loaded
    assert loaded.isdisjoint(SLOW)


def test_the_window_loads_nothing_slow() -> None:
    loaded = loaded_by(IMPORT_ALL_OF.format(packages=["app.ui"]))
    assert "PySide6" in loaded
    assert loaded.isdisjoint(SLOW)


OPEN_THE_WINDOW = """
from PySide6.QtCore import QTimer
from app.ui import application

class ClosesWhenReady(application.MainWindow):
    def __init__(self, *given):
        super().__init__(*given)
        self.link.state_changed.connect(self.close_when_ready)

    def close_when_ready(self, state):
        if state == "ready":
            QTimer.singleShot(0, self.close)

application.MainWindow = ClosesWhenReady
assert application.run([]) == 0
"""


def test_opening_the_window_loads_nothing_slow() -> None:
    loaded = loaded_by(OPEN_THE_WINDOW)
    assert "qasync" in loaded
    assert loaded.isdisjoint(SLOW)


ONE_CALL = {
    "format": "baton.workflow",
    "formatVersion": 1,
    "workflow": {
        "id": "w",
        "name": "One call of the embedded model",
        "nodes": {
            "m": {
                "type": "model.text",
                "typeVersion": 1,
                "fields": {"prompt": "Say hello.", "max_tokens": 4},
            },
            "o": {"type": "output.output", "typeVersion": 1},
        },
        "edges": [{"from": {"node": "m", "port": "text"}, "to": {"node": "o", "port": "value"}}],
    },
}

RUN_THE_COMMAND = """
import sys
from app.__main__ import main
sys.argv = ["baton", *{arguments}]
assert main() in (0, None)
"""


def test_a_run_on_the_embedded_model_loads_nothing_slow(tmp_path: Path) -> None:
    file = tmp_path / "one-call.baton.json"
    file.write_text(json.dumps(ONE_CALL))
    loaded = loaded_by(RUN_THE_COMMAND.format(arguments=["run", str(file), "--allow", "--json"]))
    assert "aiohttp" in loaded
    assert loaded.isdisjoint({*SLOW, "PySide6"})
