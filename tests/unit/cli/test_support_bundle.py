"""What goes into the archive for support, and what stays out whatever lies around."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.adapters import crash_reports
from app.settings import folders

KEYS = ("sk-proj-ABCDEFGHIJKLMNOP1234567890", "canary-3141592653")
COMPANY = "gateway.contoso.example"


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key and a company's name in every place that the archive looks at."""
    monkeypatch.setenv("BATON_CONN_CONTOSO_KEY", KEYS[1])
    monkeypatch.setenv("BATON_CONN_CONTOSO_URL", f"https://{COMPANY}/v1")
    where = folders()
    where.logs.mkdir(parents=True)
    (where.logs / "engine.log").write_text(f"Authorization: Bearer {KEYS[0]}\n{Path.home()}/wages.csv\n")
    (where.logs / "engine.log.1").write_text("older")
    where.config.mkdir(parents=True)
    settings = {
        "theme": "dark",
        "budget_usd": "2.50",
        "addons": [KEYS[0]],
        "roles": {"strong": {"connection": COMPANY}},
    }
    (where.config / "settings.json").write_text(json.dumps(settings))
    crash_reports.report(where.logs, "engine-host", AttributeError(f"no {KEYS[0]}"))


@pytest.mark.usefixtures("planted")
def test_the_archive_holds_what_helps_and_nothing_secret(baton: Any, tmp_path: Path) -> None:
    path = tmp_path / "support.zip"
    ended = baton("doctor", "--bundle", path)
    assert ended.code == 0, ended.err
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name.partition("/")[0] for name in files} == {"facts.json", "settings.json", "crashes", "logs"}
    for name, words in files.items():
        assert name in ended.out, "all that is in it is said"
        for hidden in (*KEYS, COMPANY, str(Path.home())):
            assert hidden not in words, f"{hidden} stands in {name}"
    for connection in json.loads(files["facts.json"])["connections"]:
        assert set(connection) == {"kind", "limits"}
    settings = json.loads(files["settings.json"])
    assert (settings["theme"], settings["budget_usd"], settings["rows_at_a_time"]) == ("dark", "2.50", 4)
    assert settings["roles"] == {"[hidden]": 1}
    assert "wages.csv" in files["logs/engine.log"]
    assert "AttributeError" in next(words for name, words in files.items() if name.startswith("crashes/"))


@pytest.mark.usefixtures("planted")
def test_a_file_that_is_there_stays(baton: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    path.write_text("mine")
    ended = baton("doctor", "--bundle", path)
    assert ended.code != 0
    assert str(path) in ended.err
    assert path.read_text() == "mine"


def test_a_fresh_profile_has_an_archive_too(baton: Any, tmp_path: Path) -> None:
    assert baton("doctor", "--bundle", tmp_path / "new.zip").code == 0
