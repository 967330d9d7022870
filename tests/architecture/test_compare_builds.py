"""Two builds are told apart by what differs in them, and by nothing else."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import compare_builds
import pytest


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, Path]:
    """Two of the same."""
    for name in ("one", "other"):
        folder = tmp_path / name / "lib"
        folder.mkdir(parents=True)
        (folder / "program").write_bytes(b"\x7fELF same")
        (folder / "link").symlink_to("program")
        zipped(folder / "base.zip", (2020, 1, 1, 0, 0, 0))
    return tmp_path / "one", tmp_path / "other"


def zipped(path: Path, time: tuple[int, int, int, int, int, int], content: str = "x = 1") -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("module.py", time), content)


def test_the_same_is_the_same(builds: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_builds.main(*map(str, builds)) == 0
    assert capsys.readouterr().out == "3 files, 0 differences\n"


def test_every_difference_is_named(builds: tuple[Path, Path]) -> None:
    _, other = builds
    (other / "lib/program").write_bytes(b"\x7fELF same, but longer")
    (other / "lib/link").unlink()
    (other / "lib/link").symlink_to("base.zip")
    (other / "lib/new").touch()
    zipped(other / "lib/base.zip", (2021, 1, 1, 0, 0, 0))
    assert [line.replace(str(other), "the other") for line in compare_builds.differences(*builds)] == [
        "lib/base.zip: what is in it is the same; order, times or compression differ",
        "lib/link: leads to program and base.zip",
        "lib/new: only in the other",
        "lib/program: 9 and 21 bytes",
    ]
    zipped(other / "lib/base.zip", (2020, 1, 1, 0, 0, 0), "x = 2")
    assert "lib/base.zip: in it differ module.py" in list(compare_builds.differences(*builds))
    (other / "lib/program").write_bytes(b"\x7fELF sane")
    assert "lib/program: 1 bytes from 7 on" in list(compare_builds.differences(*builds))


def test_a_mode_is_a_difference(builds: tuple[Path, Path]) -> None:
    (builds[1] / "lib/program").chmod(0o755)
    (line,) = compare_builds.differences(*builds)
    assert line.startswith("lib/program: mode ")


def test_archives_are_looked_into(builds: tuple[Path, Path], tmp_path: Path) -> None:
    for build in builds:
        with tarfile.open(tmp_path / f"{build.name}.tar.xz", "w:xz") as archive:
            archive.add(build, "baton")
    assert compare_builds.main(str(tmp_path / "one.tar.xz"), str(tmp_path / "other.tar.xz")) == 0
