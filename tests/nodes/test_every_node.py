"""What must hold for every node type, whoever writes it."""

from __future__ import annotations

import inspect
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.registry import node_texts
from app.registry.discovery import discover
from app.registry.pages import node_page
from app.sdk.data_types import DataType
from app.sdk.fields import ChoiceField, NumberField, RowsField, ToggleField
from app.sdk.node_type import MergeRule
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power, PowerKind
from app.sdk.spec import FieldFault, FieldSpec, NodeSpec
from app.settings import resource_folder
from app.texts import catalogue
from tests.nodes.field_values import json_values, settings_of

REGISTRY = discover()
EXPECTED = {
    "intent.ask",
    "intent.classify",
    "intent.extract",
    "model.balance",
    "model.cascade",
    "model.chat",
    "model.ensemble",
    "model.fallback",
    "model.pick",
    "model.embed",
    "model.roles",
    "model.structured",
    "model.text",
    "verifier.check",
    "verifier.judge",
    "flow.agent",
    "flow.for_each",
    "flow.if",
    "flow.inputs",
    "flow.loop",
    "flow.switch",
    "flow.workflow",
    "flow.merge",
    "data.compress",
    "data.template",
    "data.read_table",
    "data.read_file",
    "tool.web_request",
    "data.write_file",
    "data.write_table",
    "human.ask_person",
    "output.output",
}
every_type = pytest.mark.parametrize("spec", REGISTRY.specs, ids=lambda spec: spec.id)


def test_all_first_nodes_are_there_and_load() -> None:
    assert REGISTRY.problems == ()
    assert {spec.id for spec in REGISTRY.specs} == EXPECTED


@every_type
def test_a_type_says_what_it_is(spec: NodeSpec) -> None:
    node_type = spec.type
    assert type(node_type.version) is int
    assert node_type.version >= 1
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", spec.id)
    assert node_type.title
    assert node_type.title[0].isupper()
    assert node_type.summary
    assert not node_type.summary.endswith(".")
    assert len(node_type.summary) <= 40, "one line in the library"


@every_type
def test_its_file_is_named_like_its_id(spec: NodeSpec) -> None:
    area, name = spec.id.split(".")
    # A word that Python keeps for itself gets an underscore.
    assert spec.type.__module__.removesuffix("_") == f"nodes.{area}.{name}"


@every_type
def test_a_node_file_is_small(spec: NodeSpec) -> None:
    lines = inspect.getsource(inspect.getmodule(spec.type) or spec.type).count("\n")
    assert lines <= 320, "one thought a function, a few screens a file"


@every_type
def test_defaults_survive_writing_and_reading(spec: NodeSpec) -> None:
    defaults = spec.decode({})
    assert spec.encode(defaults) == {}
    everything = {field.name: field.default for field in spec.fields}
    assert spec.decode(json.loads(json.dumps(everything))) == defaults


@every_type
def test_default_ports_stand_still(spec: NodeSpec) -> None:
    first = spec.ports(spec.decode({}))
    assert spec.ports(spec.decode({})) == first
    assert_sound(first)


def assert_sound(ports: Ports) -> None:
    for side in (ports.inputs, ports.outputs):
        names = [port.name for port in side]
        assert len(names) == len(set(names)), "two ports of one name can't be told apart"
        for port in side:
            assert port.label, port.name
            assert port.type in get_args(DataType)
            assert port.name not in ("", ERROR_PORT)


@every_type
def test_few_ports_are_drawn_at_first(spec: NodeSpec) -> None:
    ports = spec.ports(spec.decode({}))
    assert sum(not port.quiet for port in ports.inputs) <= 2
    assert sum(not port.quiet for port in ports.outputs) <= 3


@every_type
def test_one_output_is_the_preview_where_there_are_several(spec: NodeSpec) -> None:
    outputs = spec.ports(spec.decode({})).outputs
    routes = [port for port in outputs if port.own_label or port.name == "otherwise"]
    if (
        len(outputs) > 1 and len(routes) < len(outputs) and not spec.type.frame
    ):  # a frame's come from its body
        assert sum(port.main for port in outputs) == 1


@every_type
def test_its_icon_is_in_the_box(spec: NodeSpec) -> None:
    icons = {spec.type.icon, *(preset.icon for preset in spec.type.presets)} - {""}
    for name in icons:
        assert (resource_folder() / "icons" / "lucide" / f"{name}.svg").is_file(), name


