from __future__ import annotations

import pytest

from app.document.file_names import OPENED, SAVED, patterns, proposed_ending, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("sort.baton.json", "sort"),
        ("sort.baton", "sort"),
        ("Sort.BATON", "Sort"),
        ("export.json", "export"),
        ("v1.2.baton", "v1.2"),
        ("notes.txt", "notes.txt"),
        (".baton", ".baton"),
    ],
)
def test_people_call_a_file_without_its_ending(name: str, stem: str) -> None:
    assert stem_of(name) == stem


@pytest.mark.parametrize(
    ("system", "ending"), [("win32", ".baton"), ("darwin", ".baton"), ("linux", ".baton.json")]
)
def test_each_system_is_offered_what_a_double_click_opens(system: str, ending: str) -> None:
    assert proposed_ending(system) == ending


def test_dialogs_name_the_proposed_ending_first() -> None:
    assert patterns(SAVED).split()[0] == f"*{proposed_ending()}"
    assert set(patterns(OPENED).split()) == {"*.baton.json", "*.baton", "*.json"}
