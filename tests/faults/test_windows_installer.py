"""The installer for Windows around a stand-in for the program: compiled here, and run where wine is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import icons
import pytest
from windows.installer import make_installer

from tests.ui.desktop import MISSING, Desktop

VERSION = "1.2.3"
KIND = "HKCU\\Software\\Classes\\Baton.Workflow"
IN_APPS = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Baton"
WITH_JSON = "HKCU\\Software\\Classes\\.json\\OpenWithProgids"
OWN_ENDING = "HKCU\\Software\\Classes\\.baton"
PATIENCE = 120.0

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Windows tries its installer by itself"),
    pytest.mark.timeout(400),
]
WINE = shutil.which("wine") or "wine64"
needs_wine = pytest.mark.skipif(
    not (shutil.which("wine") or shutil.which("wine64")), reason="no wine here: apt-get install wine64"
)


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stand-in")
    payload = folder / "two words ü"
    (payload / "_internal" / "resources").mkdir(parents=True)
    for name in ("Baton.exe", "baton-cli.exe", "_internal/resources/文.json"):
        (payload / name).write_bytes(os.urandom(1000))
    icons.main(str(folder))
    return make_installer(payload, folder, folder / "baton.ico", VERSION)


def test_the_recipe_compiles_without_a_warning(installer: Path) -> None:
    content = installer.read_bytes()
    assert content[:2] == b"MZ"
    assert b"longPathAware" in content, "names of folders may be long"
    for name, value in (("ProductName", "Baton"), ("ProductVersion", VERSION), ("FileVersion", VERSION)):
        at = content.index(name.encode("utf-16-le"))
        assert value.encode("utf-16-le") in content[at : at + 100], "Explorer shows it under Properties"


class Windows:
    """A Windows of its own below a folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self.environment = {
            **environment,
            "WINEPREFIX": str(folder),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
        }
        self.run("wineboot", "--init")
        self.local = next(folder.glob("drive_c/users/*/AppData/Local"))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [WINE, *command],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def registry(self, key: str) -> str:
        return self.run("reg", "query", key).stdout

    def close(self) -> None:
        subprocess.run(["wineserver", "--kill"], env=self.environment, check=False, capture_output=True)


@needs_wine
def test_it_installs_associates_and_goes_again_and_data_stays(installer: Path, tmp_path: Path) -> None:
    windows = Windows(tmp_path / "wine")
    try:
        program = windows.local / "Programs" / "Baton"
        assert windows.run(str(installer), "/S").returncode == 0
        assert {path.name for path in program.iterdir()} == {
            *("Baton.exe", "baton-cli.exe", "_internal", "uninstall.exe")
        }
        assert (program / "_internal/resources/文.json").is_file()
        assert list(windows.local.parent.rglob("Start Menu/Programs/Baton.lnk"))
        assert '\\Baton.exe" "%1"' in windows.registry(f"{KIND}\\shell\\open\\command")
        assert "Baton.Workflow" in windows.registry(WITH_JSON)
        assert "Baton.Workflow" in windows.registry(OWN_ENDING)
        assert VERSION in windows.registry(IN_APPS)

        # A newer version over it: what the older one had and the newer one hasn't is gone, other files stay.
        for path in (program / "_internal/of-the-older.dll", program / "notes.txt"):
            path.write_text("x")
        assert windows.run(str(installer), "/S").returncode == 0
        assert not (program / "_internal/of-the-older.dll").exists()

        data = windows.local / "Baton" / "runs.db"
        data.parent.mkdir()
        data.write_text("a person's runs")
        windows.run(str(program / "uninstall.exe"), "/S")
        end = time.monotonic() + PATIENCE  # it goes on from a copy of itself
        while (program / "Baton.exe").exists() or IN_APPS.rsplit("\\", 1)[-1] in windows.registry(IN_APPS):
            assert time.monotonic() < end, "the program is still there"
        assert data.read_text() == "a person's runs"
        assert [path.name for path in program.iterdir()] == ["notes.txt"]
        left = windows.registry(KIND) + windows.registry(WITH_JSON) + windows.registry(OWN_ENDING)
        assert "Baton" not in left
    finally:
        windows.close()


@needs_wine
@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_a_person_is_asked_before_data_goes(installer: Path, tmp_path: Path) -> None:
    (tmp_path / "screen").mkdir()
    desktop = Desktop(tmp_path / "screen")
    windows = Windows(tmp_path / "wine", desktop.environment)
    program, data = windows.local / "Programs" / "Baton", windows.local / "Baton" / "runs.db"
    try:
        for key, stays in (("n", True), ("y", False)):
            assert windows.run(str(installer), "/S").returncode == 0
            data.parent.mkdir(exist_ok=True)
            data.write_text("a person's runs")
            asking = subprocess.Popen([WINE, str(program / "uninstall.exe")], env=windows.environment)
            desktop.wait_for(lambda: desktop.windows("Baton Uninstall"))
            desktop.settle()
            desktop.until(
                lambda: desktop.keys("Return"), lambda: len(desktop.windows("Baton Uninstall")) == 2
            )
            assert not (program / "Baton.exe").exists()
            assert data.exists(), "nobody has said yes"
            desktop.until(partial(desktop.keys, key), lambda: len(desktop.windows("Baton Uninstall")) == 1)
            desktop.until(lambda: desktop.keys("Return"), lambda: not desktop.windows("Baton Uninstall"))
            assert data.exists() is stays
            asking.wait(PATIENCE)
    finally:
        windows.close()
        desktop.close()
