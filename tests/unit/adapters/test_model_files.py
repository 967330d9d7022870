"""The models of this computer: where they lie, what is remembered of them, and files made to do harm."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.gguf_facts import facts_of
from app.adapters.gguf_header import GgufError, read_beginning
from app.adapters.model_files import ModelFiles, facts_of_file
from app.adapters.model_library import ModelLibrary
from app.adapters.model_records import ModelRecords
from app.adapters.model_setup import LoraAdapter
from app.document.problem import ProblemError
from tests.gguf_files import gguf, lora

BUNDLED = "SmolLM2-135M-Instruct.Q4_1"
WHOLE = gguf(2_000)
CODES = {"model.file_not_gguf", "model.file_incomplete", "model.file_missing"}


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    (tmp_path / "models").mkdir()
    return ModelFiles(tmp_path / "models", ModelRecords(tmp_path / "models.json"))


def put(path: Path, content: bytes = WHOLE) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def code_of(error: pytest.ExceptionInfo[ProblemError]) -> str:
    return error.value.problems[0].code


def test_the_bundled_one_comes_first_then_the_folder_then_those_elsewhere(
    files: ModelFiles, tmp_path: Path
) -> None:
    put(files.folder / "b-Q4_0.gguf")
    put(files.folder / "big-00001-of-00002.gguf")
    put(files.folder / "big-00002-of-00002.gguf")
    (files.folder / "pipe.gguf").mkdir()
    added = files.add(put(tmp_path / "mine" / "a.gguf"))
    assert (added.name, added.origin) == ("a", "elsewhere")
    assert files.names() == (BUNDLED, "b-Q4_0", "big-00001-of-00002", "a")
    assert files.setup("a") is not None
    assert files.setup("nobody") is None


def test_a_file_that_is_added_stays_where_it_is_and_goes_as_an_entry(
    files: ModelFiles, tmp_path: Path
) -> None:
    place = put(tmp_path / "mine" / "a.gguf")
    put(files.folder / "A.gguf")
    assert files.add(place).name == "a 2", "names are told apart whatever their capitals"
    with pytest.raises(ProblemError) as caught:
        files.add(place)
    assert code_of(caught) == "model.here_already"
    files.remove("a 2")
    assert place.exists()
    files.remove("A")
    assert not (files.folder / "A.gguf").exists()
    with pytest.raises(ProblemError) as caught:
        files.remove(BUNDLED)
    assert code_of(caught) == "model.bundled"


async def test_a_missing_file_says_so_and_comes_back(files: ModelFiles, tmp_path: Path) -> None:
    place = put(tmp_path / "disk" / "a.gguf")
    files.add(place)
    place.rename(tmp_path / "away.gguf")
    library = ModelLibrary(files)
    entry = {one.name: one for one in await library.entries()}["a"]
    assert entry.problem
    assert entry.problem.code == "model.file_missing"
    (tmp_path / "away.gguf").rename(place)
    assert {one.name: one for one in await library.entries()}["a"].problem is None


def test_settings_are_kept_and_checked(files: ModelFiles, tmp_path: Path) -> None:
    put(files.folder / "a.gguf")
    adapter = LoraAdapter(str(put(tmp_path / "tone.gguf", lora())), 0.5)
    files.set_up("a", 1024, 3, [adapter])
    again = ModelFiles(files.folder, ModelRecords(tmp_path / "models.json"))
    setup = again.setup("a")
    assert setup is not None
    assert (setup.context, setup.slots, setup.adapters) == (1024, 3, (adapter,))
    foreign = LoraAdapter(str(put(tmp_path / "qwen.gguf", lora("qwen2"))))
    for context, slots, adapters, code in (
        (0, 1, [], "model.bad_context"),
        (10, 0, [], "model.bad_slots"),
        (10, 1, [LoraAdapter(adapter.path, -1)], "model.bad_scale"),
        (10, 1, [foreign], "model.adapter_of_other"),
        (10, 1, [LoraAdapter(str(files.folder / "a.gguf"))], "model.not_adapter"),
        (10, 1, [LoraAdapter(str(tmp_path / "none.gguf"))], "model.file_missing"),
    ):
        with pytest.raises(ProblemError) as caught:
            files.set_up("a", context, slots, adapters)
        assert code_of(caught) == code
    assert again.setup("a") == setup


def test_an_adapter_is_no_model(files: ModelFiles, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        files.add(put(tmp_path / "tone.gguf", lora()))
    assert code_of(caught) == "model.is_adapter"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"models": 3}',
        '{"models": {"a": {"context": "x"}, "b": {"slots": true}, "c": 7, "d": {"speed": {"reading": "x"}}}}',
    ],
)
def test_a_damaged_list_costs_settings_and_not_models(files: ModelFiles, tmp_path: Path, text: str) -> None:
    put(files.folder / "a.gguf")
    (tmp_path / "models.json").write_text(text, "utf-8")
    assert "a" in files.names()
    files.set_up("a", 512, 1, [])
    setup = files.setup("a")
    assert setup is not None
    assert setup.context == 512


def test_what_a_newer_version_wrote_stays(files: ModelFiles, tmp_path: Path) -> None:
    put(files.folder / "a.gguf")
    (tmp_path / "models.json").write_text('{"models": {"new": {"context": "endless"}}}', "utf-8")
    files.set_up("a", 512, 1, [])
    assert json.loads((tmp_path / "models.json").read_text("utf-8"))["models"]["new"] == {
        "context": "endless"
    }


async def test_a_digest_is_found_once_and_again_when_the_file_is_another(files: ModelFiles) -> None:
    place = put(files.folder / "a.gguf")
    library = ModelLibrary(files)

    async def digest() -> str:
        library.digest_all()
        await library.settled()
        return {one.name: one for one in await library.entries()}["a"].digest

    first = await digest()
    assert len(first) == 64
    put(place, gguf(3_000))
    os.utime(place, ns=(1, 1))
    assert {one.name: one for one in await library.entries()}["a"].digest == ""
    assert await digest() not in {first, ""}
    await library.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300)
@given(
    at=st.integers(0, len(WHOLE)),
    length=st.integers(0, len(WHOLE)),
    noise=st.binary(max_size=24),
    size=st.integers(0, 2**40),
)
def test_whatever_a_file_holds_only_a_problem_comes_of_it(
    tmp_path: Path, at: int, length: int, noise: bytes, size: int
) -> None:
    damaged = (WHOLE[:at] + noise + WHOLE[at + len(noise) :])[:length]
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damaged)
    os.truncate(path, max(length, size % 2**33))  # as large as it likes, without taking room
    try:
        facts_of_file(path)
    except ProblemError as error:
        assert error.problems[0].code in CODES  # noqa: PT017 - most are refused, some are whole all the same
    try:
        facts_of(read_beginning(damaged, size), "x")
    except GgufError as error:
        assert error.code in CODES  # noqa: PT017 - the same


def test_a_header_made_to_keep_a_reader_busy_is_left_at_once(tmp_path: Path) -> None:
    many = struct.pack("<Q", 2**40)
    start = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 1) + b"k"
    path = put(tmp_path / "words.gguf", start + struct.pack("<II", 9, 8) + many)
    os.truncate(path, 2**41)
    with pytest.raises(ProblemError) as caught:
        facts_of_file(path)
    assert code_of(caught) == "model.file_not_gguf"


PUTS = """
import sys
from pathlib import Path
from app.adapters.model_records import ModelRecords
records = ModelRecords(Path(sys.argv[1]))
sys.stdin.read()
for number in range(40):
    records.put(f"{sys.argv[2]} {number}", source=sys.argv[2] * number)
"""


def test_what_two_processes_write_at_once_is_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    command = [sys.executable, "-P", "-c", PUTS, str(file)]
    both = [subprocess.Popen([*command, name], stdin=subprocess.PIPE) for name in "ab"]
    for process in both:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(60) for process in both] == [0, 0]
    kept = ModelRecords(file).all()
    assert {name: record.source for name, record in kept.items()} == {
        f"{name} {number}": name * number for name in "ab" for number in range(40)
    }
    assert list(tmp_path.iterdir()) == [file]
