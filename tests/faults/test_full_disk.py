"""A run on a full disk: what could not be kept is said, the run goes on, and no result and no old file is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.files import ASK, OUT, echo, edge, step, workflow, written
from tests.faults.mounts import own_mounts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts of Linux")

ROOT = Path(__file__).resolve().parents[2]
LONG = 30_000  # characters; two of them have no room on the disk

# One process with a small disk at `disk` and one at the profile; runs verbs and says what came of each.
SCRIPT = """
import json, os, pathlib, subprocess, sys
root, disk, profile, asked = sys.argv[1], pathlib.Path(sys.argv[2]), os.environ["BATON_HOME"], json.loads(sys.argv[3])
os.makedirs(profile)
for place in (disk, profile):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
said = []
for verb in asked:
    if verb[0] == "fill":
        try:
            with open(os.path.join(verb[1], "filler"), "wb") as file:
                while True:
                    file.write(b"x" * 512)
                    file.flush()
        except OSError:
            continue
    if verb[0] == "copy":
        pathlib.Path(verb[2]).write_bytes(pathlib.Path(verb[1]).read_bytes())
        continue
    done = subprocess.run([sys.executable, "-m", "app", *verb], cwd=root, capture_output=True, text=True)
    said.append([done.returncode, done.stdout, done.stderr])
files = {path.name: path.read_text() for path in disk.iterdir() if path.name != "filler"}
print(json.dumps({"said": said, "files": files}))
"""


def on_small_disks(disk: Path, *asked: list[str]) -> Any:
    disk.mkdir()
    command = [*own_mounts(), sys.executable, "-c", SCRIPT, str(ROOT), str(disk), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_step_a_table_and_the_events_that_find_no_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    saves = workflow(
        {
            "a": ASK,
            "t": step("data.template", text="{{x}}" + "y" * LONG),
            "s": {
                **step("data.write_file", path=f"{disk}/note.txt", if_exists="replace"),
                "title": "Save it",
            },
        },
        [edge("a.message", "t.x"), edge("t.text", "s.text")],
    )
    flow, simple = written(tmp_path, saves, "saves.json"), written(tmp_path, echo(), "echo.json")
    rows = written(tmp_path, b"message\n" + (b"m" * 200 + b"\n") * 400, "rows.csv")
    found = on_small_disks(
        disk,
        ["run", str(flow), "--allow", "--json", "--input", "message=one"],
        ["fill", str(disk)],
        ["run", str(flow), "--allow", "--json", "--input", "message=two"],
        ["run", str(simple), "--allow", "--rows", str(rows), "--out", f"{disk}/out.csv"],
        ["run", str(simple), "--allow", "--input", "message=hi"],
    )
    first, second, table, last = found["said"]
    assert first[0] == 0, first
    assert (second[0], json.loads(second[1])["problems"][0]["code"]) == (1, "file.disk_full")
    assert found["files"] == {"note.txt": "one" + "y" * LONG}, (
        "the old file is whole, and no half of a new one stays"
    )
    assert table[0] == 1
    assert "no room left" in table[2]
    assert len(json.loads(table[1][table[1].index("\n{") :])["result"]) == 400
    for code, out, _ in (table, last):
        assert "could not be kept" in out, "the event file had no room"
        assert code in (0, 1)


def test_tidying_a_file_on_a_full_disk_leaves_it_whole(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    untidy = written(tmp_path, workflow({"a": {**ASK, "note": "z" * 20_000}, "o": OUT}, []), "untidy.json")
    found = on_small_disks(
        disk, ["copy", str(untidy), f"{disk}/mine.json"], ["fill", str(disk)], ["fmt", f"{disk}/mine.json"]
    )
    code, _, err = found["said"][0]
    assert code == 3
    assert "no room left" in err
    assert found["files"] == {"mine.json": untidy.read_text()}
