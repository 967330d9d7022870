from __future__ import annotations

import json
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.processes import self_test


def test_it_says_of_each_part_whether_it_works(home: object, capsys: pytest.CaptureFixture[str]) -> None:
    code = self_test.main()
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert report["key file"] == {"works": True, "detail": "kept and read back"}
    assert report["key store"]["works"]
    assert report["tokens"]["detail"].startswith("5 in ")


def test_a_part_that_is_missing_makes_it_fail(
    home: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_test, "_PASSPHRASE", "short")  # which no key file takes
    code = self_test.main()
    report = json.loads(capsys.readouterr().out)
    assert code == 1
    assert not report["key file"]["works"]


def test_every_library_of_machine_code_is_loaded(
    home: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Around a stand-in for the packaged program's folder."""
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    core = find_spec("msgspec._core")
    assert core is not None
    (tmp_path / "msgspec").mkdir()
    shutil.copy(str(core.origin), tmp_path / "msgspec")
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "libof-qt.so").touch()

    self_test.main()
    assert json.loads(capsys.readouterr().out)["native parts"] == {"works": True, "detail": "1 loaded"}

    (tmp_path / "lib-dynload").mkdir()
    (tmp_path / "lib-dynload" / f"_broken{EXTENSION_SUFFIXES[0]}").touch()
    self_test.main()
    broken = json.loads(capsys.readouterr().out)["native parts"]
    assert not broken["works"]
    assert "_broken: " in broken["detail"]
