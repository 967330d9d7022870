"""Ports that grow, routes, templates and waits."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.errors import NodeError
from app.sdk.file_names import LONGEST, clean_name
from app.sdk.file_paths import path_to_read, path_to_write
from app.sdk.json_template import fill_json, texts_of
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import is_one_reference, value_of
from app.sdk.route_names import route_names
from app.sdk.waits import retry_after


def test_an_input_grows_for_every_name_once() -> None:
    ports = grown_inputs("{{a.b}} {{a}} {{c | upper}}", "{{d}} {{c}}", beside=("d",))
    assert [(port.name, port.type, port.required) for port in ports] == [
        ("a", "any", True),
        ("c", "any", True),
    ]
    assert all(port.own_label for port in ports)


def test_a_value_may_be_missing_only_where_every_place_has_a_default() -> None:
    (both,) = grown_inputs('{{a | default "x"}}', '{{a.b | default "y"}}')
    (one,) = grown_inputs('{{a | default "x"}} {{a}}')
    assert (both.required, one.required) == (False, True)


def test_unreadable_references_grow_nothing() -> None:
    assert grown_inputs("{{a..b}}", "{{ok}}")[0].name == "ok"


@given(st.lists(st.text(max_size=4), max_size=6, unique=True))
def test_every_label_has_a_route_of_its_own(labels: list[str]) -> None:
    names = route_names(labels)
    assert len(set(names)) == len(labels)
    assert all(name.startswith("is_") for name in names)


def test_routes_are_made_of_the_label() -> None:
    assert route_names(["Billing", "Technical help!", "技术", "?", "billing"]) == (
        "is_billing",
        "is_technical_help",
        "is_技术",
        "is_blank",
        "is_billing__2",
    )


def test_json_templates_take_values_whole() -> None:
    template = '{"a": "{{x}}", "b": ["n: {{x}}", 1, null], "c": {"d": true}}'
    assert texts_of(template) == ("{{x}}", "n: {{x}}")
    assert fill_json(template, {"x": [1]}) == {"a": [1], "b": ["n: [\n  1\n]", 1, None], "c": {"d": True}}
    assert texts_of("{{x}}") == ()


@pytest.mark.parametrize(
    ("text", "alone"), [("{{a}}", True), (" {{a | upper}} ", True), ("{{a}}.", False), ("a", False)]
)
def test_one_reference_alone_keeps_its_value(text: str, alone: bool) -> None:
    assert is_one_reference(text) == alone
    assert (value_of("{{a.0}}", {"a": [3]}), value_of("n: {{a.0}}", {"a": [3]})) == (3, "n: 3")


@given(st.text())
def test_names_from_data_stay_in_their_folder(name: str) -> None:
    path = path_to_write("out/{{name}}.txt", {"name": name})
    assert path.startswith("out/")
    assert "/" not in path.removeprefix("out/")
    assert "\\" not in path
    assert ":" not in path


@given(st.text())
def test_a_clean_name_is_clean(name: str) -> None:
    clean = clean_name(name)
    assert clean_name(clean) == clean
    assert 0 < len(clean) <= LONGEST + 1


@pytest.mark.parametrize("inputs", [{}, {"file": None}, {"file": {"path": ""}}, {"file": {"path": 5}}])
def test_no_path_is_said(inputs: dict[str, object]) -> None:
    with pytest.raises(NodeError, match=r"file.no_path"):
        path_to_read("", inputs)  # type: ignore[arg-type]


def test_waits_in_seconds_and_as_dates() -> None:
    assert retry_after("7") == 7.0
    assert retry_after(" 120 ") == 120.0
    later = retry_after(formatdate(time.time() + 60, usegmt=True))
    assert later is not None
    assert 50 < later <= 61
    assert retry_after(formatdate(0, usegmt=True)) == 0.0
    assert retry_after("") is None
    assert retry_after("soon") is None


def test_a_date_is_one_of_the_server_s_own_clock() -> None:
    assert retry_after(formatdate(90, usegmt=True), formatdate(30, usegmt=True)) == 60.0
    assert retry_after(formatdate(time.time() + 59, usegmt=True), "no date") == pytest.approx(50, abs=9)
