"""The trust sheet's facts: powers by row, worst first, mixes found along links, nothing asked of anybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.planner.sheet import Sheet, SheetItem, sheet
from app.registry.discovery import discover
from app.sdk.fields import ModelChoice, ModelField, TextField
from app.sdk.node_type import NodeType
from app.sdk.ports import Port
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power
from app.sdk.spec import spec_of

NOBODY = ModelChoice()


@dataclass(frozen=True)
class Powered:
    powers: Annotated[str, TextField(label="Powers")] = ""
    model: Annotated[ModelChoice, ModelField(label="Model")] = NOBODY


@dataclass(frozen=True)
class In:
    value: Annotated[Any, Port("In", "any")] = None


@dataclass(frozen=True)
class Out:
    value: Annotated[Any, Port("Out", "any")] = None


class Step(NodeType[Powered, In, Out]):
    """Asks for the powers that stand in its setting: "net example.com, read *"."""

    id = "test.step"
    title = "Step"
    summary = "A step"
    kind = "tool"
    category = "tools"
    icon = "globe"

    @classmethod
    def powers(cls, fields: Powered) -> tuple[Power, ...]:
        words = [word.strip().partition(" ") for word in fields.powers.split(",") if word.strip()]
        return tuple(Power(kind, target) for kind, _, target in words)  # type: ignore[arg-type]


TYPES = {"test.step": spec_of(Step)}


def step(powers: str = "", *, model: dict[str, str] | None = None, **more: Any) -> Node:
    fields: dict[str, Any] = {"powers": powers} if powers else {}
    return Node("", "test.step", fields={**fields, **({"model": model} if model else {})}, **more)


def workflow(links: str = "", **nodes: Node) -> Workflow:
    """`links` are pairs: "a>b b>c"."""
    pairs = [pair.split(">") for pair in links.split()]
    edges = tuple(Edge(PortRef(a, "value"), PortRef(b, "value")) for a, b in pairs)
    return Workflow("w", "W", graph=Graph({id_: replace(node, id=id_) for id_, node in nodes.items()}, edges))


def made(links: str = "", **nodes: Node) -> Sheet:
    return sheet(workflow(links, **nodes), TYPES)


def items(found: Sheet, kind: str) -> tuple[SheetItem, ...]:
    row = found.row(kind)  # type: ignore[arg-type]
    return row.items if row else ()


def test_a_workflow_without_powers_has_only_its_limit() -> None:
    found = made(a=step())
    assert [(row.kind, row.level) for row in found.rows] == [("cost", "limited")]


def test_every_power_has_its_row_and_nodes() -> None:
    found = made(
        a=step("net example.com, net example.com"),
        b=step("net example.com, read in.csv, write out.csv, connection CRM", model={"role": "small"}),
    )
    assert items(found, "sends") == (SheetItem("example.com", ("a", "b"), "look"),)
    assert items(found, "reads") == (SheetItem("in.csv", ("b",), "look"),)
    assert items(found, "writes") == (SheetItem("out.csv", ("b",), "limited"),)
    assert items(found, "connections") == (SheetItem("CRM", ("b",), "look"),)
    assert items(found, "models") == (SheetItem("small", ("b",), "limited"),)
    assert len(found.rows) <= 7


def test_worst_first_in_rows_and_items() -> None:
    found = made(a=step("write out.csv, net example.com"), b=step("net *, net 8.8.8.8"), c=step("read a.csv"))
    assert [row.level for row in found.rows] == sorted(
        (row.level for row in found.rows), key=("danger", "look", "limited", "off").index
    )
    assert [item.level for item in items(found, "sends")] == ["danger", "danger", "look"]
    assert {item.sign for item in items(found, "sends")} == {"while_running", "address", ""}


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "~/.ssh/id_rsa", "../../x", r"C:\Users\x", r"\\server\share", "a/../../b"]
)
def test_paths_out_of_the_folder_are_dangers(path: str) -> None:
    (item,) = items(made(a=step(f"read {path}")), "reads")
    assert (item.level, item.sign) == ("danger", "elsewhere")


def test_what_data_decides_is_said() -> None:
    found = made(a=step("read *"), b=step("write *"), c=step("net *"))
    assert {items(found, kind)[0].sign for kind in ("reads", "writes", "sends")} == {"while_running"}
    assert items(found, "writes")[0].level == "look"


def test_named_models_are_wishes_and_roles_are_the_persons_own() -> None:
    found = made(
        a=step(model={"connection": "OpenAI", "kind": "openai", "model": "gpt"}),
        b=step(model={"role": "strong"}),
    )
    assert [(item.target, item.level) for item in items(found, "models")] == [
        ("OpenAI/gpt", "look"),
        ("strong", "limited"),
    ]
    assert found.row("cost").level == "look"  # type: ignore[union-attr]


def test_disabled_unknown_and_unreadable_nodes_ask_for_nothing() -> None:
    odd = Node("", "nobody.knows")
    broken = Node("", "test.step", fields={"powers": 7})
    found = made(a=step("net example.com", disabled=True), b=odd, c=broken)
    assert found.row("sends") is None
    assert found.unknown == ("b",)


def test_private_and_outside_above_a_sender_mix() -> None:
    found = made(
        "file>model page>model model>post",
        file=step("read a.txt"),
        page=step("net news.example"),
        model=step(),
        post=step("net post.example"),
    )
    (mix,) = items(found, "mixes")
    assert mix.nodes == ("file", "page", "post")
    assert found.rows[0].kind == "mixes"


@pytest.mark.parametrize(
    "links",
    ["file>post", "page>post", "file>model page>model", "post>file post>page", "file>page"],
)
def test_without_both_above_a_sender_nothing_mixes(links: str) -> None:
    found = made(
        links,
        file=step("read a.txt"),
        page=step("net news.example"),
        model=step(),
        post=step("net post.example"),
    )
    assert items(found, "mixes") == ()


def test_account_data_that_goes_back_where_it_came_from_does_not_mix() -> None:
    account = "net crm.example, connection CRM"
    assert items(made("get>put", get=step(account), put=step(account)), "mixes") == ()
    leak = made("get>put", get=step(account), put=step("net other.example"))
    assert items(leak, "mixes")[0].nodes == ("get", "get", "put")


def test_steps_inside_frames_count() -> None:
    body = workflow(
        "file>page page>post",
        file=step("read a.txt"),
        page=step("net news.example"),
        post=step("net p.example"),
    ).graph
    found = made(frame=replace(step(), body=body))
    assert items(found, "mixes")[0].nodes == ("file", "page", "post")
    assert {item.target for item in items(found, "sends")} == {"news.example", "p.example"}


def test_a_cycle_ends_by_itself() -> None:
    assert made("a>b b>a", a=step("read x, net y.example"), b=step("net z.example")).rows


def test_own_hosts_are_compared_too() -> None:
    found = sheet(workflow(a=step("net acme-mail.example")), TYPES, ["acme.example"])
    assert items(found, "sends")[0].like == ""  # four letters resemble too much
    found = sheet(workflow(a=step("net contoso-mail.example")), TYPES, ["contoso.example"])
    assert items(found, "sends")[0].like == "contoso.example"


KINDS = st.sampled_from(["net", "read", "write", "connection"])
TARGETS = st.sampled_from([DECIDED_WHILE_RUNNING, "example.com", "a.csv", "/etc/x", "CRM", "10.0.0.1"])


@given(
    st.lists(st.tuples(KINDS, TARGETS), max_size=8),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6),
)
def test_no_power_is_ever_missing_from_the_sheet(
    powers: list[tuple[str, str]], links: list[tuple[int, int]]
) -> None:
    nodes = {f"n{at}": step(", ".join(f"{k} {t}" for k, t in powers[at::4])) for at in range(4)}
    found = made(" ".join(f"n{a}>n{b}" for a, b in links if a != b), **nodes)
    shown = {(row.kind, item.target) for row in found.rows if row.kind != "mixes" for item in row.items}
    row_of = {"net": "sends", "read": "reads", "write": "writes", "connection": "connections"}
    assert shown == {(row_of[kind], target) for kind, target in powers}


def test_a_workflow_that_keeps_conversations_says_so() -> None:
    chat = Node("chat", "model.chat", fields={"model": {"role": "small"}})
    found = sheet(Workflow("w", "w", graph=Graph({"chat": chat})), discover())
    row = found.row("keeps")
    assert row is not None
    assert (row.level, [(one.target, one.nodes) for one in row.items]) == (
        "limited",
        [("conversations", ("chat",))],
    )
    assert found.row("writes") is None
