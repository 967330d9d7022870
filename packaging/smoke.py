"""Try the packaged program as a stranger's machine has it: a fresh Debian without Python, project or network.

    sudo .venv/bin/python packaging/smoke.py [--keep FOLDER]
    .venv/bin/python packaging/smoke.py --here

Installs the newest .deb of out/package in a new root (debootstrap), then, with only loopback up: window, starter on the
embedded model, a call in a dialect of litellm's with tokens and price, keys, a run killed and resumed, a file saved;
removes the package again. Prints what each took; ends with 0 when all went well. FOLDER keeps the root for next time.
`--here` tries the folder in out/package where it lies, for systems without Debian: all but installing and the keyboard.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "--inside"
STARTER = "/usr/lib/baton/_internal/resources/examples/sort-the-inbox.baton.json"
DISPLAY = ":96"
SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where X11 has them
PATIENCE = 60.0  # seconds for anything to happen on a busy machine
FIRST_RESULT = 10.0  # seconds that the first answer may take after the first start
WINDOW_CPU = 1.5  # CPU seconds until the window is painted
MOST_INSTALLED, MOST_DOWNLOAD = 450, 250  # MB
CLAUDE = "claude-haiku-4-5"  # a model whose price is known


def main() -> int:
    parser = argparse.ArgumentParser(description="Try the packaged program in a fresh Debian.")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--here", action="store_true")
    parser.add_argument(INSIDE, type=Path)
    asked = parser.parse_args()
    os.chdir(ROOT)
    if asked.here:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try_out(Here(Path("out/package").resolve(), Path(folder)))
        return 0
    if asked.inside:
        return inside(asked.inside)
    package = max(Path("out/package").glob("*.deb"), key=lambda path: path.stat().st_mtime)
    folder = (asked.keep or Path(tempfile.mkdtemp())).resolve()
    root = folder / "root"
    try:
        install(package, folder, root)
        # A network of its own in which nothing but loopback is up, and mounts that end with it.
        apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
        status = subprocess.run([*apart, sys.executable, __file__, INSIDE, str(root)], check=False).returncode
        if status == 0:
            remove(root)
        return status
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def install(package: Path, folder: Path, root: Path) -> None:
    """A fresh Debian with the package in it, and nothing that could run Python."""
    untouched = folder / "untouched"
    if not untouched.is_dir():
        quietly(["debootstrap", "--variant=minbase", "bookworm", f"{untouched}.part"])
        Path(f"{untouched}.part").rename(untouched)
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", str(untouched), str(root)], check=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(f"/etc/{name}", root / "etc" / name)
    shutil.copyfile(package, root / "root/baton.deb")
    begun = time.monotonic()
    chroot(root, "apt-get", "-qq", "update")
    chroot(root, "apt-get", "-qq", "install", "--yes", "--no-install-recommends", "/root/baton.deb")
    megabytes = sum(p.lstat().st_size for p in (root / "usr/lib/baton").rglob("*") if not p.is_dir()) / 1e6
    download = package.stat().st_size / 1e6
    said("installed", begun, f"{megabytes:.0f} MB from a download of {download:.0f} MB")
    wanted(megabytes <= MOST_INSTALLED and download <= MOST_DOWNLOAD, "it is larger than it may be")
    wanted(not any((root / "usr/bin").glob("python3*")), "there is a Python in the root")


def remove(root: Path) -> None:
    """Takes the package away again; what a person made stays."""
    begun = time.monotonic()
    chroot(root, "dpkg", "--remove", "baton")
    wanted(not (root / "usr/lib/baton").exists(), "the program's folder is still there")
    wanted((root / "root/saved.baton.json").is_file(), "the person's file went with it")
    said("removed", begun, "the person's files are still there")


def inside(root: Path) -> int:
    """What happens without a network: each piece in turn."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for kind, place in (("proc", "proc"), ("tmpfs", "dev/shm")):
        (root / place).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, str(root / place)], check=True)
    try_out(Machine(root))
    return 0


def try_out(machine: Machine) -> None:
    """Each piece in turn, with what came out and how long it took."""
    for name, piece in {
        "parts": machine.parts,
        "first result": machine.first_result,
        "another provider": machine.another_provider,
        "killed and resumed": machine.killed_and_resumed,
        "window": machine.window,
    }.items():
        begun = time.monotonic()
        said(name, begun, piece())


