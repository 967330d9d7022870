"""The texts of the forms: every code that is asked for is there, in both languages, with the same blanks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import texts
from app.adapters.connection_kinds import KINDS
from app.sdk.fields import ChoiceField
from app.sdk.spec import FieldSpec
from app.settings import resource_folder
from app.ui.inspector import trouble_form, workflow_page
from app.ui.preferences import connection_fields
from app.ui.preferences.general_page import GeneralPage
from app.ui.preferences.money_page import MoneyPage

AREAS = ("inspector", "picker", "library", "preferences", "trust", "run_form")
ROOT = Path(__file__).parents[2] / "app/ui"
SOURCES = [
    *(
        path
        for room in ("inspector", "models", "palette", "preferences", "trust", "run_form")
        for path in (ROOT / room).rglob("*.py")
    ),
    ROOT / "model_words.py",
    ROOT / "path_words.py",
    ROOT.parent / "registry/node_texts.py",
]


def asked() -> Iterator[tuple[Path, str]]:
    """Every literal first argument of `text(...)`; the changing parts of f-strings as "*"."""
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            if getattr(call.func, "id", getattr(call.func, "attr", "")) == "text":
                for code in codes(call.args[0]):
                    yield path, code


def mentioned() -> Iterator[str]:
    """Everything in the sources that looks like a code, however it gets to `text`."""
    begins = re.compile(r"(inspector|model|library|preferences|trust|run_form|path|country)\.")
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.Constant, ast.JoinedStr)):
                yield from (code for code in codes(node) if begins.match(code))


def codes(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(value=str(value)):
            return [value]
        case ast.IfExp(body=body, orelse=orelse):
            return codes(body) + codes(orelse)
        case ast.JoinedStr(values=values):
            parts = [part.value if isinstance(part, ast.Constant) else "*" for part in values]
            return ["".join(map(str, parts))]
        case _:
            return []


def test_every_code_that_is_asked_for_is_there() -> None:
    known = texts.catalogue("en")
    missing = []
    for path, code in asked():
        pattern = re.compile(re.escape(code).replace(r"\*", "[^ ]+"))
        if not any(pattern.fullmatch(entry) for entry in known):
            missing.append(f"{path.name}: {code}")
    assert missing == []


def test_every_entry_is_asked_for() -> None:
    """An entry that nothing asks for is a sentence that somebody translates for nobody."""
    patterns = [re.compile(re.escape(code).replace(r"\*", "[^ ]+")) for code in mentioned()]
    by_form = re.compile(
        r"(inspector\.(trouble|workflow)|preferences\.\w+|run_form)\.[\w-]+\.(label|help|placeholder|unit|item|option\..+)"
    )
    elsewhere = re.compile(
        r"problem\..+|built_in\..+|run_form\.table\.(label|placeholder)|preferences\.\w+\.(title|words)"
    )
    unused = [
        entry
        for area in AREAS
        for entry in read("en", area)
        if not (by_form.fullmatch(entry) or elsewhere.fullmatch(entry))
        and not any(pattern.fullmatch(entry) for pattern in patterns)
    ]
    assert unused == []


def read(language: str, area: str) -> dict[str, str]:
    content: dict[str, str] = json.loads(
        (resource_folder() / f"i18n/{language}/{area}.json").read_text("utf-8")
    )
    return content


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_things(area: str) -> None:
    english, chinese = read("en", area), read("zh-CN", area)
    assert english.keys() == chinese.keys()
    for code, sentence in chinese.items():
        assert blanks(sentence) == blanks(english[code]), code
        assert sentence.strip()


def blanks(sentence: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)(?::[^{}]*)?\}(?!\})", sentence))


AWS_REGION = re.compile(r"[a-z]{2}-[a-z]+-\d")  # a name, the same in every language

FORMS: list[tuple[str, tuple[FieldSpec, ...]]] = [
    ("inspector.trouble", trouble_form._SPECS),
    ("inspector.workflow", workflow_page._SPECS),
    ("preferences.general", tuple(GeneralPage.specs)),
    ("preferences.money", tuple(MoneyPage.specs)),
    *(
        ("preferences.connection", connection_fields.connection_specs(kind))
        for kind in KINDS
        if kind != "embedded"
    ),
]


@pytest.mark.parametrize("language", list(texts.LANGUAGES))
@pytest.mark.parametrize(("prefix", "specs"), FORMS)
def test_every_setting_of_ours_has_its_words(
    prefix: str, specs: tuple[FieldSpec, ...], language: str
) -> None:
    for spec in specs:
        assert texts.has(f"{prefix}.{spec.name}.label", language)
        # Kinds and providers are called as their makers call them.
        if isinstance(spec.field, ChoiceField) and spec.name not in ("kind", "provider"):
            for option in (o for o in spec.field.options if not AWS_REGION.fullmatch(o.value)):
                assert texts.has(f"{prefix}.{spec.name}.option.{option.value}", language)