@every_type
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_settings_break_it(spec: NodeSpec, data: st.DataObject) -> None:
    """Whatever a file holds, views and planner can ask the type about it."""
    plain = data.draw(settings_of(spec))
    fields = spec.decode(plain)
    assert_sound(spec.ports(fields))
    assert spec.ports(fields) == spec.ports(fields)
    assert isinstance(spec.type.headline(fields), str)
    for field, code, args in spec.type.check(fields):
        assert spec.field(field) is not None
        assert f"problem.{code}" in catalogue("en")
        assert isinstance(dict(args), dict)
    for power in spec.type.powers(fields):
        assert isinstance(power, Power)
        assert power.kind in get_args(PowerKind)
        assert power.target or power.kind == "person"
    assert spec.type.powers(fields) == spec.type.powers(fields)
    assert spec.type.merge_rule(fields) is None or isinstance(spec.type.merge_rule(fields), MergeRule)
    assert isinstance(spec.type.result_name(fields), str)
    for asked in spec.type.asks(fields):
        assert asked.name
    spec.type.effect_of(fields)
    spec.type.models(fields)
    spec.type.samples(fields)
    assert spec.preset(fields) is None or spec.preset(fields) in spec.type.presets


@every_type
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_settings_survive_writing_and_reading(spec: NodeSpec, data: st.DataObject) -> None:
    fields = spec.decode(data.draw(settings_of(spec)))
    written = json.loads(json.dumps(spec.encode(fields)))
    assert spec.decode(written) == fields
    assert spec.encode(spec.decode(written)) == written


@every_type
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_file_is_read_or_refused_with_the_place(spec: NodeSpec, data: st.DataObject) -> None:
    names = [field.name for field in spec.fields]
    plain = data.draw(
        st.dictionaries(st.sampled_from(names) if names else st.text(), json_values, max_size=3)
    )
    fault = fault_of(spec, plain)
    if fault is not None:
        assert fault.name.partition("[")[0].partition(".")[0] in plain
        assert f"problem.field.not_{fault.expected}" in catalogue("en")


def fault_of(spec: NodeSpec, plain: dict[str, Any]) -> FieldFault | None:
    try:
        spec.decode(plain)
    except FieldFault as fault:
        return fault
    return None


@every_type
def test_presets_are_settings_of_the_type(spec: NodeSpec) -> None:
    ids = [preset.id for preset in spec.type.presets]
    assert len(ids) == len(set(ids))
    for preset in spec.type.presets:
        assert set(preset.fields) <= {field.name for field in spec.fields}
        assert spec.preset(spec.decode(preset.fields)) == preset
    assert spec.type.presets or not spec.type.hidden, "nobody could place it"


def test_what_asks_the_broker_says_so_before() -> None:
    def powers(type_id: str, **fields: Any) -> set[tuple[str, str]]:
        spec = REGISTRY.get(type_id)
        assert spec is not None
        return {(power.kind, power.target) for power in spec.type.powers(spec.decode(fields))}

    assert powers("data.read_file", path="notes.txt") == {("read", "notes.txt")}
    assert powers("data.read_file") == {("read", DECIDED_WHILE_RUNNING)}
    assert powers("data.read_table", path="{{folder}}/a.csv") == {("read", DECIDED_WHILE_RUNNING)}
    assert powers("data.write_file", path="out/{{name}}.txt") == {("write", DECIDED_WHILE_RUNNING)}
    assert powers("data.write_table", path="out.csv") == {("write", "out.csv")}
    assert powers("human.ask_person") == {("person", "")}
    assert powers("tool.web_request", url="https://Example.com/{{id}}") == {("net", "example.com")}
    assert powers("tool.web_request", url="{{url}}") == {("net", DECIDED_WHILE_RUNNING)}
    signed_in = powers("tool.web_request", url="https://a.b/", connection={"connection": "Shop"})
    assert signed_in == {("net", "a.b"), ("connection", "Shop")}
    for harmless in ("flow.if", "flow.switch", "flow.merge", "data.template", "verifier.check", "intent.ask"):
        assert powers(harmless) == set()


# ---- texts -----------------------------------------------------------------------------------------------------------


@every_type
def test_help_is_a_page_with_an_example(spec: NodeSpec) -> None:
    for language, example in (("en", "Example: "), ("zh-CN", "例：")):
        page = node_page(spec, language)
        assert example in page
        assert page.startswith("# ")
        assert page.endswith("\n")
        assert "\n\n\n" not in page
        assert "page." not in page.replace("web page.", ""), "a word of the page has no text"


@every_type
def test_chinese_is_complete(spec: NodeSpec) -> None:
    missing = wanted_keys(spec).keys() - catalogue("zh-CN").keys()
    assert not missing, sorted(missing)


def test_chinese_is_not_stale() -> None:
    known = {key for spec in REGISTRY.specs for key in wanted_keys(spec)}
    path = resource_folder() / "i18n" / "zh-CN" / "nodes.json"
    stale = json.loads(path.read_text("utf-8")).keys() - known
    assert not stale, sorted(stale)


