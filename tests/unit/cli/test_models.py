"""`baton models`: files are added in place, downloaded, set up, measured and removed, with what people are told."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app import figures
from app.adapters.model_files import bundled_model_path
from app.adapters.model_notes import ModelNote, ModelNotes
from app.settings import Preferences, RoleTarget, folders, save_preferences
from tests.flows import flow
from tests.gguf_files import gguf, lora
from tests.servers.files import FileServer

CONTENT = gguf(2_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
BUNDLED = "SmolLM2-135M-Instruct.Q4_1"
ROOT = Path(__file__).resolve().parents[3]


@asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program itself, in a process of its own, that doesn't outlive the test."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.wait()


def test_the_models_of_this_computer_are_listed_with_what_they_take(baton: Any) -> None:
    (model,) = [one for one in baton("models", "--json").json if one["model"] == BUNDLED]
    file = model["file"]
    assert (file["origin"], file["size"], file["licence"]) == ("bundled", 98_362_432, "apache-2.0")
    assert file["parameters"] == 134_515_008
    assert file["memory"] > file["size"]
    assert "SmolLM2 135M" in baton("models").out


def test_what_windows_and_runs_have_in_memory_is_said(baton: Any) -> None:
    engine = ModelNotes(folders().state / "models")
    notes = (
        ModelNote("big", is_loaded=True, memory=3_000_000_000, gpu=1_000_000_000),
        ModelNote(BUNDLED, is_loaded=False, memory=500_000_000, since=1.0, behind=("big",)),
    )
    engine.tell(notes)
    try:
        told = baton("models").out.splitlines()
        assert told[-2].split() == ["big:", "loaded,", "takes", *figures.memory(3_000_000_000).split()]
        assert told[-1].lstrip().startswith("SmolLM2 135M: waits for")
        assert told[-1].endswith("behind big")
        (model,) = [one for one in baton("models", "--json").json if one["model"] == BUNDLED]
        assert model["in_memory"] == [
            {"state": "waiting", "memory": 500_000_000, "graphics_memory": 0, "behind": ["big"]}
        ]
    finally:
        engine.close()
    assert "behind big" not in baton("models").out


def test_a_file_is_added_set_up_and_removed_and_stays_where_it_is(baton: Any, tmp_path: Path) -> None:
    place = tmp_path / "mine-Q4_0.gguf"
    place.write_bytes(CONTENT)
    adapter = tmp_path / "tone.gguf"
    adapter.write_bytes(lora())
    added = baton("models", "add", place, "--json")
    assert (added.code, added.json["model"], added.json["origin"]) == (0, "mine-Q4_0", "elsewhere")
    before = added.json["memory"]
    told = baton(
        *("models", "set", "mine-Q4_0", "--context", "2000", "--slots", "4"),
        *("--lora", f"{adapter}=0.5", "--json"),
    ).json
    assert (told["context"], told["slots"], told["lora"]) == (
        2000,
        4,
        [{"path": str(adapter.resolve()), "scale": 0.5}],
    )
    assert told["memory"] != before
    assert baton("models", "set", "mine-Q4_0", "--no-lora", "--json").json["lora"] == []
    refused = baton("models", "remove", "mine-Q4_0")
    assert refused.code == 2, "nobody said yes"
    assert str(place) in refused.err
    assert baton("models", "remove", "mine-Q4_0", "--yes").code == 0
    assert place.exists()
    assert baton("models", "set", "mine-Q4_0").code == 4


def test_a_role_that_a_model_stands_for_is_told_before(baton: Any) -> None:
    refused = baton("models", "remove", BUNDLED)
    assert "small" in refused.err


def test_wrong_use_is_said(baton: Any, tmp_path: Path) -> None:
    for arguments in (
        ("models", "list", "x"),
        ("models", "add"),
        ("models", "speed"),
        ("models", "add", "x.gguf", "--slots", "2"),
        ("models", "set", BUNDLED, "--lora", "x.gguf=strong"),
        ("models", "set", BUNDLED, "--sha256", DIGEST),
    ):
        assert baton(*arguments).code == 2, arguments
    assert baton("models", "add", tmp_path / "none.gguf").code == 4
    assert baton("models", "add", "http://example.org/m.gguf").code == 4


def test_a_speed_is_measured_and_kept(baton: Any) -> None:
    assert bundled_model_path() is not None
    told = baton("models", "speed", BUNDLED, "--json").json["speed"]
    assert told["reading"] > 0
    assert told["writing"] > 0
    assert len(told["measured"]) == 10
    (model,) = [one for one in baton("models", "--json").json if one["model"] == BUNDLED]
    assert model["file"]["speed"] == told


def test_a_file_of_ones_own_answers_in_a_run_as_it_is_set_up(baton: Any, save: Any, tmp_path: Path) -> None:
    bundled = bundled_model_path()
    assert bundled is not None
    place = tmp_path / "My own-Q4_1.gguf"
    shutil.copy(bundled, place)
    assert baton("models", "add", place).code == 0
    assert baton("models", "set", "My own-Q4_1", "--context", "777", "--slots", "1").code == 0
    choice = {"connection": "This computer", "kind": "embedded", "model": "My own-Q4_1"}
    path = save(
        flow({"write": ("model.text", {"model": choice, "prompt": "Say hello", "max_tokens": 5})}, [])
    )
    told = baton("run", path, "--allow", "--json")
    assert told.code == 0, told.err
    assert "My own-Q4_1" in told.out
    (model,) = [one for one in baton("models", "--json").json if one["model"] == "My own-Q4_1"]
    assert model["context"] == 777
    save_preferences(folders(), Preferences(roles={"strong": RoleTarget("This computer", "My own-Q4_1")}))
    role = save(
        flow({"write": ("model.text", {"model": {"role": "strong"}, "prompt": "Hi", "max_tokens": 5})}, [])
    )
    told = baton("run", role, "--allow", "--json")
    assert told.code == 0, told.err
    assert "My own-Q4_1" in told.out, "and it can stand for a role"


async def test_a_download_that_is_killed_goes_on_where_it_was(home: Path) -> None:
    folder = home / "baton" / "data" / "models"
    async with FileServer(CONTENT, holds_after=1_500_000) as server:
        part = folder / "unfinished" / "tiny-Q4_0.part"
        async with child("models", "add", server.url(), "--yes", "--sha256", DIGEST) as first:
            async with asyncio.timeout(60):
                while not part.exists() or part.stat().st_size < 1_000_000:
                    assert first.returncode is None
                    await asyncio.sleep(0.01)
            os.kill(first.pid, signal.SIGKILL)
            await first.wait()
        kept = part.stat().st_size
        server.holds_after = None
        async with child("models", "add", server.url(), "--yes") as second:
            _, err = await second.communicate()
            assert second.returncode == 0, err
    assert server.downloads[-1].begins == kept
    assert (folder / "tiny-Q4_0.gguf").read_bytes() == CONTENT
    assert list((folder / "unfinished").iterdir()) == []
