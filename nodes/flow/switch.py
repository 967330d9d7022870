"""Switch: send a value the way that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.conditions import equals
from app.sdk.context import Surroundings
from app.sdk.fields import RowsField, TextField
from app.sdk.node_type import ByPort, Fault, NodeType, Routes
from app.sdk.ports import Ports, PortSpec
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import value_of
from app.sdk.route_names import route_names


@dataclass(frozen=True, slots=True)
class Route:
    """One value with an output of its own."""

    value: Annotated[str, TextField(label="If it is", required=True)] = ""


@dataclass(frozen=True, slots=True)
class SwitchFields:
    routes: Annotated[
        tuple[Route, ...],
        RowsField(label="Routes", help="Each becomes an output.", item="route", required=True),
    ] = (Route("yes"), Route("no"))
    what: Annotated[
        str,
        TextField(
            label="Look at",
            help="What decides; the value itself is handed on.",
            placeholder="{{value}}",
            references=True,
            required=True,
        ),
    ] = "{{value}}"


class Switch(NodeType[SwitchFields, ByPort, Routes]):
    """Has an output for each value you name, and "Otherwise" for every other. Capital letters and spaces don't count.

    By default the value decides about itself. Write another name under "Look at", such as {{label}}, to let one value
    decide and hand another one on.

    Example: routes "Billing" and "Sales", look at {{label}}. Join the label to "label" and the message to "Value": the
    message leaves by the output of its label.
    """

    id = "flow.switch"
    title = "Switch"
    summary = "One output for each value"
    kind = "flow"
    category = "logic"
    icon = "split"

    @classmethod
    def ports(cls, fields: SwitchFields) -> Ports:
        values = _values(fields)
        ways = (
            PortSpec(n, v, "any", own_label=True) for n, v in zip(route_names(values), values, strict=True)
        )
        return Ports(
            inputs=(PortSpec("value", "Value", "any"), *grown_inputs(fields.what, beside=("value",))),
            outputs=(*ways, PortSpec("otherwise", "Otherwise", "any")),
        )

    @classmethod
    def headline(cls, fields: SwitchFields) -> str:
        return ", ".join(_values(fields))

    @classmethod
    def check(cls, fields: SwitchFields) -> tuple[Fault, ...]:
        blank = [row for row, route in enumerate(fields.routes, 1) if not route.value.strip()]
        return tuple(("routes", "switch.blank_route", {"row": row}) for row in blank)

    def compute(self, fields: SwitchFields, inputs: ByPort, around: Surroundings) -> Routes:
        values = _values(fields)
        found = value_of(fields.what, inputs)
        ways = zip(route_names(values), values, strict=True)
        name = next((name for name, value in ways if equals(found, value)), "otherwise")
        return {name: inputs["value"]}


def _values(fields: SwitchFields) -> list[str]:
    return list(dict.fromkeys(value for route in fields.routes if (value := route.value.strip())))
