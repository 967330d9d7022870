"""A workflow file that can't be read or can't run: every verb says what, where and what to do, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.conftest import LOCALES, Baton
from tests.faults.files import ASK, OUT, TRICKS, TRICKY, asks_model, echo, edge, step, workflow, written

LOOP = [edge("a.message", "t.x"), edge("t.text", "u.x"), edge("u.text", "t.y"), edge("u.text", "o.value")]
X, XY = step("data.template", text="{{x}}"), step("data.template", text="{{x}} {{y}}")
STRANGER = {"connection": "Acme", "kind": "openai", "model": "gpt-9"}

UNREADABLE = {
    "no JSON": b"hello {",
    "cut off": b'{"format": "baton.workflow", "formatVersion": 1,',
    "empty": b"",
    "not UTF-8": bytes(range(256)),
    "too deep": b"[" * 100_000 + b"]" * 100_000,
    "too large": b" " * 5_000_100 + b"{}",
    "keys twice": b'{"format": "baton.workflow", "format": "x"}',
    "no number": b'{"format": "baton.workflow", "formatVersion": NaN}',
    "huge number": b'{"format": "baton.workflow", "formatVersion": ' + b"9" * 5000 + b"}",
    "half a character": b'{"format": "baton.workflow", "formatVersion": 1, "x": "\\ud800"}',
    "something else": {"nodes": []},
    "a list": [],
    "newer and strange": {**workflow({}, []), "formatVersion": 99, "workflow": 5},
    "an id that is a path": workflow({"../../etc": ASK}, []),
    "too many steps": workflow({f"n{i}": ASK for i in range(5001)}, []),
    "escapes in a key": b'{"a\\u001b[31m\\u202e": 1, "a\\u001b[31m\\u202e": 2}',
}
CANNOT_RUN = {
    "a link to nowhere": (3, workflow({"a": ASK, "o": OUT}, [edge("a.message", "zz.x")])),
    "a circle": (3, workflow({"a": ASK, "t": XY, "u": X, "o": OUT}, LOOP)),
    "an unknown step": (
        3,
        workflow({"a": ASK, "t": step("acme.thing"), "o": OUT}, [edge("a.message", "t.x")]),
    ),
    "a port that isn't there": (3, workflow({"a": ASK, "o": OUT}, [edge("a.nope", "o.value")])),
    "settings of wrong kinds": (3, workflow({"m": step("model.text", prompt=5, max_tokens=-4)}, [])),
    "features to come": (3, {**echo(), "requires": {"features": ["quantum"]}}),
    "nothing in it": (3, workflow({}, [])),
    "a role without a model": (4, asks_model({"role": "strong"})),
    "a connection of somebody else": (4, asks_model(STRANGER)),
    "tricky names": (4, asks_model({**STRANGER, "connection": TRICKY}, title=TRICKY)),
}
CASES = {name: (3, content) for name, content in UNREADABLE.items()} | CANNOT_RUN


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("name", CASES)
def test_the_reason_is_said_and_the_file_stays(
    name: str, language: str, baton: Baton, tmp_path: Path
) -> None:
    code, content = CASES[name]
    path = written(tmp_path, content)
    before = path.read_bytes()
    for verb in (["check"], ["run", "--allow", "--input", "message=hi"]):
        ended = baton(*verb, path, language=language)
        assert ended.code == code, ended.said
        assert "→" in ended.said, "what to do"
        assert _is_in(language, ended.said), ended.said
        if name in UNREADABLE:
            assert str(path) in ended.err, "where"
        assert not set(TRICKS) & set(ended.said)
    assert path.read_bytes() == before


def _is_in(language: str, said: str) -> bool:
    """Each sentence of a problem has Chinese in it, or none has."""
    sentences = [line for line in said.splitlines() if line.lstrip().startswith(("✗", "!", "→"))]
    return all(bool(re.search("[\u4e00-\u9fff]", line)) == (language == "zh-CN") for line in sentences)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("cut off", "too large")])
def test_tidying_a_file_loses_nothing_of_it(name: str, baton: Baton, tmp_path: Path) -> None:
    _, content = CASES[name]
    path = written(tmp_path, content)
    before = path.read_bytes()
    ended = baton("fmt", path)
    if ended.code != 0:
        assert (ended.code, path.read_bytes()) == (3, before)
        assert "→" in ended.err
    else:
        assert baton("diff", written(tmp_path, before, "before.json"), path).code == 0


def test_tidying_keeps_links_and_rights_of_the_file(baton: Baton, tmp_path: Path) -> None:
    real = written(tmp_path, echo(), "real.json")
    real.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(real)
    assert baton("fmt", link).code == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


def test_of_two_files_the_broken_one_is_named(baton: Baton, tmp_path: Path) -> None:
    sound, broken = written(tmp_path, echo(), "sound.json"), written(tmp_path, b"{", "broken.json")
    ended = baton("diff", sound, broken)
    assert ended.code == 3
    assert "broken.json" in ended.err
    assert "sound.json" not in ended.err


def test_what_differs_is_told_without_what_a_terminal_would_obey(baton: Baton, tmp_path: Path) -> None:
    tricky = workflow({"a": {**ASK, "title": TRICKY}}, [])
    one, other = written(tmp_path, echo(), "1.json"), written(tmp_path, tricky, "2.json")
    ended = baton("diff", one, other)
    assert ended.code == 1
    assert not set(TRICKS) & set(ended.out)


@pytest.mark.parametrize("place", ["nowhere.json", ".", "/dev/null"])
def test_what_is_no_file_is_said_to_be_none(place: str, baton: Baton, tmp_path: Path) -> None:
    ended = baton("run", tmp_path / place)
    assert ended.code == 3
    assert "→" in ended.err
