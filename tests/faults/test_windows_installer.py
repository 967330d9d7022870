"""The installer for Windows around a stand-in for the program: compiled here, and run where wine is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import icons
import pytest
from windows.installer import make_installer

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

    def __init__(self, folder: Path) -> None:
        self.local = folder / "drive_c/users" / os.environ.get("USER", "root") / "AppData/Local"
        self.environment = {
            **os.environ,
            "WINEPREFIX": str(folder),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
        }
        self.run("wineboot", "--init")
        self.local = next(folder.glob("drive_c/users/*/AppData/Local"))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        wine = shutil.which("wine") or "wine64"
        return subprocess.run(
            [wine, *command],
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
