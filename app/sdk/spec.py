"""The NodeSpec: the facts derived from a node type's three shapes, for forms, planner, docs and schema."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from app.document.problem import Argument
from app.document.workflow import Json, JsonObject
from app.sdk.data_types import Value
from app.sdk.fields import AnyField, ChoiceField, ConnectionChoice, Field, ModelChoice, NumberField
from app.sdk.node_type import Category, Effect, Kind, NodeType, Preset
from app.sdk.ports import Port, Ports, PortSpec
from app.sdk.powers import Power

AnyNodeType = type[NodeType[Any, Any, Any]]


class FieldFault(ValueError):
    """A field's value in the file has the wrong shape: `problem.field.not_<expected>` says which was expected.

    `name` is the place, such as `rules[2].minimum`; `args` the limits or options.
    """

    def __init__(self, name: str, expected: str, **args: Argument) -> None:
        super().__init__(f"{name}: expected {expected} {args or ''}".rstrip())
        self.name = name
        self.expected = expected
        self.args_by_name = args


_PLAIN_TYPES: Mapping[Any, str] = {int: "whole_number", float: "number", str: "text", bool: "yes_no"}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One setting: its name, how it is edited, its Python type, its default as plain data."""

    name: str
    field: AnyField
    type: Any
    default: Json
    row: tuple[FieldSpec, ...] = ()  # the columns of a RowsField


@dataclass(frozen=True)
class NodeSpec:
    """What the product knows of a node type without running it."""

    type: AnyNodeType
    id: str
    fields: tuple[FieldSpec, ...]
    fixed_ports: Ports  # those that the shapes declare

    @property
    def computes(self) -> bool:
        """Its work stands in `compute`: it waits for nothing."""
        shape: Any = NodeType
        return self.type.compute is not shape.compute

    def field(self, name: str) -> FieldSpec | None:
        return next((f for f in self.fields if f.name == name), None)

    def decode(self, fields: JsonObject) -> Any:
        """The Fields object for a node's plain fields; unknown names are ignored. Raises FieldFault."""
        shape = shapes_of(self.type)[0]
        known = {f.name: _decode(f.name, fields[f.name], f.type) for f in self.fields if f.name in fields}
        for field in self.fields:
            if field.name in known:
                _stay_within(field, known[field.name], field.name)
        return shape(**known)

    def encode(self, fields: Any) -> dict[str, Json]:
        """The plain fields of a Fields object: only what differs from the defaults."""
        plain = {f.name: encode_value(getattr(fields, f.name)) for f in self.fields}
        return {f.name: plain[f.name] for f in self.fields if plain[f.name] != f.default}

    def ports(self, fields: Any) -> Ports:
        """The ports of a node with these (decoded) fields."""
        grown = self.type.ports(fields)
        if grown is None:
            return self.fixed_ports
        _, inputs, outputs = shapes_of(self.type)
        return Ports(
            self.fixed_ports.inputs if dataclasses.is_dataclass(inputs) else grown.inputs,
            self.fixed_ports.outputs if dataclasses.is_dataclass(outputs) else grown.outputs,
        )

    def powers(self, fields: Any) -> tuple[Power, ...]:
        """All that a node with these (decoded) fields will ask of the broker, its models included, each once."""
        choices = (choice.target for choice in self.type.models(fields))
        models = (Power("model", target) for target in choices if target != "/")
        return tuple(dict.fromkeys((*self.type.powers(fields), *models)))

    def preset(self, fields: Any) -> Preset | None:
        """The library entry that a node with these (decoded) fields still is: its title, icon and colour."""
        return next(
            (
                p
                for p in self.type.presets
                if all(encode_value(getattr(fields, k)) == v for k, v in p.fields.items())
            ),
            None,
        )


@cache
def shapes_of(node_type: AnyNodeType) -> tuple[Any, Any, Any]:
    """The three shapes that a type was declared with."""
    for klass in node_type.__mro__:
        for declared in getattr(klass, "__orig_bases__", ()):
            if get_origin(declared) is NodeType:
                return cast("tuple[Any, Any, Any]", get_args(declared))
    raise TypeError(f"{node_type.__name__} must subclass NodeType[Fields, Inputs, Outputs]")


def spec_of(node_type: AnyNodeType) -> NodeSpec:
    """Derives the spec. Raises TypeError where the declaration is not one (a bug of the author)."""
    fields, inputs, outputs = shapes_of(node_type)
    _stay_in_words(node_type)
    return NodeSpec(
        type=node_type,
        id=node_type.id,
        fields=_field_specs(fields),
        fixed_ports=Ports(_port_specs(inputs), _port_specs(outputs)),
    )


def _stay_in_words(node_type: AnyNodeType) -> None:
    """Every type says what it is in the words that the product knows."""
    names = ("id", "title", "summary", "icon")
    missing = [name for name in names if not isinstance(getattr(node_type, name, None), str)]
    missing += [
        name
        for name, words in (("kind", Kind), ("category", Category), ("effect", Effect))
        if getattr(node_type, name, "") not in get_args(words)
    ]
    if missing:
        raise TypeError(f"{node_type.__name__} must say its {', '.join(missing)}")


def _field_specs(shape: Any) -> tuple[FieldSpec, ...]:
    specs: list[FieldSpec] = []
    for name, hint, note, default in _annotated(shape, Field):
        if default is MISSING:
            raise TypeError(f"{shape.__name__}.{name} needs a default: a placed node starts with one")
        row_type = _row_type(hint)
        columns = _field_specs(row_type) if row_type else ()
        specs.append(FieldSpec(name, cast("AnyField", note), hint, encode_value(default), columns))
    return tuple(specs)


