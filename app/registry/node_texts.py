"""Texts of node types: the catalogue's in the language chosen, else the English of the type itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app import texts
from app.document.problem import Argument
from app.sdk.fields import Option
from app.sdk.node_type import Preset
from app.sdk.ports import ERROR_PORT, PortSpec
from app.sdk.spec import FieldSpec, NodeSpec


def title(spec: NodeSpec) -> str:
    """What the library calls the type."""
    return _own(f"node.{spec.id}.title", spec.type.title)


def summary(spec: NodeSpec) -> str:
    """One plain line on what it is for."""
    return _own(f"node.{spec.id}.summary", spec.type.summary)


def help_page(spec: NodeSpec) -> str:
    """The type's docstring as plain paragraphs."""
    return _own(f"node.{spec.id}.help", inspect.cleandoc(spec.type.__doc__ or ""))


def preset_title(spec: NodeSpec, preset: Preset) -> str:
    return _own(f"node.{spec.id}.preset.{preset.id}.title", preset.title)


def preset_summary(spec: NodeSpec, preset: Preset) -> str:
    return _own(f"node.{spec.id}.preset.{preset.id}.summary", preset.summary)


def port_label(spec: NodeSpec, port: PortSpec, side: Literal["in", "out"]) -> str:
    """A port's label; ports that a person named keep their name in every language."""
    if port.own_label:
        return port.label
    if port.name == ERROR_PORT and side == "out":
        return texts.text("inspector.port.error")
    return _own(f"node.{spec.id}.{side}.{port.name}", port.label)


def problem_args(args: Mapping[str, Argument]) -> Mapping[str, Argument]:
    """The arguments of a Problem as people read them: an input is called as on the card, and what led to the Problem
    has its own sentence, `why`.
    """
    if isinstance(cause := args.get("cause"), str):
        return {**args, "why": texts.text(f"problem.{cause}", **args)}
    if not {"port", "name", "type"} <= args.keys():
        return args
    return {**args, "port": _own(f"node.{args['type']}.in.{args['name']}", str(args["port"]))}


@dataclass(frozen=True, slots=True)
class FieldTexts:
    """The texts of the fields below one place: a type's settings, or the columns of one of its rows."""

    prefix: str

    def label(self, field: FieldSpec) -> str:
        return _own(f"{self.prefix}.{field.name}.label", field.field.label)

    def help(self, field: FieldSpec) -> str:
        return _own(f"{self.prefix}.{field.name}.help", field.field.help)

    def placeholder(self, field: FieldSpec) -> str:
        return _own(f"{self.prefix}.{field.name}.placeholder", field.field.placeholder)

    def unit(self, field: FieldSpec, english: str) -> str:
        return _own(f"{self.prefix}.{field.name}.unit", english)

    def item(self, field: FieldSpec, english: str) -> str:
        """The word for one row or entry of the field."""
        return _own(f"{self.prefix}.{field.name}.item", english)

    def option(self, field: FieldSpec, option: Option) -> str:
        return _own(f"{self.prefix}.{field.name}.option.{option.value}", option.label)

    def option_help(self, field: FieldSpec, option: Option) -> str:
        return _own(f"{self.prefix}.{field.name}.option.{option.value}.help", option.help)

    def below(self, field: FieldSpec) -> FieldTexts:
        """The texts of a RowsField's columns."""
        return FieldTexts(f"{self.prefix}.{field.name}")


def field_texts(spec: NodeSpec) -> FieldTexts:
    return FieldTexts(f"node.{spec.id}.field")


def field_label(spec: NodeSpec, field: FieldSpec) -> str:
    return field_texts(spec).label(field)


def search_words(spec: NodeSpec, preset: Preset | None = None) -> tuple[str, ...]:
    """Titles and summaries in every language, so that a search finds them in any of them."""
    prefix = f"node.{spec.id}" + (f".preset.{preset.id}" if preset else "")
    english = preset or spec.type
    found = [english.title, english.summary]
    for language in texts.LANGUAGES:
        found += [texts.lookup(f"{prefix}.{part}", language) or "" for part in ("title", "summary")]
    return tuple(dict.fromkeys(filter(None, found)))


def _own(code: str, english: str) -> str:
    # Only the current language is asked: the English of an add-on stands in its own file.
    return texts.lookup(code, texts.language()) or english
