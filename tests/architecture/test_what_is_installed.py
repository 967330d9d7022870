"""What the packages for other systems are made of, as far as this system can read it."""

from __future__ import annotations

import plistlib
import shutil
import sys
from pathlib import Path

import contents
import icons
import pytest
from linux.debian_package import as_debian
from macos.disk_image import layout, sealing
from platformdirs.macos import MacOS
from PySide6.QtGui import QImageReader

from app.settings import folders, help_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("icons")
    assert icons.main(str(folder)) == 0
    return folder


@pytest.mark.parametrize(("name", "most"), [("baton.ico", 256), ("baton.icns", 1024)])
def test_icons_can_be_read_in_every_size(drawn: Path, name: str, most: int) -> None:
    reader = QImageReader(str(drawn / name))
    sizes: set[int] = set()
    for index in range(max(reader.imageCount(), 1)):
        reader.jumpToImage(index)
        picture = reader.read()
        assert not picture.isNull(), reader.errorString()
        assert picture.hasAlphaChannel()
        assert picture.pixelColor(picture.width() // 2, picture.height() // 2).alpha() == 255
        sizes.add(picture.width())
    assert max(sizes) == most
    assert 16 in sizes


def test_the_pages_of_help_are_packed_where_the_program_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = contents.documentation(ROOT)
    assert Path(source) == help_folder()
    shutil.copytree(source, tmp_path / target)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert help_folder() == tmp_path / target


def test_macos_learns_which_files_it_opens_and_what_it_needs() -> None:
    plist = plistlib.loads(plistlib.dumps(contents.info_plist("1.2.3")))
    assert plist["LSMinimumSystemVersion"] == "14.0"
    (document,) = plist["CFBundleDocumentTypes"]
    (kind,) = plist["UTExportedTypeDeclarations"]
    assert document["LSItemContentTypes"] == [kind["UTTypeIdentifier"]]
    assert kind["UTTypeTagSpecification"]["public.filename-extension"] == ["baton", "baton.json"]


def test_the_hardened_runtime_gives_way_in_one_point_only() -> None:
    entitlements = plistlib.loads((ROOT / "packaging/macos/entitlements.plist").read_bytes())
    assert entitlements == {"com.apple.security.cs.allow-unsigned-executable-memory": True}


def test_the_disk_image_is_signed_before_apple_sees_it_and_stapled_after() -> None:
    image = Path("Baton.dmg")
    assert sealing(image, {}) == []
    assert sealing(image, {"BATON_NOTARY_PROFILE": "account"}) == [], "Apple takes nothing unsigned"
    signed = sealing(image, {"BATON_SIGNING_IDENTITY": "Developer ID"})
    assert [command[0] for command in signed] == ["codesign"]
    both = sealing(image, {"BATON_SIGNING_IDENTITY": "Developer ID", "BATON_NOTARY_PROFILE": "account"})
    assert [command[:2] for command in both[1:]] == [["xcrun", "notarytool"], ["xcrun", "stapler"]]
    assert "--wait" in both[1]


def test_the_disk_image_shows_the_app_beside_applications() -> None:
    look = layout(Path("out/Baton.app"), Path("baton.icns"))
    assert set(look["icon_locations"]) == {"Baton.app", *look["symlinks"]}


@pytest.mark.parametrize(
    ("version", "debian"), [("1.2.0", "1.2.0"), ("1.2.0rc1", "1.2.0~rc1"), ("2.0b3", "2.0~b3")]
)
def test_debian_sorts_what_comes_before_a_release_before_it(version: str, debian: str) -> None:
    assert as_debian(version) == debian


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("aiohttp/client.py", True),
        ("networkx/tests/test_all.py", False),
        ("litellm/proxy/schema.prisma", False),
        ("PySide6/Qt/translations/qtbase_zh_CN.qm", True),
        ("PySide6/Qt/translations/qtbase_fr.qm", False),
        ("PySide6/Qt/lib/libQt6Quick.so.6", False),
        ("PySide6/Qt/lib/libQt6Widgets.so.6", True),
        ("PySide6\\Qt6Pdf.dll", False),
    ],
)
def test_tests_servers_and_foreign_parts_of_qt_stay_out(path: str, wanted: bool) -> None:
    class Analysis:
        pure = ()
        binaries = ()
        datas = ((path, path, "DATA"),)

    analysis = Analysis()
    contents.trim(analysis)
    assert bool(analysis.datas) is wanted


def test_what_the_uninstaller_may_delete_is_the_whole_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' folders as platformdirs names them, against the one that the installer for Windows knows."""
    from platformdirs import windows

    recipe = (ROOT / "packaging/windows/installer.nsi").read_text("utf-8")
    assert '!define DATA "$LOCALAPPDATA\\Baton"' in recipe
    monkeypatch.delenv("BATON_HOME")
    monkeypatch.setenv("LOCALAPPDATA", "/users/x/AppData/Local")
    monkeypatch.setattr(windows, "get_win_folder", windows.get_win_folder_from_env_vars)
    found = folders(windows.Windows)
    places = (found.config, found.data, found.cache, found.state, found.logs)
    assert {place.parts[:6] for place in places} == {("/", "users", "x", "AppData", "Local", "Baton")}


def test_macos_keeps_the_profile_in_the_persons_library(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.delenv("BATON_HOME")
    found = folders(MacOS)
    library = home / "Library"
    assert found.config == found.data == found.state == library / "Application Support/Baton"
    assert (found.cache, found.logs) == (library / "Caches/Baton", library / "Logs/Baton")


def test_the_icon_of_the_program_is_that_of_its_system(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for system in ("win32", "darwin", "linux"):
        monkeypatch.setattr(sys, "platform", system)
        found[system] = contents.icon(Path("icons"))
    assert found == {
        "win32": str(Path("icons/baton.ico")),
        "darwin": str(Path("icons/baton.icns")),
        "linux": None,
    }
