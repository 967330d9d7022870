"""Records as rows and back, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from app.adapters import redaction
from app.adapters.journal_codec import (
    BLOB_BYTES,
    Row,
    as_written,
    is_lazy_inside,
    item_of,
    item_row,
    leave_reference,
    read,
    size_of,
    step_row,
    steps_of,
    stored,
    values_of,
    values_text,
)
from app.costs.cost import Cost
from app.costs.usage import Usage
from app.events.run_events import Failure
from app.executor.journal import ItemRecord, StepRecord
from tests.journals import item, step

# With half characters; halves that belong together are joined, as any reader of JSON joins them.
TEXT = st.text(st.characters(exclude_categories=()), max_size=8).map(
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)
KEYS = st.one_of(TEXT, st.sampled_from(["$lazy", "$$lazy", "$", "lazy", "x$lazy"]))
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
RECORDS = st.dictionaries(KEYS, VALUES, max_size=4)
MONEY = st.builds(
    Cost,
    st.decimals(0, 10**9, allow_nan=False, places=12),
    st.sampled_from(["free", "priced", "estimated", "unknown"]),
)
TOKENS = st.integers(0, 10**12)
ARGUMENTS = st.one_of(TEXT, st.integers(), st.none(), st.booleans(), st.lists(TEXT, max_size=3).map(tuple))
FAILURES = st.builds(Failure, TEXT, st.dictionaries(TEXT, ARGUMENTS, max_size=3), st.one_of(st.none(), TEXT))
USAGES = st.builds(Usage, TOKENS, TOKENS, TOKENS, TOKENS)
STEPS = st.builds(
    StepRecord,
    place=TEXT,
    node=TEXT,
    status=st.sampled_from(["ok", "failed", "sent"]),
    type=TEXT,
    version=st.integers(0, 99),
    inputs=TEXT,
    outputs=RECORDS,
    scope=TEXT,
    at=st.floats(0, 1e9),
    attempts=st.integers(0, 9),
    usage=USAGES,
    cost=MONEY,
    model=TEXT,
    verdict=st.one_of(st.none(), RECORDS),
    failure=st.one_of(st.none(), FAILURES),
    saved=st.one_of(st.none(), MONEY),
)
ITEMS = st.builds(
    ItemRecord,
    frame=TEXT,
    key=TEXT,
    number=st.integers(0, 10**12),
    status=st.sampled_from(["done", "failed", "cancelled"]),
    outputs=RECORDS,
    failure=st.one_of(st.none(), FAILURES),
    node=TEXT,
    usage=USAGES,
    cost=MONEY,
    values=RECORDS,
)


def columns(row: Row) -> tuple[Any, ...]:
    """As a query gives them: without the run, with the bytes of the blob."""
    (written,), blobs, _ = as_written([row])
    return (*written[1:], blobs[0][1] if blobs else None)


class Rows:
    """A Map's result that lies in the run store."""

    def __init__(self, frame: str) -> None:
        self.frame = frame

    def reference(self) -> dict[str, Any]:
        return {"run": "r1", "frame": self.frame, "$lazy": 1}

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("nobody reads it to write it down")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and other.frame == self.frame

    __hash__ = None  # type: ignore[assignment]


@given(STEPS)
def test_a_step_survives(record: StepRecord) -> None:
    assert steps_of(columns(step_row(1, record)), leave_reference) == [record]


@given(ITEMS)
def test_an_item_survives(record: ItemRecord) -> None:
    assert item_of(columns(item_row(1, record)), leave_reference) == record


@given(RECORDS)
def test_values_survive_with_lazy_ones_among_them(values: dict[str, Any]) -> None:
    with_lazy = {**values, "rows": Rows("map1"), "list": [1, Rows("map2")], "in": {"it": {"x": Rows("map3")}}}
    text = values_text(with_lazy)
    text.encode()
    assert values_of(text, lambda reference: Rows(str(reference["frame"]))) == with_lazy  # type: ignore[arg-type,return-value]
    assert is_lazy_inside(with_lazy)
    assert not is_lazy_inside(values)


def test_a_lazy_value_that_nobody_restores_stays_a_reference() -> None:
    left = values_of(values_text({"rows": Rows("map1")}), leave_reference)  # type: ignore[dict-item]
    assert left == {"rows": {"$lazy": {"run": "r1", "frame": "map1", "$lazy": 1}}}
    assert values_of(values_text(left), leave_reference) == left


@given(TEXT)
def test_a_name_survives(name: str) -> None:
    assert read(stored(name)) == name


@pytest.mark.parametrize("fill", ["x", "语", "\ud800"])
def test_long_outputs_become_blobs(fill: str) -> None:
    short, long = step(text=fill * (BLOB_BYTES // 8)), step(text=fill * BLOB_BYTES)
    assert not as_written([step_row(1, short)]).blobs
    rows = [step_row(1, short), step_row(1, long), item_row(1, item(0, outputs=long.outputs))]
    written, [blob], size = as_written(rows)
    assert size == sum(map(size_of, rows))
    assert [row[-1] for row in written] == [None, blob[0], blob[0]], "shared by content"
    assert blob[1].decode() == rows[1][-2]
    assert steps_of(columns(rows[1]), leave_reference) == [long]


def test_a_blob_that_is_missing_is_no_empty_value() -> None:
    row = step_row(1, step(text="x" * BLOB_BYTES * 2))
    with pytest.raises(ValueError, match="missing"):
        steps_of((*columns(row)[:-1], None), leave_reference)


def test_money_is_exact() -> None:
    record = step(cost=Cost(Decimal("0.10000000000000000000001"), "priced"))
    (found,) = steps_of(columns(step_row(1, record)), leave_reference)
    assert str(found.cost.known) == "0.10000000000000000000001"


def test_a_key_that_a_server_sent_back_is_hidden() -> None:
    redaction.remember("canary-key-of-the-journal")
    row = step_row(1, step(text="you sent canary-key-of-the-journal", model="canary-key-of-the-journal"))
    assert "canary" not in str(as_written([step_row(1, step()), row]))
    assert steps_of(columns(row), leave_reference)[0].outputs == {"text": "you sent [hidden]"}


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        step_row(1, structs.replace(step(), outputs={"x": object()}))  # type: ignore[dict-item]
