"""The archive's install script around a stand-in for the program: one person's folders, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import icons
import pytest
from linux.archive import add_installer, make_archive

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="for Linux only")
ENTRY = "applications/baton.desktop"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("icons")
    assert icons.main(str(folder)) == 0
    return folder


@pytest.fixture
def unpacked(tmp_path: Path, drawn: Path) -> Path:
    """What a person finds in the archive; the program writes down what it was called with."""
    folder = tmp_path / "Downloads ü" / "baton"
    (folder / "_internal").mkdir(parents=True)
    (folder / "_internal" / "文.json").write_text("{}")
    write_program(folder, "first")
    add_installer(folder, drawn)
    return folder


def write_program(folder: Path, name: str) -> None:
    program = folder / "baton"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >"$HOME/called.new"\nmv "$HOME/called.new" "$HOME/called"\n'
    )
    program.chmod(0o755)


class Person:
    """Somebody whose home folder has every sign in its name over which shells and menu entries could stumble.

    All but a percent sign: GLib takes no program from a path with one.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / 'An "odd" $HOME `ü`'
        self.home.mkdir()
        self.share = self.home / ".local/share"
        self.program = self.home / ".local/lib/baton"

    def run(self, script: Path, *given: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script, *given],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def files(self) -> set[str]:
        """All that lies in the home folder now, but what the system keeps about the entries there."""
        found = {str(path.relative_to(self.home)) for path in self.home.rglob("*") if not path.is_dir()}
        return {name for name in found if "/mime/" not in name and "mimeinfo.cache" not in name}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_it_installs_updates_and_goes_again_and_data_stays(person: Person, unpacked: Path) -> None:
    runs = person.share / "Baton" / "runs.db"
    runs.parent.mkdir(parents=True)
    runs.write_text("a person's runs")
    before = person.files()

    done = person.run(unpacked / "install")
    assert done.returncode == 0, done.stderr
    assert (person.share / "mime/packages/baton.xml").is_file()
    assert (person.share / "icons/hicolor/48x48/apps/baton.png").is_file()
    assert (person.share / "icons/hicolor/scalable/apps/baton.svg").is_file()
    assert (person.program / "_internal" / "文.json").is_file()
    assert person.run(person.home / ".local/bin/baton", "x").returncode == 0
    assert (person.home / "called").read_text() == "first\nx\n"

    # A newer one over it: what the older one had and the newer one hasn't is gone.
    (unpacked / "_internal" / "文.json").unlink()
    write_program(unpacked, "second")
    assert person.run(unpacked / "install").returncode == 0
    assert not (person.program / "_internal" / "文.json").exists()
    person.run(person.home / ".local/bin/baton")
    assert (person.home / "called").read_text() == "second\n"

    shutil.rmtree(unpacked)
    done = person.run(person.program / "install", "--remove")
    assert done.returncode == 0, done.stderr
    assert person.files() == {*before, "called"}
    assert not person.program.exists()
    assert runs.read_text() == "a person's runs"


@pytest.mark.skipif(shutil.which("gio") is None, reason="no gio here: apt-get install libglib2.0-bin")
def test_a_desktop_starts_it_from_its_entry(person: Person, unpacked: Path) -> None:
    """GLib reads the entry, as most desktops do."""
    assert person.run(unpacked / "install").returncode == 0
    file = person.home / "mine & 分类.baton.json"
    file.touch()
    gio = Path(str(shutil.which("gio")))
    done = person.run(gio, "launch", str(person.share / ENTRY), str(file))
    assert done.returncode == 0, done.stderr
    assert called(person) == f"first\n{file}\n"


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("gio", "update-mime-database", "update-desktop-database")),
    reason="nothing here knows file types: apt-get install libglib2.0-bin shared-mime-info desktop-file-utils",
)
@pytest.mark.parametrize("name", ["mine & 分类.baton", "mine & 分类.baton.json"])
def test_a_double_click_leads_to_it(person: Person, unpacked: Path, name: str) -> None:
    """GLib opens what it takes for the file's own program, as file managers do."""
    assert person.run(unpacked / "install").returncode == 0
    file = person.home / name
    file.write_text('{"format": "baton.workflow"}')
    done = person.run(Path(str(shutil.which("gio"))), "open", str(file))
    assert done.returncode == 0, done.stderr
    assert called(person) == f"first\n{file}\n"


def called(person: Person) -> str:
    """What the program was called with."""
    end = time.monotonic() + 60
    while not (person.home / "called").exists():
        assert time.monotonic() < end, "it was never called"
        time.sleep(0.02)
    return (person.home / "called").read_text()


@pytest.fixture
def open_program(person: Person, unpacked: Path) -> Iterator[subprocess.Popen[bytes]]:
    assert person.run(unpacked / "install").returncode == 0
    shutil.copy("/bin/sleep", person.program / "baton")
    with subprocess.Popen([person.program / "baton", "600"]) as running:
        yield running
        running.kill()


def test_an_open_program_is_left_in_peace(
    person: Person, unpacked: Path, open_program: subprocess.Popen[bytes]
) -> None:
    before = person.files()
    for script, given in ((unpacked / "install", ()), (person.program / "install", ("--remove",))):
        done = person.run(script, *given)
        assert done.returncode == 1
        assert "still open" in done.stderr
    assert person.files() == before
    assert "还开着" in person.run(unpacked / "install", LANG="zh_CN.UTF-8").stderr
    assert open_program.poll() is None


def test_what_belongs_to_others_stays(person: Person, unpacked: Path) -> None:
    other = person.home / ".local/bin/baton"
    other.parent.mkdir(parents=True)
    other.write_text("somebody's script")
    assert person.run(unpacked / "install").returncode == 0
    assert person.run(person.program / "install", "--remove").returncode == 0
    assert other.read_text() == "somebody's script"

    person.program.mkdir(parents=True)
    (person.program / "notes.txt").touch()
    done = person.run(unpacked / "install")
    assert done.returncode == 1
    assert "something else" in done.stderr
    assert [path.name for path in person.program.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("given", [("--help",), ("--remove",)])
def test_what_cannot_be_done_is_refused_in_words(
    person: Person, unpacked: Path, given: tuple[str, ...]
) -> None:
    done = person.run(unpacked / "install", *given)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert person.files() == set()


def test_the_same_folder_gives_the_same_archive(unpacked: Path, drawn: Path, tmp_path: Path) -> None:
    made: list[bytes] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for path in unpacked.rglob("*"):
            os.utime(path, (len(made) * 1000, len(made) * 1000))
        made.append(make_archive(unpacked, drawn, tmp_path / name, "1700000000").read_bytes())
    assert made[0] == made[1]
