"""Help and wrong use of the command line, in the language of the terminal and in nobody else's words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app.cli.main import cli
from app.texts import catalogue

ROOT = Path(__file__).resolve().parents[3]
COMMANDS: Any = get_command(cli).commands  # type: ignore[attr-defined]
# What is written as it stands in every language: names, formats, keys of the keyboard.
NAMES = re.compile(
    r"--?[a-z-]+|\b(baton|JSON|PNG|SVG|AI|FILE|NAME|VALUE|USD|SECONDS|DAY|RUN|WORDS|NODE|PORT|MODEL|URL|DIGEST|TOKENS|SCALE|SHA|LoRA|token|https|gguf|add|remove|set|speed|list|show|compare|pin|unpin|forget|clear-cache|export|samples|last|good|bad|none|dark|light|en|zh-CN|N|A|B|x|xlsx|csv|tsv|jsonl|png|svg)\b"
)

CASES = [
    (["runn"], "cli.no_such_verb"),
    (["run"], "cli.missing"),
    (["run", "x.json", "--rowz", "3"], "cli.no_such_option"),
    (["run", "x.json", "--concurrency", "many"], "cli.bad_value"),
    (["run", "x.json", "--concurrency", "0"], "cli.bad_value"),
    (["run", "x.json", "--rows"], "cli.bad_option"),
    (["run", "x.json", "--allow=yes"], "cli.bad_option"),
    (["run", "x.json", "y.json"], "cli.extra_argument"),
    (["--nonsense"], "cli.no_such_option"),
    (["run", "x.json", "--json", "--events"], "cli.json_and_events"),
]


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


def test_every_verb_and_option_has_its_words() -> None:
    wanted = {f"cli.help.{name}" for name in COMMANDS}
    for name, command in COMMANDS.items():
        wanted |= {f"cli.help.{name}.{param.name.strip('_')}" for param in command.params}
    for language in ("en", "zh-CN"):
        there = {code for code in catalogue(language) if code.startswith("cli.help.")}
        general = {"page", "usage", "options_mark", "verb_mark", "arguments", "options", "verbs", "help"}
        assert there - {f"cli.help.{one}" for one in general} == wanted


@pytest.mark.parametrize("verb", [[], *([name] for name in COMMANDS)], ids=str)
@pytest.mark.usefixtures("chinese")
def test_help_is_chinese_where_the_terminal_is(verb: list[str], baton: Any) -> None:
    ended = baton(*verb, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "用法：baton" in ended.out
    names = "|".join(map(re.escape, COMMANDS))
    left = re.sub(rf"\b({names})\b", "", NAMES.sub("", ended.out))
    assert not re.findall(r"[A-Za-z]{3,}", left), left


def test_help_is_english_elsewhere(baton: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    out = baton("run", "--help").out
    assert out.startswith("Usage: baton run [OPTIONS] FILE")
    assert "--rows FILE|samples" in out
    assert all(f"\n  {verb} " in baton("--help").out for verb in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "code"), CASES, ids=lambda one: " ".join(one) if isinstance(one, list) else one
)
def test_wrong_use_is_a_problem_with_code_2(arguments: list[str], code: str, baton: Any) -> None:
    verb, *others = arguments
    ended = baton(verb, *([] if "--json" in others else ["--json"]), *others)
    assert ended.code == 2
    (problem,) = ended.json["problems"]
    assert problem["code"] == code
    assert "{" not in problem["message"] + problem["fix"]


@pytest.mark.parametrize("arguments", [*(case[0] for case in CASES[:-1]), ["render", "x", "--theme", "pink"]])
@pytest.mark.usefixtures("chinese")
def test_wrong_use_is_said_in_chinese(arguments: list[str], baton: Any) -> None:
    ended = baton(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert re.search("[一-鿿]", ended.err.splitlines()[0])
    assert "Error" not in ended.err
    assert "Usage" not in ended.err


def test_a_verb_that_is_nearly_right_is_suggested(baton: Any) -> None:
    assert "Known: run." in baton("rum").err


@pytest.mark.usefixtures("chinese")
def test_where_keys_are_kept_is_said_in_the_persons_language(baton: Any) -> None:
    line = next(line for line in baton("doctor").out.splitlines() if line.startswith("密钥库"))
    assert not re.findall(r"[A-Za-z]{3,}", line)
