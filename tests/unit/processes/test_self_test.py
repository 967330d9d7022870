from __future__ import annotations

import json

import pytest

from app.processes import self_test


def test_it_says_of_each_part_whether_it_works(home: object, capsys: pytest.CaptureFixture[str]) -> None:
    code = self_test.main()
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert report["key file"] == {"works": True, "detail": "kept and read back"}
    assert report["key store"]["works"]


def test_a_part_that_is_missing_makes_it_fail(
    home: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_test, "_PASSPHRASE", "short")  # which no key file takes
    code = self_test.main()
    report = json.loads(capsys.readouterr().out)
    assert code == 1
    assert not report["key file"]["works"]
