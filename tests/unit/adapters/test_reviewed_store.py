from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from app.adapters import shipped_examples
from app.adapters.reviewed_store import ReviewedStore
from app.document.json_codec import digest, write
from app.document.operations import MoveNodes, SetFields
from app.document.workflow import Graph, Node, Workflow
from app.sdk.grants import Grants
from app.settings import Folders, folders

GRANTS = Grants(
    hosts=frozenset({"example.com", "例子.cn"}),
    reads=frozenset({"/home/me/in"}),
    writes=frozenset({"/home/me/out"}),
    connections={"Company OpenAI": "mine"},
    models=frozenset({"small", "mine/gpt"}),
    max_cost=Decimal("0.10"),
    any_host=True,
)


@pytest.fixture
def where() -> Folders:
    return folders()


def test_nothing_is_reviewed_until_somebody_did(where: Folders) -> None:
    store = ReviewedStore(where)
    assert store.reviewed("d1") is None
    assert store.entries() == ()
    assert not where.data.exists()  # looking writes nothing


def test_grants_are_remembered_exactly(where: Folders) -> None:
    ReviewedStore(where).remember("d1", GRANTS, "Sort the post 邮件")
    store = ReviewedStore(where)
    assert store.reviewed("d1") == GRANTS
    assert str(store.reviewed("d1").max_cost) == "0.10"  # type: ignore[union-attr]
    assert store.reviewed("d2") is None
    (entry,) = store.entries()
    assert (entry.digest, entry.name, entry.grants) == ("d1", "Sort the post 邮件", GRANTS)


def test_grants_are_replaced_not_added_up(where: Folders) -> None:
    store = ReviewedStore(where)
    store.remember("d1", GRANTS)
    store.remember("d1", Grants())
    assert store.reviewed("d1") == Grants()


def test_what_is_forgotten_is_asked_again(where: Folders) -> None:
    store = ReviewedStore(where)
    store.remember("d1", GRANTS)
    store.forget("d1")
    store.forget("d1")
    assert store.reviewed("d1") is None


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", "{}", '{"hosts": 1}', json.dumps({"hosts": [], "max_cost": "x"})]
)
def test_an_unreadable_entry_grants_nothing(where: Folders, broken: str) -> None:
    store = ReviewedStore(where)
    store.remember("d1", GRANTS)
    with sqlite3.connect(where.data / "reviewed.sqlite") as database:
        database.execute("UPDATE reviewed SET grants = ?", (broken,))
    database.close()
    assert store.reviewed("d1") is None
    assert store.entries() == ()


def test_a_damaged_store_grants_nothing_and_is_put_aside(where: Folders) -> None:
    where.data.mkdir(parents=True)
    (where.data / "reviewed.sqlite").write_bytes(b"not a database, " * 100)
    store = ReviewedStore(where)
    assert store.reviewed("d1") is None
    with pytest.raises(OSError, match="not a database"):
        store.remember("d1", GRANTS)
    store.remember("d1", GRANTS)
    assert store.reviewed("d1") == GRANTS
    assert (where.data / "reviewed.damaged").exists()


def test_our_examples_are_known_by_their_content(
    where: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Workflow("e", "Example", graph=Graph({"a": Node("a", "model.text", fields={"prompt": "x"})}))
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "one.baton.json").write_bytes(write(example))
    (tmp_path / "examples" / "broken.baton.json").write_bytes(b"{")
    monkeypatch.setattr(shipped_examples, "resource_folder", lambda: tmp_path)
    store = ReviewedStore(where)
    moved, _ = MoveNodes({"a": (24, 24)}).apply(example)
    edited, _ = SetFields("a", {"prompt": "y"}).apply(example)
    assert store.shipped(digest(example))
    assert store.shipped(digest(moved))
    assert not store.shipped(digest(edited))
    assert store.reviewed(digest(example)) is None
