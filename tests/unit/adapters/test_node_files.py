from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.node_files import NodeFiles
from app.adapters.protected_places import protected_places
from app.adapters.workbook_reader import WorkbookReader
from app.processes import children
from app.sdk.errors import NodeError
from app.settings import Folders

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes as POSIX knows them")


WORKBOOKS = WorkbookReader(children, children.own_command("table-host"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("work", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def files(home: Path) -> NodeFiles:
    """The workflow's own folder may be read and written, nothing else."""
    work = (home / "work").resolve()

    def granted(path: Path) -> bool:
        return path == work or work in path.parents

    return NodeFiles(work, granted, granted, WORKBOOKS, [work / "own"])


async def code_of(attempt: object) -> str:
    with pytest.raises(NodeError) as caught:
        await attempt  # type: ignore[misc]
    return caught.value.code


async def test_text_goes_out_and_comes_back(files: NodeFiles, home: Path) -> None:
    path = await files.write_text("new folder/笔记.txt", "你好\n")
    assert path == str(home / "work" / "new folder" / "笔记.txt")
    assert await files.read_text("new folder/笔记.txt") == "你好\n"
    assert await files.read_text(path) == "你好\n"
    assert [p.name for p in (home / "work" / "new folder").iterdir()] == ["笔记.txt"], (
        "nothing is left behind"
    )


async def test_an_existing_file_is_only_replaced_when_asked(files: NodeFiles) -> None:
    await files.write_text("a.txt", "one")
    assert await code_of(files.write_text("a.txt", "two")) == "file.exists"
    assert await files.read_text("a.txt") == "one"
    await files.write_text("a.txt", "two", replace=True)
    assert await files.read_text("a.txt") == "two"
    await files.write_text("a.txt", " and three", append=True)
    assert await files.read_text("a.txt") == "two and three"


@pytest.mark.parametrize("path", ["../elsewhere/secret.txt", "x/../../elsewhere/secret.txt", "/etc/passwd"])
async def test_paths_that_lead_out_are_refused(files: NodeFiles, path: str) -> None:
    assert await code_of(files.read_text(path)) == "file.not_granted"
    assert await code_of(files.write_text(path, "x", replace=True)) == "file.not_granted"
    assert await code_of(files.write_text(path, "x", append=True)) == "file.not_granted"


@posix
async def test_links_that_lead_out_are_refused(files: NodeFiles, home: Path) -> None:
    (home / "work" / "link.txt").symlink_to(home / "elsewhere" / "secret.txt")
    (home / "work" / "folder").symlink_to(home / "elsewhere")
    for path in ("link.txt", "folder/secret.txt"):
        assert await code_of(files.read_text(path)) == "file.not_granted"
        assert await code_of(files.write_text(path, "x", replace=True)) == "file.not_granted"
    assert await code_of(files.write_text("folder/new.txt", "x")) == "file.not_granted"
    assert (home / "elsewhere" / "secret.txt").read_text() == "secret"
    assert not (home / "elsewhere" / "new.txt").exists()


@posix
async def test_a_file_that_is_swapped_for_a_link_while_it_is_opened_is_refused(home: Path) -> None:
    """The grant is asked between looking and opening: exactly there an attacker would act."""
    work = (home / "work").resolve()
    target = work / "a.txt"
    target.write_text("harmless")

    def swapped(path: Path) -> bool:
        if path == target and not target.is_symlink():
            target.unlink()
            target.symlink_to(home / "elsewhere" / "secret.txt")
        return work in path.parents

    assert (
        await code_of(NodeFiles(work, swapped, lambda _: False, WORKBOOKS).read_text("a.txt"))
        == "file.not_granted"
    )


@posix
async def test_a_folder_that_is_swapped_for_a_link_is_refused(home: Path) -> None:
    work = (home / "work").resolve()
    (work / "sub").mkdir()

    def swapped(path: Path) -> bool:
        if not (work / "sub").is_symlink():
            (work / "sub").rmdir()
            (work / "sub").symlink_to(home / "elsewhere")
        return work in path.parents

    assert (
        await code_of(NodeFiles(work, swapped, swapped, WORKBOOKS).write_text("sub/a.txt", "x"))
        == "file.not_granted"
    )
    assert not (home / "elsewhere" / "a.txt").exists()


@posix
async def test_a_pipe_is_no_file_and_keeps_nobody_waiting(files: NodeFiles, home: Path) -> None:
    os.mkfifo(home / "work" / "pipe")
    assert await code_of(asyncio.wait_for(files.read_text("pipe"), 60)) == "file.not_readable"
    assert await code_of(files.read_text(".")) == "file.not_readable"


async def test_protected_places_are_out_of_reach(files: NodeFiles, home: Path) -> None:
    (home / "work" / "own").mkdir()
    (home / "work" / "own" / "secrets.json").write_text("{}")
    assert await code_of(files.read_text("own/secrets.json")) == "file.protected"
    assert await code_of(files.write_text("own/settings.json", "{}")) == "file.protected"
    assert await code_of(files.write_text("own/settings.json", "{}", append=True)) == "file.protected"
    assert [path.name for path in (home / "work" / "own").iterdir()] == ["secrets.json"]


def test_what_the_system_runs_by_itself_is_protected(home: Path) -> None:
    own = Folders(*(home / name for name in ("config", "data", "cache", "state", "logs")))
    for platform, place in (
        ("linux", ".config/autostart/x.desktop"),
        ("darwin", "Library/LaunchAgents/x.plist"),
        ("win32", "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/x.bat"),
        ("linux", ".bashrc"),
        ("linux", ".ssh/authorized_keys"),
    ):
        path = (home / place).resolve()
        protected = protected_places(own, platform, home)
        assert any(path == p or p in path.parents for p in protected), place
    assert (home / "data").resolve() in protected_places(own, "linux", home)


@pytest.mark.parametrize("name", ["CON", "a:b.txt", "bad\n.txt", " x.txt", "-rf", "x" * 300])
async def test_names_that_hurt_are_refused(files: NodeFiles, name: str) -> None:
    assert await code_of(files.write_text(name, "x")) == "file.name_not_allowed"


async def test_what_cannot_be_read_is_said(files: NodeFiles, home: Path) -> None:
    assert await code_of(files.read_text("none.txt")) == "file.missing"
    assert await code_of(files.read_text("")) == "file.missing"
    assert await code_of(files.read_text("a\0b")) == "file.name_not_allowed"
    (home / "work" / "picture.txt").write_bytes(b"\x89PNG\0\0")
    assert await code_of(files.read_text("picture.txt")) == "file.not_text"
    (home / "work" / "big.txt").write_bytes(b"x" * (20 * 1024 * 1024 + 1))
    assert await code_of(files.read_text("big.txt")) == "file.too_large"
    (home / "work" / "gbk.txt").write_bytes("请尽快处理这个问题".encode("gbk"))
    assert await files.read_text("gbk.txt") == "请尽快处理这个问题"


async def test_tables_are_written_and_read(files: NodeFiles) -> None:
    rows = [{"a": "1", "b": "你"}, {"a": "2", "b": "=x"}]
    for name in ("t.csv", "t.tsv", "t.jsonl"):
        await files.write_table(name, rows)
        assert [row["a"] for row in await files.read_table(name)] == ["1", "2"]
        assert await code_of(files.write_table(name, rows)) == "file.exists"
    await files.write_table("t.xlsx", rows)
    assert (await files.read_table("t.xlsx", "Sheet1"))[1]["b"] == "'=x"
    assert await code_of(files.write_table("t.pdf", rows)) == "file.unknown_format"


async def test_rows_are_added_in_the_form_that_a_file_has(files: NodeFiles, home: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gbk", "utf-16"):
        path = home / "work" / f"{encoding}.csv"
        path.write_bytes("城市;数量\n上海浦东新区;1".encode(encoding))
        await files.write_table(path.name, [{"数量": 2, "城市": "北京海淀区"}], append=True)
        await files.write_table(path.name, [{"城市": "西安", "新列": "x"}], append=True)
        rows = await files.read_table(path.name)
        assert [(row["城市"], row["数量"], row["新列"]) for row in rows] == [
            ("上海浦东新区", "1", ""),
            ("北京海淀区", "2", ""),
            ("西安", "", "x"),
        ]
    await files.write_table("n.jsonl", [{"a": 1}], append=True)
    await files.write_table("n.jsonl", [{"a": 2}], append=True)
    assert await files.read_table("n.jsonl") == [{"a": 1}, {"a": 2}]
    await files.write_table("w.xlsx", [{"a": 1}], append=True)
    assert await code_of(files.write_table("w.xlsx", [{"a": 2}], append=True)) == "file.cannot_append"


async def test_rows_that_come_at_once_don_t_mix(files: NodeFiles) -> None:
    await asyncio.gather(
        *(files.write_table("t.csv", [{"n": n, "m": "x" * 50}], append=True) for n in range(30))
    )
    rows = await files.read_table("t.csv")
    assert sorted(int(str(row["n"])) for row in rows) == list(range(30))
    assert all(row["m"] == "x" * 50 for row in rows)


@posix
def test_when_there_is_no_room_the_old_file_stays(home: Path) -> None:
    """A limit on the size of files stands for the full disk, which would need a file system of its own."""
    code = """
import asyncio, resource, sys
from pathlib import Path
from app.adapters.node_files import NodeFiles
from app.sdk.errors import NodeError
work = Path(sys.argv[1])
files = NodeFiles(work, lambda _: True, lambda _: True, None)
asyncio.run(files.write_text("a.txt", "old"))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for more in ({"replace": True}, {"append": True}):
    try:
        asyncio.run(files.write_text("a.txt", "new" * 1000, **more))
    except NodeError as error:
        print(error.code, error.in_doubt)
"""
    work = str((home / "work").resolve())
    done = subprocess.run(
        [sys.executable, "-c", code, work], check=True, capture_output=True, text=True, timeout=60
    )
    # Of what is added to a file, a part may be there.
    assert done.stdout.splitlines() == ["file.disk_full False", "file.disk_full True"]
    assert [path.name for path in (home / "work").iterdir()] == ["a.txt"]
    assert (home / "work" / "a.txt").read_text().startswith("old")
