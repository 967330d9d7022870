"""Laws of forms: whatever a file holds comes out as it went in, for any field spec and every registered type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from app.document.workflow import Json
from app.registry.discovery import discover
from app.registry.node_texts import FieldTexts, field_texts
from app.sdk import fields as kinds
from app.sdk.fields import AnyField, Option
from app.sdk.spec import FieldSpec, NodeSpec
from app.ui.inspector.form import Form
from app.ui.inspector.shown import is_shown
from tests.ui.inspector.world import Here

REGISTRY = discover()
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
ANY: st.SearchStrategy[Json] = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
OPTIONS = (Option("a", "A"), Option("b", "B", "Help"))
CHOICE = st.fixed_dictionaries({}, optional=dict.fromkeys(("role", "connection", "kind", "model"), TEXT))
CONNECTION = st.none() | st.fixed_dictionaries({"connection": TEXT}, optional={"kind": TEXT})
TABLE = st.lists(st.dictionaries(TEXT, LEAF, max_size=3), max_size=3)


def proper(field: AnyField, hint: object, row: tuple[FieldSpec, ...] = ()) -> st.SearchStrategy[Json]:
    """Values as this kind of field makes them."""
    if isinstance(field, kinds.NumberField):
        whole = st.integers(-1000, 1000)
        number = whole if hint is int else whole | st.floats(-1000, 1000, allow_nan=False)
        return number if hint in (int, float) else number | st.none()
    if isinstance(field, kinds.ChoiceField):
        return st.sampled_from([option.value for option in field.options])
    if isinstance(field, kinds.RowsField):
        return st.lists(records(row), max_size=3)
    return PROPER[type(field)]


PROPER: dict[type, st.SearchStrategy[Json]] = {
    kinds.TextField: TEXT,
    kinds.FileField: TEXT,
    kinds.ToggleField: st.booleans(),
    kinds.ListField: st.lists(TEXT, max_size=4),
    kinds.TableField: TABLE,
    kinds.ModelField: CHOICE,
    kinds.ConnectionField: CONNECTION,
    kinds.ValueField: ANY,
}


def records(specs: tuple[FieldSpec, ...]) -> st.SearchStrategy[dict[str, Json]]:
    """Some of the fields, each with a proper value or, as in a foreign file, any at all."""
    return st.fixed_dictionaries(
        {}, optional={spec.name: proper(spec.field, spec.type, spec.row) | ANY for spec in specs}
    )


LABEL = {"label": "Label"}
MORE = st.fixed_dictionaries(
    {"advanced": st.booleans(), "required": st.booleans(), "help": st.sampled_from(["", "Help"])}
)
SIMPLE: list[st.SearchStrategy[tuple[AnyField, object]]] = [
    st.builds(
        lambda m, n, r: (kinds.TextField(**LABEL, **m, lines=n, references=r), str),
        MORE,
        st.integers(1, 6),
        st.booleans(),
    ),
    st.builds(
        lambda m, low, high, slides, hint: (
            kinds.NumberField(**LABEL, **m, minimum=low, maximum=high, step=0.5, slider=slides),
            hint,
        ),
        MORE,
        st.sampled_from([None, 0]),
        st.sampled_from([None, 2]),
        st.booleans(),
        st.sampled_from([int, float, int | None, float | None]),
    ),
    st.builds(lambda m: (kinds.ToggleField(**LABEL, **m), bool), MORE),
    st.builds(lambda m: (kinds.ChoiceField(**LABEL, **m, options=OPTIONS), str), MORE),
    st.builds(lambda m: (kinds.ListField(**LABEL, **m), tuple[str, ...]), MORE),
    st.builds(lambda m: (kinds.TableField(**LABEL, **m), tuple), MORE),
    st.builds(
        lambda m, n: (kinds.ModelField(**LABEL, **m, needs=n), kinds.ModelChoice),
        MORE,
        st.sampled_from([(), ("tools",)]),
    ),
    st.builds(
        lambda m, k: (kinds.ConnectionField(**LABEL, **m, kinds=k), object),
        MORE,
        st.sampled_from([(), ("web_api",)]),
    ),
    st.builds(lambda m, r: (kinds.FileField(**LABEL, **m, references=r), str), MORE, st.booleans()),
    st.builds(lambda m: (kinds.ValueField(**LABEL, **m), object), MORE),
]


@st.composite
def specs(draw: st.DrawFn, *, with_rows: bool = True) -> tuple[FieldSpec, ...]:
    """A few field specs of any kinds, rows among them, the last one perhaps shown by a switch."""
    found: list[FieldSpec] = []
    for at in range(draw(st.integers(1, 4))):
        if with_rows and draw(st.integers(0, 3)) == 0:
            row = draw(specs(with_rows=False))
            found.append(FieldSpec(f"f{at}", kinds.RowsField(**LABEL), tuple, [], row))
            continue
        field, hint = draw(st.one_of(SIMPLE))
        found.append(FieldSpec(f"f{at}", field, hint, draw(proper(field, hint))))
    return tuple(found)


def canonical(given_specs: tuple[FieldSpec, ...], fields: Mapping[str, Json]) -> dict[str, Json]:
    """The fields as files hold them: without those that say what the default says."""
    defaults = {spec.name: spec.default for spec in given_specs}
    return {n: v for n, v in fields.items() if n not in defaults or not same(v, defaults[n])}


def same(a: Any, b: Any) -> bool:
    """Equal as JSON is: yes isn't 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