def _port_specs(shape: Any) -> tuple[PortSpec, ...]:
    if not dataclasses.is_dataclass(shape):
        return ()
    return tuple(
        PortSpec(
            name, port.label, port.type, default is MISSING, port.many, port.tone, port.main, quiet=port.quiet
        )
        for name, _, port, default in _annotated(shape, Port)
    )


def _annotated(shape: Any, note_type: type[Any]) -> list[tuple[str, Any, Any, Any]]:
    hints = _hints(shape)
    found: list[tuple[str, Any, Any, Any]] = []
    for item in dataclasses.fields(shape):
        hint = hints[item.name]
        notes = [n for n in getattr(hint, "__metadata__", ()) if isinstance(n, note_type)]
        if get_origin(hint) is not Annotated or not notes:
            raise TypeError(f"{shape.__name__}.{item.name} must be Annotated[..., {note_type.__name__}(...)]")
        default = item.default if item.default_factory is MISSING else item.default_factory()
        found.append((item.name, get_args(hint)[0], notes[0], default))
    return found


@cache
def _hints(shape: Any) -> Mapping[str, Any]:
    # `Json` names itself and its parts; an author's file need not import them.
    return get_type_hints(
        shape, localns={"Json": Json, "Mapping": Mapping, "Sequence": Sequence}, include_extras=True
    )


def _row_type(hint: Any) -> Any:
    if get_origin(hint) is tuple and dataclasses.is_dataclass(get_args(hint)[0]):
        return get_args(hint)[0]
    return None


def _is_record(shape: Any) -> bool:
    return dataclasses.is_dataclass(shape) or (isinstance(shape, type) and issubclass(shape, msgspec.Struct))


@cache
def _record_fields(shape: Any) -> Sequence[Any]:
    """Each with its `name` and `default`."""
    return dataclasses.fields(shape) if dataclasses.is_dataclass(shape) else msgspec.structs.fields(shape)


def encode_value(value: Any) -> Json:
    """A field's Python value as plain data; attributes at their defaults are left out of records."""
    kind = cast("type[object]", type(value))
    if _is_record(kind):
        plain: dict[str, Json] = {}
        for item in _record_fields(kind):
            content = getattr(value, item.name)
            if content != item.default:  # where there is none, what stands for that equals nothing
                plain[item.name] = encode_value(content)
        return plain
    if isinstance(value, (tuple, list)):
        return [encode_value(v) for v in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {str(k): encode_value(v) for k, v in cast("Mapping[Any, Any]", value).items()}
    return cast("Json", value)


def _decode(name: str, value: Json, hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        options = [h for h in get_args(hint) if h is not type(None)]
        return _decode(name, value, options[0]) if len(options) == 1 else value
    if get_origin(hint) is Annotated:
        return _decode(name, value, get_args(hint)[0])
    if _is_record(hint):
        return _decode_record(name, value, hint)
    if get_origin(hint) is Mapping and not isinstance(value, Mapping):
        raise FieldFault(name, "record")
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise FieldFault(name, "list")
        return tuple(_decode(f"{name}[{i}]", v, get_args(hint)[0]) for i, v in enumerate(value))
    return _decode_plain(name, value, hint)


def _decode_plain(name: str, value: Json, hint: Any) -> Any:
    if hint is str and isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(cast("list[str]", value))  # a text that somebody wrote as an array of lines
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and (type(value) is not hint):
        raise FieldFault(name, _PLAIN_TYPES[hint])
    return value


def _stay_within(spec: FieldSpec, value: Any, name: str) -> None:
    """A choice has one of its options, a number lies within its limits; in rows, too."""
    field = spec.field
    if isinstance(field, ChoiceField) and value not in [option.value for option in field.options]:
        raise FieldFault(name, "option", options=tuple(option.value for option in field.options))
    if isinstance(field, NumberField) and value is not None:
        low = -math.inf if field.minimum is None else field.minimum
        high = math.inf if field.maximum is None else field.maximum
        if not low <= value <= high:
            raise FieldFault(name, "within", low=f"{low:g}", high=f"{high:g}")
    for column in spec.row:
        for i, row in enumerate(cast("Sequence[Any]", value)):
            _stay_within(column, getattr(row, column.name), f"{name}[{i}].{column.name}")


def _decode_record(name: str, value: Json, shape: Any) -> Any:
    if not isinstance(value, Mapping):
        raise FieldFault(name, "record")
    hints = _hints(shape)
    known = {k: _decode(f"{name}.{k}", v, hints[k]) for k, v in value.items() if k in hints}
    try:
        return shape(**known)
    except TypeError as missing:
        raise FieldFault(name, "whole_record") from missing


def inputs_object(node_type: AnyNodeType, values: Mapping[str, Value]) -> Any:
    """The Inputs object for values by port name; missing optional ports take their defaults."""
    shape = _inputs_shape(node_type)
    return values if shape is None else shape(**values)


@cache
def _inputs_shape(node_type: AnyNodeType) -> Any:
    """None where a node is given its inputs by port."""
    shape = shapes_of(node_type)[1]
    return shape if dataclasses.is_dataclass(shape) else None


def outputs_by_port(outputs: Any) -> Mapping[str, Any]:
    """The values by port name of an Outputs object or mapping; `SKIP` where nothing leaves."""
    names = _attributes(outputs.__class__)
    return outputs if names is None else {n: getattr(outputs, n) for n in names}


@cache
def _attributes(shape: type[Any]) -> tuple[str, ...] | None:
    return tuple(f.name for f in dataclasses.fields(shape)) if dataclasses.is_dataclass(shape) else None


__all__ = [
    "AnyNodeType",
    "ConnectionChoice",
    "FieldFault",
    "FieldSpec",
    "ModelChoice",
    "NodeSpec",
    "encode_value",
    "inputs_object",
    "outputs_by_port",
    "shapes_of",
    "spec_of",
]
