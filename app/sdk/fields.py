"""Fields: the annotations that a node's settings carry; the form is derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What every kind of setting has. Texts are English; catalogues translate them by type id and name."""

    label: str
    help: str = ""
    placeholder: str = ""
    advanced: bool = False  # folded away until asked for
    shown_if: tuple[str, tuple[str | bool, ...]] | None = None  # (other field, its values)
    required: bool = False  # an empty value is a Problem before the run
    cosmetic: bool = False  # has no influence on the result, so not in the cache key


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(Field):
    """`str`. With `references`, `{{input.path | filter}}` stands for a value and grows an input port."""

    lines: int = 1
    references: bool = False
    monospace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField(Field):
    """`int`, `float` or `… | None`."""

    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    unit: str = ""
    slider: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToggleField(Field):
    """`bool`."""


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField(Field):
    """`str`, one of the options."""

    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsField(Field):
    """`tuple[Row, ...]` where Row is a frozen dataclass whose attributes are annotated fields.

    `item` is the English word for one row ("rule", "label").
    """

    item: str = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListField(Field):
    """`tuple[str, ...]`: short texts, one a line."""

    item: str = "item"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableField(Field):
    """`tuple[Mapping[str, Json], ...]`: rows with free columns, such as the samples of Ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelField(Field):
    """`ModelChoice`: a role, or a connection with a model. `needs` names abilities it must have."""

    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionField(Field):
    """`ConnectionChoice | None`: the name and kind of an account, never its key."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField(Field):
    """`str`: a path. `mode` says what is done with it."""

    mode: Literal["open", "save", "folder"] = "open"
    endings: tuple[str, ...] = ()
    references: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueField(Field):
    """`Json`: any small value, typed by the person as text, number, yes/no or JSON."""


class ModelChoice(msgspec.Struct, frozen=True):
    """Who answers: a role that this machine maps to a model, or one model of one connection.

    `otherwise` is the role that is taken where `role` stands for nothing here.
    """

    role: str = ""
    connection: str = ""
    kind: str = ""  # the connection's kind, so that another machine knows what to look for
    model: str = ""
    otherwise: str = ""

    @property
    def is_role(self) -> bool:
        return bool(self.role)

    @property
    def target(self) -> str:
        """What is asked of the broker: the role, or `connection/model`."""
        return self.role or f"{self.connection}/{self.model}"


@dataclass(frozen=True, slots=True)
class ConnectionChoice:
    """An account by name and kind; the file's wish, matched by the person on this machine."""

    connection: str
    kind: str = ""


SMALL = ModelChoice(role="small")
STRONG = ModelChoice(role="strong")

AnyField: TypeAlias = (
    TextField
    | NumberField
    | ToggleField
    | ChoiceField
    | RowsField
    | ListField
    | TableField
    | ModelField
    | ConnectionField
    | FileField
    | ValueField
)