def test_chinese_keeps_what_is_between_braces() -> None:
    chinese = catalogue("zh-CN")
    for spec in REGISTRY.specs:
        for key, english in wanted_keys(spec).items():
            assert braces(chinese[key]) == braces(english), key


def gaps(sentence: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)(?::[^{}]*)?\}(?!\})", sentence))


def braces(text: str) -> set[str]:
    return {found.partition("|")[0].strip() for found in re.findall(r"\{\{([^{}]*)\}\}", text)}


def test_every_code_of_the_nodes_has_a_sentence_in_both_languages() -> None:
    own = json.loads((resource_folder() / "i18n" / "en" / "node_reasons.json").read_text("utf-8"))
    other = json.loads((resource_folder() / "i18n" / "zh-CN" / "node_reasons.json").read_text("utf-8"))
    assert own.keys() == other.keys()
    for key, english in own.items():
        assert gaps(english) == gaps(other[key]), key
    for key in own:
        if key.startswith("problem.") and not key.endswith(".fix"):
            assert f"{key}.fix" in own, key


def test_every_code_in_the_source_has_a_sentence() -> None:
    """Codes are literals in the nodes' files, so that they can be found."""
    known = catalogue("en")
    for spec in REGISTRY.specs:
        source = inspect.getsource(inspect.getmodule(spec.type) or spec.type)
        for code in re.findall(r'NodeError\(\s*"([\w.]+)"', source):
            assert f"problem.{code}" in known, code
        for code in re.findall(r'Reason\(\s*"([\w.]+)"', source):
            assert f"reason.{code}" in known, code
        for code in re.findall(r'\.tell\(\s*"([\w.]+)"', source):
            assert f"message.{code}" in known, code


def wanted_keys(spec: NodeSpec) -> dict[str, str]:
    """All keys of the Chinese catalogue that a type needs, with the English text."""
    prefix = f"node.{spec.id}"
    keys = {
        f"{prefix}.title": spec.type.title,
        f"{prefix}.summary": spec.type.summary,
        f"{prefix}.help": inspect.cleandoc(spec.type.__doc__ or ""),
    }
    for preset in spec.type.presets:
        keys[f"{prefix}.preset.{preset.id}.title"] = preset.title
        keys[f"{prefix}.preset.{preset.id}.summary"] = preset.summary
    keys.update(field_keys(f"{prefix}.field", spec.fields))
    for fields in every_form(spec):
        ports = spec.ports(spec.decode(fields))
        for side, found in (("in", ports.inputs), ("out", ports.outputs)):
            keys.update({f"{prefix}.{side}.{p.name}": p.label for p in found if not p.own_label})
    return keys


def field_keys(prefix: str, fields: tuple[FieldSpec, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        key = f"{prefix}.{field.name}"
        yield f"{key}.label", field.field.label
        for part in ("help", "placeholder", "unit", "item"):
            if getattr(field.field, part, ""):
                yield f"{key}.{part}", getattr(field.field, part)
        for option in getattr(field.field, "options", ()):
            yield f"{key}.option.{option.value}", option.label
            if option.help:
                yield f"{key}.option.{option.value}.help", option.help
        yield from field_keys(key, field.row)


def every_form(spec: NodeSpec) -> Iterator[dict[str, Any]]:
    """Settings in which each choice, toggle and limit is taken once: all ports with fixed names show up."""
    yield {}
    for field in spec.fields:
        yield from ({field.name: value} for value in turns(field))


def turns(field: FieldSpec) -> Iterator[Any]:
    match field.field:
        case ToggleField():
            yield from (True, False)
        case ChoiceField(options=options):
            yield from (option.value for option in options)
        case NumberField(minimum=low, maximum=high):
            yield from (limit for limit in (low, high) if limit is not None)
        case RowsField():
            for column in field.row:
                yield from ([{column.name: value}] for value in turns(column))
        case _:
            pass


def test_texts_are_found_in_both_languages_by_one_search() -> None:
    def titles(words: str) -> list[str]:
        found = REGISTRY.search(words, lambda entry: node_texts.search_words(entry.spec, entry.preset))
        return [entry.preset.title if entry.preset else entry.spec.type.title for entry in found]

    assert titles("check")[0] == "Check"
    assert titles("合并") == ["Merge"]
    assert "Cheap model" in titles("pennies")
    assert titles("no such thing") == []
    assert len(titles("")) == len(REGISTRY.entries())


def test_own_labels_are_only_the_persons_words() -> None:
    """Ports that a person names are not translated; all others are."""
    fixed = itertools.chain.from_iterable(
        (*spec.fixed_ports.inputs, *spec.fixed_ports.outputs) for spec in REGISTRY.specs
    )
    ports: list[PortSpec] = list(fixed)
    assert len(ports) >= len(EXPECTED)
    assert not any(port.own_label for port in ports)
