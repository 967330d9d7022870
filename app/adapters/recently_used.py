"""The list of recent files that desktops on Linux share: recently-used.xbel, of the desktop-bookmark-spec."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from app.adapters.atomic_files import replace_file

MIME_TYPE = "application/vnd.baton.workflow+json"
_OWNER = "http://freedesktop.org"
_BOOKMARK = "http://www.freedesktop.org/standards/desktop-bookmarks"
_MIME = "http://www.freedesktop.org/standards/shared-mime-info"
_LARGEST = 5_000_000  # bytes; desktops keep it far smaller


def list_file(home: Path, data_home: str = "") -> Path:
    """Where the list is; `data_home` is XDG_DATA_HOME."""
    return (Path(data_home) if data_home else home / ".local" / "share") / "recently-used.xbel"


def note_file(listed: Path, path: Path, command: Sequence[str]) -> None:
    """Puts a file on the list, or its visit where it is there; `command` is what opens it. Raises OSError.

    A list that can't be read belongs to the other programs: it stays as it is.
    """
    root = _read(listed)
    if root is None:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    href = path.absolute().as_uri()
    bookmark = next((one for one in root.iter("bookmark") if one.get("href") == href), None)
    if bookmark is None:
        bookmark = ET.SubElement(root, "bookmark", {"href": href, "added": now})
    bookmark.set("modified", now)
    bookmark.set("visited", now)
    # By its address: desktops put a path there as it is, with its spaces.
    _note_program(_of_desktop(bookmark), shlex.join(command) + " %u", now)
    ET.indent(root)
    _make_private(listed)
    ET.register_namespace("bookmark", _BOOKMARK)
    ET.register_namespace("mime", _MIME)
    replace_file(listed, ET.tostring(root, "UTF-8", xml_declaration=True) + b"\n")


def _read(listed: Path) -> ET.Element | None:
    """The list; an empty one where there is none or nothing in it; None: not ours to touch."""
    try:
        content = listed.read_bytes()
    except FileNotFoundError:
        content = b""
    if not content.strip():
        return ET.Element("xbel", {"version": "1.0"})
    # Other people's definitions could grow without end while they are read.
    if len(content) > _LARGEST or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return None
    try:
        root = ET.fromstring(content)  # noqa: S314 - without definitions there is nothing in it to expand
    except ET.ParseError:
        return None
    return root if root.tag == "xbel" else None


def _of_desktop(bookmark: ET.Element) -> ET.Element:
    """The part of an entry that belongs to the desktop, made where it isn't there."""
    info = _child(bookmark, "info")
    for one in info.findall("metadata"):
        if one.get("owner") == _OWNER:
            return one
    return ET.SubElement(info, "metadata", {"owner": _OWNER})


def _note_program(metadata: ET.Element, command: str, now: str) -> None:
    if metadata.find(f"{{{_MIME}}}mime-type") is None:
        ET.SubElement(metadata, f"{{{_MIME}}}mime-type", {"type": MIME_TYPE})
    programs = _child(metadata, f"{{{_BOOKMARK}}}applications")
    own = next((one for one in programs if one.get("name") == "Baton"), None)
    if own is None:
        own = ET.SubElement(programs, f"{{{_BOOKMARK}}}application", {"name": "Baton", "count": "0"})
    count = own.get("count", "0")
    own.set("count", str(int(count) + 1 if count.isascii() and count.isdigit() else 1))
    own.set("exec", shlex.quote(command))  # the whole of it is quoted once more
    own.set("modified", now)


def _child(parent: ET.Element, tag: str) -> ET.Element:
    found = parent.find(tag)
    return ET.SubElement(parent, tag) if found is None else found


def _make_private(listed: Path) -> None:
    """What a person opened concerns nobody else on the computer."""
    listed.parent.mkdir(parents=True, exist_ok=True)
    if not listed.exists():
        os.close(os.open(listed, os.O_WRONLY | os.O_CREAT, 0o600))
