from __future__ import annotations

import pytest

from app.registry.discovery import discover
from app.registry.registry import Entry, Registry
from app.registry.renames import present_id


@pytest.fixture(scope="module")
def registry() -> Registry:
    return discover()


def titles(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.preset.title if entry.preset else entry.spec.type.title for entry in entries]


def texts_of(entry: Entry) -> tuple[str, str]:
    shown = entry.preset or entry.spec.type
    return shown.title, shown.summary


def test_the_librarys_order(registry: Registry) -> None:
    assert titles(registry.entries()) == [
        "Ask",
        "Output",
        "Cheap model",
        "Strong model",
        "Balance",
        "Cascade",
        "Chat with memory",
        "Embedding",
        "Ensemble",
        "Fallback",
        "Smart pick",
        "Roles",
        "Structured output",
        "Classify intent",
        "Extract fields",
        "Agent",
        "Compress context",
        "Check",
        "Judge",
        "Ask a person",
        "Web request",
        "Read file",
        "Read table",
        "Write file",
        "Write table",
        "For each",
        "If",
        "Inputs",
        "Loop",
        "Merge",
        "Switch",
        "Sub-workflow",
        "Text template",
    ]


def test_a_hidden_type_is_placed_by_its_presets(registry: Registry) -> None:
    entries = {entry.preset.id: entry for entry in registry.entries() if entry.preset}
    assert entries["cheap"].fields == {}, "the default needs no words in the file"
    assert entries["strong"].fields == {"model": {"role": "strong"}}
    assert (entries["cheap"].icon, entries["cheap"].kind) == ("zap", "cheap")
    assert (entries["strong"].icon, entries["strong"].kind) == ("brain", "strong")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("MODEL", "Cheap model"),
        ("mod che", "Cheap model"),
        ("merge", "Merge"),
        ("excel", "Read table"),
        ("ask", "Ask"),
    ],
)
def test_search_puts_the_best_first(registry: Registry, words: str, first: str) -> None:
    assert titles(registry.search(words, texts_of))[0] == first


def test_search_needs_every_word(registry: Registry) -> None:
    assert registry.search("merge excel", texts_of) == ()
    assert len(registry.search("  ", texts_of)) == len(registry.entries())


def test_unknown_types_are_none(registry: Registry) -> None:
    assert registry.get("no.such") is None
    assert registry.get("intent.ask") is not None


def test_former_ids_lead_to_the_present_one() -> None:
    renames = {"old.a": "old.b", "old.b": "new.c", "loop.x": "loop.y", "loop.y": "loop.x"}
    assert present_id("old.a", renames) == "new.c"
    assert present_id("new.c", renames) == "new.c"
    assert present_id("loop.x", renames) in ("loop.x", "loop.y")
