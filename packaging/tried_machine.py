"""The packaged program on a stranger's machine, piece by piece: what it has to do, and what came of it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import frozen_contents
from window_keys import WindowKeys, screen
from yardstick import slowness

PROJECT = Path(__file__).resolve().parent.parent
STARTER = "/usr/lib/baton/_internal/resources/examples/sort-the-inbox.baton.json"
SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where X11 has them
PATIENCE = 120.0  # seconds for anything to happen on a busy machine
FIRST_RESULT = (
    10.0  # seconds that the first answer may take after the first start; on a slower machine as much more
)
WINDOW_CPU = 1.5  # CPU seconds until the window is painted; on a slower machine as much more
PAINTED = re.compile(r"first paint after ([\d.]+) CPU s")
CLAUDE = "claude-haiku-4-5"  # a model whose price is known
SOMEBODY = 1000  # the first person of a Debian
HOME = "/home/somebody"
ASKED = ("--input", "message=Where is my parcel?", "--input", "answer=delivery", "--json")


class Machine:
    """The installed program on its machine. Each piece gives a sentence of what came out, or ends the smoke run."""

    starter = STARTER
    own_home = HOME  # as the program sees it
    unpacked = f"{HOME}/baton"  # the archive

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "usr/lib/baton"
        self.program = self.folder / "baton"
        self.home = root / HOME[1:]  # the same folder as we see it
        self.hello = f"{HOME}/hello.baton.json"

    def pieces(self) -> Mapping[str, Callable[[], str]]:
        """What is tried, in this order."""
        return {
            "contents": self.contents,
            "parts": self.parts,
            "first result": self.first_result,
            "another provider": self.another_provider,
            "killed and resumed": self.killed_and_resumed,
            "window": self.window,
            "archive": self.archive,
            "files": self.files,
        }

    def command(self, *arguments: str, **more: str) -> list[str]:
        return self.started("baton", *arguments, **more)

    def started(self, program: str, *arguments: str, **more: str) -> list[str]:
        """The command of somebody who is no administrator."""
        environment = {"HOME": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **more}
        pairs = [f"{name}={value}" for name, value in environment.items()]
        somebody = ["chroot", f"--userspec={SOMEBODY}:{SOMEBODY}", "--groups=", str(self.root)]
        return [*somebody, "env", "-i", f"--chdir={HOME}", *pairs, program, *arguments]

    def output(self, *arguments: str, **more: str) -> str:
        return said_by(self.command(*arguments, **more))

    def contents(self) -> str:
        """No tests, installers, servers and toolkits of others; everything that is loaded by its name alone."""
        modules = frozen_contents.modules_of(self.program)
        files = [path.relative_to(self.folder) for path in self.folder.rglob("*")]
        wrong, lacking = frozen_contents.left_in(modules, files), frozen_contents.missing(modules, PROJECT)
        wanted(not wrong, f"in it is what should have stayed out: {wrong}")
        wanted(not lacking, f"it lacks {lacking}")
        broken = [str(self.folder / path) for path in files if not (self.folder / path).exists()]
        wanted(not broken, f"these lead nowhere: {broken}")
        return f"{len(modules)} modules of Python, {len(files)} files"

    def parts(self) -> str:
        found = json.loads(self.output("doctor", "--json"))
        wanted(bool(found["models"]), "the default model is missing")
        missing = [name for name, version in found["packages"].items() if not version]
        wanted(not missing, f"without a version: {missing}")
        tested = json.loads(self.output("self-test"))
        return "; ".join(f"{name} {said['detail']}" for name, said in tested.items())

    def first_result(self) -> str:
        begun, worked = time.monotonic(), children_worked()
        run = json.loads(self.output("run", self.starter, *ASKED))
        seconds = time.monotonic() - begun
        wanted(run["status"] == "done" and run["total"]["usage"]["input"] > 0, "no tokens were counted")
        worked = children_worked() - worked
        # Other work on this machine is no fault of the program's.
        wanted(min(seconds, worked) <= FIRST_RESULT * slowness(), f"it took {seconds:.1f} s")
        return f"{run['outputs']} after {seconds:.1f} s, {worked:.1f} CPU s"

    def another_provider(self) -> str:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.servers.scripted"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            port = json.loads(server.stdout.readline())["port"]
            account = {
                "BATON_CONN_CLAUDE_KIND": "anthropic",
                # By way of a proxy: what answers under an address of this very computer is taken to be free.
                "BATON_CONN_CLAUDE_URL": "http://claude.invalid/anthropic",
                "HTTP_PROXY": f"http://127.0.0.1:{port}",
                "BATON_CONN_CLAUDE_KEY": "right-key-0123456789",
                "BATON_CONN_CLAUDE_MODEL": CLAUDE,
            }
            self.write(
                "hello.baton.json", asks({"connection": "claude", "kind": "anthropic", "model": CLAUDE})
            )
            asked = (self.hello, "--allow", "--input", "message=Hello", "--json")
            run = json.loads(self.output("run", *asked, **account))
            server.kill()
        usage, cost = run["total"]["usage"], run["total"]["cost"]
        wanted((usage["input"], usage["output"]) == (12, 5), f"it counted {usage}")
        wanted(cost["state"] == "priced" and float(cost["usd"]) > 0, f"it cost {cost}")
        return f"{usage['input']} + {usage['output']} tokens, ${cost['usd']}"

    def killed_and_resumed(self) -> str:
        program = subprocess.Popen(
            self.command("run", self.starter, "--rows", "samples", "--events"),
            stdout=subprocess.PIPE,
            text=True,
        )
        run, settled = "", 0
        for line in program.stdout:
            event = json.loads(line)
            run = event.get("run") or run
            settled += event["event"] == "RowSettled"
            if settled == 3:
                break
        program.send_signal(signal.SIGKILL)
        program.wait()
        program.stdout.close()
        wanted(bool(run), "the run has no name")
        resumed = json.loads(self.output("run", self.starter, "--resume", run, "--json"))
        wanted(resumed["status"] == "done" and resumed["rows"]["done"] == 60, f"it came to {resumed['rows']}")
        return f"killed after {settled} rows, then {resumed['rows']['done']} of 60"

    def window(self) -> str:
        with screen() as display:
            seen = self.root / SOCKETS.relative_to("/")
            seen.mkdir(exist_ok=True)
            subprocess.run(["mount", "--bind", str(SOCKETS), str(seen)], check=True)
            painted = self.used_by_keys(display)
        wanted(painted <= WINDOW_CPU * slowness(), f"the window came late: after {painted} CPU s")
        return f"painted after {painted} CPU s, saved, closed"

    def used_by_keys(self, display: str) -> float:
        """Opens the window, saves by its keys, closes it; gives the CPU seconds until it was painted."""
        saved = self.home / "saved.baton.json"
        with tempfile.TemporaryFile("w+") as log:
            keys = WindowKeys(display, log)
            program = subprocess.Popen(self.command(DISPLAY=display, BATON_TRACE_START="1"), stderr=log)
            window = keys.window()
            keys.open_dialog(window, "ctrl+s")
            keys.fill_in(window, f"{self.own_home}/saved.baton.json", saved.is_file)
            keys.window()
            keys.press("ctrl+q", lambda: program.poll() is not None)
            keys.close()
            log.seek(0)
            said = log.read()
        wanted(program.returncode == 0, f"the window ended with {program.returncode}: {said}")
        painted = PAINTED.search(said)
        wanted(painted is not None, f"the window was never painted: {said}")
        wanted(
            json.loads(saved.read_text("utf-8"))["format"] == "baton.workflow", "what it saved is no workflow"
        )
        return float(painted[1])

    def archive(self) -> str:
        """The archive's script makes it part of a person's desktop, and takes it away again."""
        said_by(self.started(f"{self.unpacked}/install"))
        share = self.home / ".local/share"
        entry = (share / "applications/baton.desktop").read_text("utf-8")
        (line,) = (line for line in entry.splitlines() if line.startswith("Exec="))
        program = shlex.split(line.removeprefix("Exec="))[0]
        found = json.loads(said_by(self.started(program, "doctor", "--json")))
        wanted(bool(found["models"]), "the default model is missing")
        for place in ("mime/packages/baton.xml", "icons/hicolor/48x48/apps/baton.png"):
            wanted((share / place).is_file(), f"{place} is missing")
        installed = f"{self.own_home}/.local/lib/baton"
        said_by(self.started(f"{installed}/install", "--remove"))
        left = [path for path in (self.home / ".local").rglob("*baton*") if not path.is_dir()]
        wanted(not left, f"it left {left}")
        return "installed without an administrator, started from its menu entry, removed"

    def files(self) -> str:
        """Somebody who is no administrator may write in few places; nothing of theirs lies anywhere else."""
        made = [
            path
            for folder in self.root.iterdir()
            if folder.name not in ("proc", "dev", "sys", "tmp")
            for path in folder.rglob("*")
            if path.lstat().st_uid == SOMEBODY and not path.is_relative_to(self.home)
        ]
        wanted(not made, f"it wrote outside of the home folder: {made}")
        return "all that it wrote lies in the home folder"

    def write(self, name: str, content: dict[str, Any]) -> None:
        (self.home / name).write_text(json.dumps(content), "utf-8")


def asks(model: dict[str, str]) -> dict[str, Any]:
    """A workflow that sends a message to a model and hands out the answer."""
    nodes = {
        "a": {"type": "intent.ask", "typeVersion": 1},
        "m": {"type": "model.text", "typeVersion": 1, "fields": {"prompt": "{{text}}", "model": model}},
        "o": {"type": "output.output", "typeVersion": 1},
    }
    edges = [
        {"from": {"node": "a", "port": "message"}, "to": {"node": "m", "port": "text"}},
        {"from": {"node": "m", "port": "text"}, "to": {"node": "o", "port": "value"}},
    ]
    workflow = {"id": "smoke", "name": "Smoke", "nodes": nodes, "edges": edges}
    return {"format": "baton.workflow", "formatVersion": 1, "workflow": workflow}


def said_by(command: list[str], folder: Path | None = None) -> str:
    """What a command says that ends well; else the smoke run ends."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    wanted(done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def children_worked() -> float:
    """The CPU seconds of all processes that were started here and have ended; endless where nobody counts them."""
    times = os.times()
    return times.children_user + times.children_system if os.name == "posix" else float("inf")


def wait_for(what: Callable[[], Any]) -> Any:
    """The first result that isn't empty."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    sys.exit(f"smoke run: nothing came of {what} within {PATIENCE:.0f} s")


def wanted(true: bool, otherwise: str) -> None:
    """Ends the smoke run where something isn't as it has to be."""
    if not true:
        sys.exit(f"smoke run: {otherwise}")
