"""Preferences: what was saved comes back, what can't be read stays at its default and takes nothing else along."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.settings import (
    Preferences,
    RoleTarget,
    folders,
    load_preferences,
    read_preferences,
    save_preferences,
    set_settings_aside,
    settings_file,
    with_changes,
)


def loaded(**saved: Any) -> Preferences:
    where = folders()
    where.config.mkdir(parents=True)
    (where.config / "settings.json").write_text(json.dumps({"language": "zh-CN", **saved}), "utf-8")
    found = load_preferences(where)
    assert found.language == "zh-CN"  # whatever stands beside it
    return found


def test_what_was_saved_comes_back() -> None:
    chosen = Preferences(
        theme="dark",
        scale=1.25,
        reduced_motion=True,
        roles={"strong": RoleTarget("Cloud", "big")},
        budget_usd="",
        addons=("one",),
        shortcuts={"run": "F5"},
    )
    save_preferences(folders(), chosen)
    assert load_preferences(folders()) == chosen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_usd", "NaN"),
        ("budget_usd", "-1"),
        ("budget_usd", "Infinity"),
        ("budget_usd", "much"),
        ("budget_usd", 1),
        ("rows_at_a_time", True),
        ("rows_at_a_time", "4"),
        ("addons", "one"),
        ("roles", {"strong": "Cloud"}),
        ("roles", {"strong": {}}),
        ("reduced_motion", "yes"),
        ("shortcuts", ["F5"]),
        ("theme", None),
    ],
)
def test_what_cannot_be_read_stays_at_its_default(name: str, value: Any) -> None:
    assert getattr(loaded(**{name: value}), name) == getattr(Preferences(), name)


@pytest.mark.parametrize("content", ["", "{", "[]", "1", "\\ud800"])
def test_a_file_that_is_none_gives_the_defaults(content: str) -> None:
    where = folders()
    where.config.mkdir(parents=True)
    (where.config / "settings.json").write_text(content, "utf-8")
    assert load_preferences(where) == Preferences()


def test_a_whole_number_will_do_where_a_fraction_may_stand() -> None:
    assert loaded(scale=2).scale == 2


@pytest.mark.parametrize("content", ["{", '{"theme": 3, "language": "zh-CN"}'])
def test_what_could_not_be_read_is_known_and_set_aside(content: str) -> None:
    where = folders()
    where.config.mkdir(parents=True)
    assert read_preferences(where) == (Preferences(), True)
    for name in ("settings.json.damaged", "settings.json.damaged-2"):
        settings_file(where).write_text(content, "utf-8")
        assert not read_preferences(where)[1]
        assert set_settings_aside(where) == where.config / name
        assert (where.config / name).read_text("utf-8") == content
        assert not settings_file(where).exists()


def test_what_only_a_newer_version_knows_is_no_damage() -> None:
    where = folders()
    where.config.mkdir(parents=True)
    settings_file(where).write_text('{"hologram": true}', "utf-8")
    assert read_preferences(where) == (Preferences(), True)


def test_what_another_process_chose_meanwhile_stays() -> None:
    before = Preferences(connection_budgets={"A": {"day": "1"}, "B": {"day": "2"}}, rows_at_a_time=4)
    there = replace(
        before, budget_month_usd="30", connection_budgets={"A": {"day": "1", "month": "9"}, "C": {"day": "3"}}
    )
    here = replace(before, rows_at_a_time=8, connection_budgets={"A": {"day": "5"}, "B": {"day": "2"}})
    found = with_changes(there, before, here)
    assert (found.budget_month_usd, found.rows_at_a_time) == ("30", 8)
    assert found.connection_budgets == {"A": {"day": "5", "month": "9"}, "C": {"day": "3"}}
    assert with_changes(there, before, before) == there
    assert with_changes(before, before, here) == here
