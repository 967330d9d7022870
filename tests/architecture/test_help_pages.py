"""The pages of Help: the same in both languages, with links that lead somewhere, in plain words."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from functools import cache

import pytest

from app.guide.format_page import RECORDS, keys
from app.guide.library import library
from app.guide.markdown import plain, sections
from app.guide.order import FIRST_WORKFLOW, INDEX, PARTS, PROBLEMS, STEPS
from app.guide.problem_pages import AREAS, codes
from app.guide.settings_page import PLACES
from app.registry import node_texts
from app.registry.discovery import discover
from app.settings import Preferences, help_folder, resource_folder
from app.texts import LANGUAGES, catalogue, has, in_language
from tests.architecture.test_glossary import GLOSSARY
from tests.architecture.test_wording import CHINESE_RULES, ENGLISH_RULES, HAN

LINK = re.compile(r"!?\[[^\]]*\]\(([^)]*)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`]*`")
GENERATED = ("reference/",)
RULES = {"en": ENGLISH_RULES, "zh-CN": CHINESE_RULES}
PAGES = sorted((language, page) for language in LANGUAGES for page in library(language).names)
WRITTEN = [(language, page) for language, page in PAGES if not page.startswith(GENERATED)]


def prose(language: str, page: str) -> list[str]:
    """A page's lines without code and without where its links lead."""
    text = FENCE.sub("", library(language).read(page))
    return [re.sub(r"\]\([^)]*\)", "]", CODE.sub("\0", line)) for line in text.splitlines()]


def test_both_languages_have_the_same_pages() -> None:
    assert library("en").names == library("zh-CN").names


@pytest.mark.parametrize("page", sorted(library("en").names))
def test_a_page_has_the_same_headings_in_both_languages(page: str) -> None:
    levels = {language: [s.level for s in sections(library(language).read(page))] for language in LANGUAGES}
    assert levels["en"] == levels["zh-CN"]
    assert levels["en"][0] == 1
    assert levels["en"].count(1) == 1


@pytest.mark.parametrize(("language", "page"), WRITTEN)
def test_no_page_is_in_another_language(language: str, page: str) -> None:
    letters = "".join(prose(language, page))
    share = len(re.findall(f"[{HAN}]", letters)) / len(letters)
    assert share < 0.01 if language == "en" else share > 0.3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_stands_in_the_contents(language: str) -> None:
    listed = {INDEX}
    for pages in PARTS.values():
        for page in pages:
            listed |= {page, *library(language).contents[page]}
    assert listed == library(language).names


@pytest.mark.parametrize(("language", "page"), PAGES)
def test_links_lead_to_headings_that_are_there_and_never_out_of_help(language: str, page: str) -> None:
    pages = library(language)
    wrong: list[str] = []
    for link in LINK.findall(FENCE.sub("", pages.read(page))):
        place = pages.follow(page, link)
        anchors = {section.anchor for section in pages.sections(place.page)} if place else set()
        if place is None or (place.anchor and place.anchor not in anchors):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize(("language", "page"), PAGES)
def test_a_page_has_no_markup_but_markdown_and_no_address_to_fetch(language: str, page: str) -> None:
    text = CODE.sub("", FENCE.sub("", library(language).read(page)))
    assert not re.search(r"(?<!\\)<[a-zA-Z/!]", text)
    assert "![" not in text


@pytest.mark.parametrize(("language", "page"), WRITTEN)
def test_pages_are_set_by_the_rules_and_say_people_s_words(language: str, page: str) -> None:
    wrong = [
        f"{rule}: {line}"
        for line in prose(language, page)
        for rule, pattern in RULES[language].items()
        for piece in re.split(r" ?(?:\0|\*\*|\[|\]) ?", line)
        if re.search(pattern, re.sub(r"^ *(?:[-*]|\d+\.|#+|\|) +", "", piece))
    ]
    wrong += [
        f"“{word}” should be “{better}”: {line}"
        for line in prose(language, page)
        for word, better in GLOSSARY["avoid"][language].items()
        if re.search(rf"\b{word}\b" if language == "en" else word, line, re.IGNORECASE)
    ]
    assert wrong == []


@cache
def in_the_window(language: str) -> frozenset[str]:
    """Everything that the window calls by a name: sentences of the catalogue, steps, their settings and ports."""
    named = set(catalogue(language).values())
    with in_language(language):
        for spec in discover().specs:
            words = node_texts.field_texts(spec)
            ports = spec.ports(spec.decode({}))
            named |= {node_texts.title(spec)}
            named |= {node_texts.preset_title(spec, preset) for preset in spec.type.presets}
            named |= {words.label(field) for field in spec.fields}
            named |= {node_texts.port_label(spec, port, "in") for port in ports.inputs}
            named |= {node_texts.port_label(spec, port, "out") for port in ports.outputs}
    return frozenset(named)


@pytest.mark.parametrize(
    ("language", "page"), [(one, page) for one, page in WRITTEN if page != FIRST_WORKFLOW]
)
def test_what_stands_in_bold_is_called_so_in_the_window(language: str, page: str) -> None:
    """The tutorial's names are looked for in the window itself."""
    named = re.findall(r"\*\*([^*]+)\*\*", "\n".join(prose(language, page)))
    known = in_the_window(language)
    assert [name for name in named if name not in known] == []


# --- the pages that are made from the program ---------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_step_has_its_page(language: str) -> None:
    assert {f"{STEPS}/{spec.id}" for spec in discover().specs} == set(library(language).contents[STEPS])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_says_what_happened_and_what_to_do(language: str) -> None:
    areas = [area for parts in AREAS.values() for area in parts]
    assert len(areas) == len(set(areas))
    assert set(areas) <= {code.partition(".")[0] for code in codes()}
    told = {
        s.heading: s.words for area in AREAS for s in library(language).sections(f"{PROBLEMS}/{area}")[1:]
    }
    assert sorted(told) == codes()
    fix = catalogue(language)["guide.problems.fix"]
    assert [code for code, words in told.items() if not re.fullmatch(f".+{fix}.+", words)] == []


def test_every_preference_stands_on_the_page_of_settings() -> None:
    assert {item.name for item in fields(Preferences)} == set(PLACES)


def test_every_key_of_the_file_is_explained() -> None:
    schema = json.loads((resource_folder() / "schemas" / "workflow-1.schema.json").read_text("utf-8"))
    wanted = {f"guide.format.{record}.{key}" for record in RECORDS for key in keys(schema, record)}
    assert [code for code in sorted(wanted) if not has(code, "en")] == []
    explained = {code for code in catalogue("en") if re.match(r"guide\.format\.\w+\.", code)}
    assert sorted(explained - wanted) == []


def test_pages_are_short_enough_to_be_searched_as_somebody_types() -> None:
    size = sum(path.stat().st_size for path in help_folder().rglob("*.md"))
    assert size < 1_500_000
    assert plain("**a** `b` [c](d.md)") == "a b c"
