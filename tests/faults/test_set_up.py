"""Setting up where it can't work, and where there is nothing left to do.

Setting up for real on a bare system takes a root of its own: see clean_root.sh.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"  # the port where nobody listens


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What set-up reads, in a folder whose name has spaces and a letter beyond ASCII."""
    folder = tmp_path / "two words ü" / "Baton"
    shutil.copytree(ROOT / "packaging", folder / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def set_up(project: Path) -> subprocess.CompletedProcess[str]:
    offline = dict.fromkeys(
        ("http_proxy", "https_proxy", "all_proxy", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"), NOWHERE
    )
    return subprocess.run(
        [sys.executable, project / "packaging" / "bootstrap.py"],
        env={**os.environ, **offline, "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_network_it_stops_and_says_what_to_do(project: Path) -> None:
    stopped = set_up(project)
    assert stopped.returncode == 1
    assert "Traceback" not in stopped.stderr
    assert "network" in stopped.stderr
    assert not (project / ".venv" / ".set-up").exists(), "the next try must not take this for done"


def test_the_second_time_it_does_nothing_until_the_lock_changes(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to(sys.executable)
    say_the_stamp = (
        "import bootstrap, os; os.chdir('..'); print(bootstrap.place()); print(bootstrap.content())"
    )
    stamp = subprocess.run(
        [sys.executable, "-c", say_the_stamp],
        cwd=project / "packaging",
        capture_output=True,
        text=True,
        check=True,
    )
    (project / ".venv" / ".set-up").write_text(stamp.stdout)

    done = set_up(project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (project / ".uv").exists()

    with (project / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert set_up(project).returncode == 1