class Windows(QObject):
    """Notes each window that is shown: a part of a form that shows up before it has its place would flash."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


@pytest.fixture
def windows(qapp: QApplication) -> Iterator[Windows]:
    watcher = Windows()
    qapp.installEventFilter(watcher)
    yield watcher
    qapp.removeEventFilter(watcher)


@pytest.mark.parametrize("spec", REGISTRY.specs, ids=lambda spec: spec.id)
def test_no_part_of_a_form_shows_up_as_a_window(windows: Windows, spec: NodeSpec) -> None:
    form = Form(spec.fields, field_texts(spec), Here())
    form.show_fields({field.name: [{}, {}] for field in spec.fields if field.row})
    form.show_fields({field.name: [{}] for field in spec.fields if field.row})
    form.refresh()
    form.retranslate()
    assert windows.seen == []
    form.deleteLater()


@SLOW
@given(st.data())
def test_any_spec_gives_back_what_it_was_given(data: st.DataObject) -> None:
    given_specs = data.draw(specs())
    form = Form(given_specs, FieldTexts("test"), Here())
    told: list[object] = []
    form.edited.connect(lambda *edit: told.append(edit))
    for _ in range(2):
        fields = {**data.draw(records(given_specs)), "from_a_newer_version": 1}
        form.show_fields(fields)
        assert same(form.fields(), canonical(given_specs, fields))
        form.retranslate()
        form.refresh()
        assert same(form.fields(), canonical(given_specs, fields))
    assert told == []
    form.deleteLater()


@pytest.mark.parametrize("spec", REGISTRY.specs, ids=lambda spec: spec.id)
def test_every_registered_type_gives_back_what_it_was_given(spec: NodeSpec) -> None:
    form = Form(spec.fields, field_texts(spec), Here())
    assert form.fields() == {}

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(records(spec.fields))
    def holds(fields: dict[str, Json]) -> None:
        form.show_fields(fields)
        assert same(form.fields(), canonical(spec.fields, fields))

    holds()
    form.deleteLater()


@pytest.mark.parametrize("spec", REGISTRY.specs, ids=lambda spec: spec.id)
def test_every_preset_shows_exactly_the_fields_that_have_a_meaning(spec: NodeSpec) -> None:
    form = Form(spec.fields, field_texts(spec), Here())
    for fields in ({}, *(dict(preset.fields) for preset in spec.type.presets)):
        form.show_fields(fields)
        values = {field.name: fields.get(field.name, field.default) for field in spec.fields}
        for field in spec.fields:
            assert form.row(field.name).isHidden() == (not is_shown(field, values))
    form.deleteLater()
