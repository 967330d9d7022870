"""How much memory there is: of the machine, and in a container of its group."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.adapters.machine_memory import machine_memory, resident

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files that Linux keeps")
MEMINFO = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    9000 kB\nBuffers: 5 kB\n"


def groups(folder: Path, limit: str, current: int = 0, inactive: int = 0) -> Path:
    folder.mkdir()
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text(f"anon 17\ninactive_file {inactive}\nactive_file 3\n")
    return folder


def test_the_machine_itself(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text(MEMINFO)
    expected = (16_000 * 1024, 9_000 * 1024)
    assert machine_memory(tmp_path, tmp_path / "none") == expected
    assert machine_memory(tmp_path, groups(tmp_path / "g", "max")) == expected


def test_a_container_has_what_its_group_may_take(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text(MEMINFO)
    limited = groups(tmp_path / "g", "8000000", current=5_000_000, inactive=2_000_000)
    assert machine_memory(tmp_path, limited) == (8_000_000, 5_000_000)


def test_a_system_that_does_not_say(tmp_path: Path) -> None:
    assert machine_memory(tmp_path, tmp_path) == (0, 0)
    assert resident(1, tmp_path) is None


def test_this_process_takes_some_of_it() -> None:
    total, free = machine_memory()
    taken = resident(os.getpid())
    assert taken is not None
    assert 10_000_000 < taken < total
    assert 0 < free <= total