class Machine:
    """The installed program on its machine. Each piece gives a sentence of what came out, or ends the smoke run."""

    starter = STARTER

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "root"  # the folder that the program takes for its own, and ours for it
        self.hello = "/root/hello.baton.json"

    def command(self, *arguments: str, **more: str) -> list[str]:
        environment = {"HOME": "/root", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **more}
        pairs = [f"{name}={value}" for name, value in environment.items()]
        return ["chroot", str(self.root), "env", "-i", "--chdir=/root", *pairs, "baton", *arguments]

    def output(self, *arguments: str, **more: str) -> str:
        done = subprocess.run(self.command(*arguments, **more), capture_output=True, text=True, check=False)
        wanted(
            done.returncode == 0, f"baton {arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
        )
        return done.stdout

    def parts(self) -> str:
        found = json.loads(self.output("doctor", "--json"))
        wanted(bool(found["models"]), "the default model is missing")
        missing = [name for name, version in found["packages"].items() if not version]
        wanted(not missing, f"without a version: {missing}")
        tested = json.loads(self.output("self-test"))
        return "; ".join(f"{name} {said['detail']}" for name, said in tested.items())

    def first_result(self) -> str:
        begun, worked = time.monotonic(), children_worked()
        asked = ("--input", "message=Where is my parcel?", "--input", "answer=delivery", "--json")
        run = json.loads(self.output("run", self.starter, *asked))
        seconds = time.monotonic() - begun
        wanted(run["status"] == "done" and run["total"]["usage"]["input"] > 0, "no tokens were counted")
        worked = children_worked() - worked
        # Other work on this machine is no fault of the program's.
        wanted(min(seconds, worked) <= FIRST_RESULT, f"it took {seconds:.1f} s")
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
        screen = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "1600x1000x24", "-nolisten", "tcp"])
        wait_for((SOCKETS / f"X{DISPLAY[1:]}").exists)
        seen = self.root / SOCKETS.relative_to("/")
        seen.mkdir(exist_ok=True)
        subprocess.run(["mount", "--bind", str(SOCKETS), str(seen)], check=True)
        on_screen = {**os.environ, "DISPLAY": DISPLAY}
        manager = subprocess.Popen(["openbox"], env=on_screen)

        def tool(*arguments: str) -> str:
            asked = subprocess.run(
                ["xdotool", *arguments], env=on_screen, capture_output=True, text=True, check=False
            )
            return asked.stdout.strip()

        program = subprocess.Popen(
            self.command(DISPLAY=DISPLAY, BATON_TRACE_START="1"), stderr=subprocess.PIPE, text=True
        )
        window = wait_for(lambda: tool("search", "--onlyvisible", "--name", "Baton")).split()[-1]
        wait_for(lambda: tool("getactivewindow") == window or (tool("windowactivate", window), False)[1])
        tool("key", "--clearmodifiers", "ctrl+s")
        wait_for(lambda: tool("getactivewindow") not in ("", window))
        tool("type", "--delay", "20", "/root/saved.baton.json")
        tool("key", "Return")
        saved = self.root / "root/saved.baton.json"
        wait_for(saved.is_file)
        wait_for(lambda: tool("getactivewindow") == window)
        tool("windowactivate", "--sync", window)
        wait_for(lambda: (tool("key", "--clearmodifiers", "ctrl+q"), program.poll() is not None)[1])
        _, said = program.communicate(timeout=PATIENCE)
        for child in (manager, screen):
            child.kill()
            child.wait()
        wanted(program.returncode == 0, f"the window ended with {program.returncode}: {said}")
        painted = re.search(r"first paint after ([\d.]+) CPU s", said)
        wanted(painted is not None and float(painted[1]) <= WINDOW_CPU, f"the window came late: {said}")
        wanted(
            json.loads(saved.read_text("utf-8"))["format"] == "baton.workflow", "what it saved is no workflow"
        )
        return f"painted after {painted[1]} CPU s, saved, closed"

    def write(self, name: str, content: dict[str, Any]) -> None:
        (self.home / name).write_text(json.dumps(content), "utf-8")


class Here(Machine):
    """The program in the folder that it was built into, on this machine, with a profile of its own."""

    def __init__(self, built: Path, home: Path) -> None:
        super().__init__(home)
        self.home = home
        self.hello = str(home / "hello.baton.json")
        names = {"win32": "baton/baton-cli.exe", "darwin": "Baton.app/Contents/MacOS/baton-cli"}
        self.program = built / names.get(sys.platform, "baton/baton")
        self.starter = str(next(built.rglob(Path(STARTER).name)))
        pieces_of_python = ("PYTHON", "VIRTUAL_ENV")
        self.kept = {
            name: value for name, value in os.environ.items() if not name.startswith(pieces_of_python)
        }

    def command(self, *arguments: str, **more: str) -> list[str]:
        # The variables go by way of this process: Windows has no `env`.
        os.environ.clear()
        os.environ.update({**self.kept, "BATON_HOME": str(self.home), **more})
        return [str(self.program), *arguments]

    def window(self) -> str:
        trace = self.home / "trace.txt"
        with trace.open("wb") as errors:
            program = subprocess.Popen(
                self.command(BATON_TRACE_START="1", QT_QPA_PLATFORM="offscreen"), stderr=errors
            )
        painted = wait_for(lambda: re.search(rb"first paint after ([\d.]+) CPU s", trace.read_bytes()))
        program.terminate()
        program.wait(PATIENCE)
        return f"painted after {float(painted[1])} CPU s, without a screen"


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


def said(what: str, begun: float, came_out: str) -> None:
    print(f"{what}: {came_out} ({time.monotonic() - begun:.1f} s)", flush=True)


def chroot(root: Path, *command: str) -> None:
    quietly(["chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", *command])


def quietly(command: list[str]) -> None:
    """Runs a program whose output matters only where it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    wanted(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
