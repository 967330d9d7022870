"""What may come in from an index of packages, and what is kept out: tried with uv against an index on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import bootstrap
import pytest

from tests.servers.package_index import PROJECT, package_index, source, wheel

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".uv" / "bin" / "uv"
MONTH = 30


def variables(index: str, folder: Path) -> dict[str, str]:
    """As on a machine with nothing of its own to say about indexes."""
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith(("UV_", "PIP_"))}
    own = {name: value for name, value in own.items() if not name.upper().endswith("_PROXY")}
    return {**own, "UV_DEFAULT_INDEX": index, "UV_CACHE_DIR": str(folder / "cache"), "UV_NO_CONFIG": "1"}


def recipe() -> str:
    """The shell function with which `make lock` writes each lock."""
    found = re.search(r"(compile\(\) \{.*?\n\t\}); \\\n", (ROOT / "Makefile").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1].replace("$$", "$").replace("\\\n", "")


def lock(index: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "wanted.in").write_text(PROJECT)
    (folder / ".uv").symlink_to(ROOT / ".uv")
    return subprocess.run(
        ["bash", "-c", f"set -e; {recipe()}; compile wanted.in --output-file made.lock"],
        cwd=folder,
        env=variables(index, folder),
        capture_output=True,
        text=True,
        check=False,
    )


def locked(content: bytes, version: str = "1.0") -> str:
    return f"{PROJECT}=={version} --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"


def test_a_lock_takes_nothing_young_and_nothing_that_has_to_be_built(tmp_path: Path) -> None:
    name, content = wheel("1.0")
    with package_index(
        ((name, content), MONTH), (source("1.5"), MONTH), (wheel("1.8"), 13), (wheel("2.0"), 1)
    ) as index:
        done = lock(index, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made.lock").read_text().split() == locked(content).replace(" ", " \\ ").split()


def test_what_is_only_young_is_not_locked_at_all(tmp_path: Path) -> None:
    with package_index((wheel("1.0"), 13)) as index:
        assert lock(index, tmp_path).returncode != 0
    assert not (tmp_path / "made.lock").exists()


def install(index: str, folder: Path, lines: str) -> tuple[str, bool]:
    """At which of its steps an installation ended, and whether the part is there then."""
    environment = variables(index, folder)
    subprocess.run(
        [UV, "venv", "--quiet", "--python", sys.executable, "env"], cwd=folder, env=environment, check=True
    )
    (folder / "given.lock").write_text(lines)
    python = folder / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with contextlib.chdir(folder), pytest.raises(subprocess.CalledProcessError) as stopped:
        bootstrap.install(str(UV), environment, str(python), "given.lock")
    return stopped.value.cmd[2], any((folder / "env").rglob("a_part.py"))


def test_what_the_lock_says_is_installed(tmp_path: Path) -> None:
    name, content = wheel("1.0")
    with package_index(((name, content), MONTH)) as index:
        assert install(index, tmp_path, locked(content)) == ("install", True), "only the project isn't there"


@pytest.mark.parametrize("case", ["another content", "no digest", "a source"])
def test_anything_else_is_refused(case: str, tmp_path: Path) -> None:
    (name, content), built = wheel("1.0"), source("1.0")
    offered = built if case == "a source" else (name, content)
    lines = {
        "another content": locked(b"what was there when the lock was made"),
        "no digest": f"{PROJECT}==1.0\n",
        "a source": locked(built[1]),
    }
    with package_index((offered, MONTH)) as index:
        assert install(index, tmp_path, lines[case]) == ("sync", False)
