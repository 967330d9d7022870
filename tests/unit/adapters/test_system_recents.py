"""Each system hears of recent files in its own way; here Linux's runs for real, the others up to their door."""

from __future__ import annotations

import ctypes
import os
import re
import shlex
import stat
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from app.__main__ import path_of
from app.adapters.recently_used import MIME_TYPE, list_file, note_file
from app.adapters.system_recents import Doors, SystemRecents

COMMAND = ("/opt/two words/baton",)
BOOKMARK = "{http://www.freedesktop.org/standards/desktop-bookmarks}"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"
# As GTK writes it.
OF_OTHERS = """<?xml version="1.0" encoding="UTF-8"?>
<xbel version="1.0"
      xmlns:bookmark="http://www.freedesktop.org/standards/desktop-bookmarks"
      xmlns:mime="http://www.freedesktop.org/standards/shared-mime-info"
>
  <bookmark href="file:///home/x/letter%20%C3%BC.odt" added="2026-01-02T03:04:05Z" modified="2026-01-02T03:04:05Z" visited="2026-01-02T03:04:05Z">
    <title>A letter</title>
    <info>
      <metadata owner="http://freedesktop.org">
        <mime:mime-type type="application/vnd.oasis.opendocument.text"/>
        <bookmark:groups>
          <bookmark:group>Office</bookmark:group>
        </bookmark:groups>
        <bookmark:applications>
          <bookmark:application name="Writer" exec="&apos;soffice %u&apos;" modified="2026-01-02T03:04:05Z" count="3"/>
        </bookmark:applications>
      </metadata>
    </info>
  </bookmark>
</xbel>
"""  # noqa: E501 - nobody breaks these lines


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "share" / "recently-used.xbel"


def tree(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - this test's own


def programs(listed: Path) -> dict[str, list[tuple[str, str, int]]]:
    """By file: name, command and count of each program."""
    return {
        str(bookmark.get("href")): [
            (str(one.get("name")), str(one.get("exec")), int(str(one.get("count"))))
            for one in bookmark.iter(f"{BOOKMARK}application")
        ]
        for bookmark in tree(listed.read_text("utf-8")).iter("bookmark")
    }


def test_linux_gets_a_list_that_its_desktops_can_read(listed: Path, tmp_path: Path) -> None:
    file = tmp_path / "Sort & answer 分类.baton.json"
    note_file(listed, file, COMMAND)
    note_file(listed, file, COMMAND)
    (name, command, count) = programs(listed)[file.as_uri()][0]
    assert (name, count) == ("Baton", 2)
    assert command == "''\"'\"'/opt/two words/baton'\"'\"' %u'", "quoted once for the path, once for the list"
    (mime,) = tree(listed.read_text("utf-8")).iter(f"{MIME}mime-type")
    assert mime.get("type") == MIME_TYPE
    text = listed.read_text("utf-8")
    assert '<bookmark:application name="Baton"' in text, "programs look for these prefixes"
    assert re.search(r'visited="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"', text)
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600, "what was opened concerns nobody else"


class GLib:
    """The reader of every desktop that is made with GLib."""

    def __init__(self, listed: Path) -> None:
        self._library = ctypes.CDLL("libglib-2.0.so.0")
        self._library.g_bookmark_file_new.restype = ctypes.c_void_p
        self._library.g_bookmark_file_get_mime_type.restype = ctypes.c_char_p
        self._file = ctypes.c_void_p(self._library.g_bookmark_file_new())
        loaded = self._library.g_bookmark_file_load_from_file(self._file, os.fsencode(listed), None)
        assert loaded, "it can't read the list"

    def kind(self, uri: str) -> str:
        return self._library.g_bookmark_file_get_mime_type(self._file, uri.encode(), None).decode()

    def command(self, uri: str, program: str) -> tuple[str, int]:
        """What it would start, and how often the program has opened the file."""
        command, count, when = ctypes.c_char_p(), ctypes.c_uint(), ctypes.c_long()
        out = (ctypes.byref(command), ctypes.byref(count), ctypes.byref(when))
        found = self._library.g_bookmark_file_get_app_info(
            self._file, uri.encode(), program.encode(), *out, None
        )
        assert found, f"nothing is said of {program}"
        return (command.value or b"").decode(), count.value


@pytest.mark.parametrize("path", ["/x/a.baton", "a.baton", "C:\\x\\a.baton", "/100 % file:/a.baton"])
def test_a_path_stays_a_path(path: str) -> None:
    assert path_of(path) == path


@pytest.mark.skipif(sys.platform != "linux", reason="desktops of Linux")
def test_desktops_read_the_file_its_kind_and_how_to_open_it(listed: Path, tmp_path: Path) -> None:
    listed.parent.mkdir()
    listed.write_text(OF_OTHERS, "utf-8")
    file = tmp_path / "Sort & answer 分类.baton.json"
    note_file(listed, file, COMMAND)
    read = GLib(listed)
    assert read.kind(file.as_uri()) == MIME_TYPE
    command, count = read.command(file.as_uri(), "Baton")
    program, address = shlex.split(command)
    assert (program, path_of(address)) == (*COMMAND, str(file))
    assert count == 1
    assert read.kind("file:///home/x/letter%20%C3%BC.odt") == "application/vnd.oasis.opendocument.text"


def test_what_other_programs_wrote_stays(listed: Path, tmp_path: Path) -> None:
    listed.parent.mkdir()
    listed.write_text(OF_OTHERS, "utf-8")
    note_file(listed, tmp_path / "mine.baton.json", COMMAND)
    found = programs(listed)
    assert found["file:///home/x/letter%20%C3%BC.odt"] == [("Writer", "'soffice %u'", 3)]
    assert len(found) == 2
    before, after = tree(OF_OTHERS)[0], tree(listed.read_text("utf-8"))[0]
    assert [(one.tag, one.attrib, (one.text or "").strip()) for one in before.iter()] == [
        (one.tag, one.attrib, (one.text or "").strip()) for one in after.iter()
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"<xbel><bookmark",
        b"not a list",
        b"<html/>",
        b'<!DOCTYPE xbel [<!ENTITY a "aaaa">]><xbel version="1.0">&a;</xbel>',
        b"<xbel>" + b" " * 5_000_000 + b"</xbel>",
    ],
    ids=["cut off", "text", "another kind", "definitions", "huge"],
)
def test_a_list_that_is_not_understood_is_left_alone(listed: Path, tmp_path: Path, content: bytes) -> None:
    listed.parent.mkdir()
    listed.write_bytes(content)
    note_file(listed, tmp_path / "mine.baton.json", COMMAND)
    assert listed.read_bytes() == content


