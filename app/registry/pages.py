"""The documentation page of a node type, in Markdown, made from what the type says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from app import texts
from app.document.workflow import Json
from app.registry import node_texts
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ChoiceField
from app.sdk.ports import PortSpec
from app.sdk.spec import FieldSpec, NodeSpec


def node_page(spec: NodeSpec, language: str) -> str:
    """The page in a language ("en", "zh-CN"); ends with one line break."""
    with texts.in_language(language):
        return "\n\n".join(_parts(spec)) + "\n"


def _parts(spec: NodeSpec) -> Iterator[str]:
    yield f"# {node_texts.title(spec)}"
    yield f"*{node_texts.summary(spec)}*"
    yield node_texts.help_page(spec)
    for preset in spec.type.presets:
        yield f"**{node_texts.preset_title(spec, preset)}**: {node_texts.preset_summary(spec, preset)}"
    yield f"## {_word('settings')}"
    yield "\n".join(_settings(spec.fields, node_texts.field_texts(spec), ""))
    ports = spec.ports(spec.decode({}))
    if ports.inputs:
        yield f"## {_word('inputs')}"
        yield "\n".join(_port(spec, port, "in") for port in ports.inputs)
    if ports.outputs:
        yield f"## {_word('outputs')}"
        yield "\n".join(_port(spec, port, "out") for port in ports.outputs)
    version = texts.text("page.version", version=spec.type.version)
    yield f"`{spec.id}` · {version} · {_word(f'effect.{spec.type.effect}')}"


def _word(name: str) -> str:
    return texts.text(f"page.{name}")


def _settings(fields: tuple[FieldSpec, ...], words: FieldTexts, indent: str) -> Iterator[str]:
    for field in fields:
        facts = [words.help(field), _default(field)]
        if field.field.required:
            facts.append(_word("required"))
        about = " ".join(filter(None, facts))
        yield f"{indent}- **{words.label(field)}** (`{field.name}`){': ' + about if about else ''}"
        if isinstance(field.field, ChoiceField):
            for option in field.field.options:
                helped = words.option_help(field, option)
                name = f"{indent}  - `{option.value}`: {words.option(field, option)}"
                yield f"{name}. {helped}" if helped else name
        yield from _settings(field.row, words.below(field), indent + "  ")


def _default(field: FieldSpec) -> str:
    shown = _shown(field.default)
    return texts.text("page.default", value=shown) if shown else ""


def _shown(value: Json) -> str:
    """A small default as code; lists and records are left to the form."""
    match value:
        case bool():
            return _word("on" if value else "off")
        case int() | float():
            return f"{value:g}"
        case str() if value:
            return f"`{value}`"
        case {"role": str(role)}:
            return f"`{role}`"
        case _:
            return ""


def _port(spec: NodeSpec, port: PortSpec, side: Literal["in", "out"]) -> str:
    facts = [texts.text(f"canvas.type.{port.type}")]
    if side == "in" and not port.required:
        facts.append(_word("may_be_empty"))
    return f"- **{node_texts.port_label(spec, port, side)}** (`{port.name}`): {', '.join(facts)}"
