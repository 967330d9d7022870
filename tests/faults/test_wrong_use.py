"""Arguments, outputs and a profile that are not as they should be: said plainly, and no result is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import folders
from tests.faults.conftest import LOCALES, Baton
from tests.faults.files import asks_model, echo, written

ROOT = Path(__file__).resolve().parents[2]


def outside(*arguments: object, **more: object) -> subprocess.CompletedProcess[bytes]:
    """The program as a process, for what a process has: its streams and its arguments as bytes."""
    command = [sys.executable, "-m", "app", *map(os.fsencode, arguments)]  # type: ignore[arg-type]
    return subprocess.run(command, cwd=ROOT, timeout=60, check=False, **more)  # type: ignore[call-overload]


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    return written(tmp_path, echo())


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"message": 1, "message": 2}',
        b'{"message": NaN}',
        b'{"message": "\\ud800"}',
        b"\xff",
        b"[]",
    ],
)
def test_a_file_of_inputs_is_read_as_strictly(
    content: bytes, language: str, baton: Baton, flow: Path, tmp_path: Path
) -> None:
    inputs = written(tmp_path, content, "inputs.json")
    ended = baton("run", flow, "--allow", "--inputs", inputs, language=language)
    assert ended.code == 2
    assert str(inputs) in ended.err
    assert "→" in ended.err


@pytest.mark.parametrize(
    "option",
    [
        ["--out", "results.pdf"],
        ["--picture", "canvas.gif"],
        ["--inputs", "nowhere.json"],
        ["--max-cost", "NaN"],
    ],
)
def test_what_can_not_work_is_refused_before_the_run(
    option: list[str], baton: Baton, flow: Path, home: Path
) -> None:
    ended = baton("run", flow, "--allow", "--input", "message=hi", *option)
    assert ended.code == 2
    assert "→" in ended.err
    assert not (home / "baton" / "data" / "runs").exists(), "nothing ran"


def test_results_that_can_not_be_written_are_printed(baton: Baton, flow: Path, tmp_path: Path) -> None:
    table = written(tmp_path, b"message\none\ntwo\n", "rows.csv")
    blocked = written(tmp_path, b"", "a-file") / "results.csv"
    ended = baton("run", flow, "--allow", "--rows", table, "--out", blocked)
    assert ended.code == 1
    assert "→" in ended.err
    assert json.loads(ended.out[ended.out.index("{") :]) == {"result": ["one", "two"]}


@pytest.mark.parametrize("name", ["settings.json", "connections.json", "secrets.json"])
@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_a_damaged_profile_is_no_traceback(name: str, content: bytes, baton: Baton, tmp_path: Path) -> None:
    config = folders().config
    config.mkdir(parents=True)
    damaged = written(config, content, name)
    path = written(tmp_path, asks_model({"role": "strong"}))
    for verb in (["check", path], ["models"], ["doctor"]):
        ended = baton(*verb)
        assert ended.code in (0, 4)
        assert "→" in ended.said or ended.code == 0
    assert damaged.read_bytes() == content


@pytest.mark.parametrize("budget", ["NaN", "-1", "much", ""])
def test_a_preference_that_is_no_amount_stops_no_run(budget: str, baton: Baton, flow: Path) -> None:
    config = folders().config
    config.mkdir(parents=True)
    written(config, {"budget_usd": budget, "rows_at_a_time": -3, "keep_run_files": -1}, "settings.json")
    assert baton("run", flow, "--allow", "--input", "message=hi").code == 0


def test_a_connection_of_the_environment_that_can_not_be_used_is_named(
    baton: Baton, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_CONN_ACME_URL", "ftp://example.com")
    path = written(tmp_path, asks_model({"connection": "Acme", "kind": "openai_compatible", "model": "m"}))
    ended = baton("check", path)
    assert ended.code == 4
    assert "ftp://example.com" in ended.out


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and bytes as arguments")
def test_the_output_is_full_or_closed_or_knows_few_signs(flow: Path, tmp_path: Path) -> None:
    asked = ["run", flow, "--allow", "--input", "message=世界 ✓"]
    with Path("/dev/full").open("wb") as full:
        ended = outside(*asked, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr
    assert "→".encode() in ended.stderr
    few_signs = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    ended = outside(*asked, capture_output=True, env=few_signs)
    assert (ended.returncode, ended.stderr) == (0, b"")
    closed = outside(*asked, preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE)
    assert (closed.returncode, closed.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="bytes as arguments")
def test_bytes_that_are_no_text_arrive_as_marks(flow: Path) -> None:
    ended = outside("run", flow, "--allow", "--input", b"message=a\xffb", "--json", capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["outputs"]["result"] == "a\ufffdb"