def test_linux_finds_the_list_where_the_system_has_it(home: Path, tmp_path: Path) -> None:
    SystemRecents(COMMAND, "linux", {}).note(tmp_path / "a.baton.json")
    assert list_file(home).is_file()
    SystemRecents(COMMAND, "linux", {"XDG_DATA_HOME": str(tmp_path / "x")}).note(tmp_path / "b.baton.json")
    assert len(programs(tmp_path / "x" / "recently-used.xbel")) == 1


def test_a_list_that_cannot_be_written_keeps_nobody_from_opening(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    SystemRecents(COMMAND, "linux", {"XDG_DATA_HOME": str(tmp_path / "file")}).note(tmp_path / "a.baton.json")


@pytest.mark.parametrize("strange", ["encoding", "count"])
def test_a_strange_list_keeps_nobody_from_opening(tmp_path: Path, strange: str) -> None:
    listed, file = tmp_path / "recently-used.xbel", tmp_path / "mine.baton.json"
    note_file(listed, file, COMMAND)
    before = listed.read_text("utf-8")
    changes = {"encoding": ("encoding='UTF-8'", "encoding='nonsense'"), "count": ('"1"', f'"{"9" * 5000}"')}
    content = before.replace(*changes[strange])
    assert content != before
    listed.write_text(content, "utf-8")
    SystemRecents(COMMAND, "linux", {"XDG_DATA_HOME": str(tmp_path)}).note(file)
    assert listed.read_text("utf-8") == content


class Shell:
    """Windows' shell up to its door: what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def SHAddToRecentDocs(self, kind: int, path: ctypes.c_wchar_p) -> None:  # noqa: N802 - Windows' own name
        self.told.append((kind, str(path.value)))


class Told:
    """Objective-C up to its door: each message as a line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def named(self, name: str) -> Any:
        return name

    def send(self, receiver: Any, selector: str, *given: Any) -> Any:
        said = " ".join([str(receiver), selector, *(str(one) for one in given)])
        self.lines.append(said)
        return f"[{said}]"


def test_windows_is_told_the_path_for_its_jump_list() -> None:
    shell = Shell()
    SystemRecents(COMMAND, "win32", {}, Doors(windows_shell=lambda: shell)).note(
        Path("C:/Työ/分类.baton.json")
    )
    assert shell.told == [(3, str(Path("C:/Työ/分类.baton.json")))]


def test_macos_is_told_the_url_for_its_dock() -> None:
    told = Told()
    SystemRecents(COMMAND, "darwin", {}, Doors(mac_messages=lambda: told)).note(
        Path("/Users/x/分类.baton.json")
    )
    path = "/Users/x/分类.baton.json".encode()
    assert told.lines[-1] == (
        "[NSDocumentController sharedDocumentController] noteNewRecentDocumentURL: "
        f"[NSURL fileURLWithPath: [NSString stringWithUTF8String: {path}]]"
    )


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_a_system_that_is_not_there_says_nothing(system: str) -> None:
    SystemRecents(COMMAND, system, {}).note(Path("/x/a.baton.json"))
