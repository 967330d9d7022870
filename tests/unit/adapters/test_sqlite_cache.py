# ruff: noqa: ASYNC240 - a test may wait for the disk
"""The cache's database: hits, its limit, forgetting, and faults that are misses."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.adapters import redaction
from app.adapters.sqlite_cache import SqliteCache
from app.costs.cost import Cost
from app.costs.usage import Usage
from app.executor.cache import CacheState, Kept
from tests.journals import profile

KEPT = Kept(
    {"text": "hello \ud800", "verdict": {"$lazy": 1}},
    {"verdict": "passed", "reasons": []},
    Usage(3, 4, 1, 0),
    Cost(Decimal("0.00120"), "priced"),
    "small",
    "2026-03-01T10:00:00+08:00",
)
Make = Callable[..., SqliteCache]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "results.sqlite3"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[SqliteCache] = []

    def one(**changed: Any) -> SqliteCache:
        made.append(SqliteCache(profile(tmp_path), **changed))
        return made[-1]

    yield one
    for cache in made:
        cache.close()


async def test_what_was_put_is_got_by_every_process(make: Make, tmp_path: Path) -> None:
    cache = make()
    assert list(tmp_path.iterdir()) == []
    assert await cache.get("k1") is None
    cache.put("k1", "wf", "ask", KEPT)
    assert await cache.get("k1") == KEPT
    assert await make().get("k1") == KEPT
    assert await cache.get("k2") is None
    cache.put("k1", "wf", "ask", replace(KEPT, model="other"))
    assert await cache.get("k1") == replace(KEPT, model="other")


async def test_it_forgets_by_workflow_and_node(make: Make) -> None:
    cache = make()
    for workflow in ("w1", "w2"):
        for node in ("a", "b"):
            for number in range(250):
                cache.put(f"{workflow}{node}{number}", workflow, node, KEPT)
    state = await cache.state()
    assert (state.entries, set(state.by_workflow)) == (1000, {"w1", "w2"})
    assert sum(state.by_workflow.values()) == state.size > 1000 * 100
    assert await cache.clear("w1", "a") == 250
    assert await cache.get("w1a1") is None
    assert await cache.get("w1b1") == KEPT
    assert await cache.clear("w1") == 250
    assert (await cache.state()).entries == 500
    assert await cache.clear() == 500
    assert await cache.state() == CacheState()
    assert await cache.clear() == 0


async def test_the_least_recently_used_leave(make: Make, path: Path) -> None:
    limit = 400_000
    cache = make(size=limit)
    large = replace(KEPT, outputs={"text": "x" * 10_000})
    for number in range(30):
        cache.put(f"k{number}", "wf", "ask", large)
    await cache.state()
    with closing(sqlite3.connect(path)) as other, other:  # two hours later
        other.execute("UPDATE results SET used = used - 7200")
    assert await cache.get("k0") == large
    for number in range(30, 60):
        cache.put(f"k{number}", "wf", "ask", large)
        assert (await cache.state()).size <= limit
    assert [await cache.get(f"k{number}") is not None for number in (0, 1, 2, 59)] == [
        True,
        False,
        False,
        True,
    ]
    assert (await cache.state()).size > limit * 0.7
    cache.put("huge", "wf", "ask", replace(KEPT, outputs={"text": "x" * limit}))
    assert await cache.get("huge") is None
    assert await cache.get("k59") is not None, "what can't be kept pushes nothing out"
    assert await cache.clear() > 0
    cache.close()
    assert path.stat().st_size < 100_000


async def test_a_limit_holds_for_what_other_processes_put(make: Make) -> None:
    caches = [make(size=400_000) for _ in range(3)]
    large = replace(KEPT, outputs={"text": "x" * 10_000})
    for number in range(150):
        caches[number % 3].put(f"k{number}", "wf", "ask", large)
        await caches[number % 3].get("nothing")
    assert (await caches[0].state()).size <= 600_000


async def test_what_lies_in_the_store_of_a_run_is_not_kept(make: Make) -> None:
    class Rows:
        def reference(self) -> dict[str, Any]:
            return {"run": "r1"}

    cache = make()
    cache.put("k1", "wf", "map", replace(KEPT, outputs={"rows": [Rows()]}))
    cache.put("k2", "wf", "odd", replace(KEPT, outputs={"rows": object()}))
    assert await cache.get("k1") is None
    assert await cache.get("k2") is None


async def test_a_key_that_a_server_sent_back_is_not_kept(make: Make, path: Path) -> None:
    redaction.remember("canary-key-of-the-cache")
    cache = make()
    cache.put("k1", "wf", "ask", replace(KEPT, outputs={"text": "canary-key-of-the-cache"}))
    found = await cache.get("k1")
    assert found is not None
    assert found.outputs == {"text": "[hidden]"}
    cache.close()
    assert b"canary" not in path.read_bytes()


async def test_a_damaged_cache_is_an_empty_one(make: Make, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database " * 1000)
    cache = make()
    assert await cache.get("k1") is None
    cache.put("k1", "wf", "ask", KEPT)
    assert await cache.get("k1") == KEPT
    assert [file.name[:23] for file in path.parent.glob("*damaged*")] == ["results.sqlite3.damaged"]
    cache.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE results SET kept = '{broken'")
    assert await cache.get("k1") is None


async def test_one_that_cannot_be_written_is_an_empty_one(make: Make, path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    cache = make()
    cache.put("k1", "wf", "ask", KEPT)
    assert await cache.get("k1") is None
    assert await cache.clear() == 0
    assert await cache.state() == CacheState()
    path.parent.unlink()
    cache.put("k1", "wf", "ask", KEPT)
    assert await cache.get("k1") == KEPT


async def test_a_locked_one_misses_what_it_could_not_write(make: Make, path: Path) -> None:
    cache = make(patience=0.1)
    cache.put("k1", "wf", "ask", KEPT)
    await cache.state()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        cache.put("k2", "wf", "ask", KEPT)
        assert await cache.get("k1") == KEPT
        assert await cache.clear() == 0
        other.execute("ROLLBACK")
    assert await cache.get("k2") is None
    assert await cache.get("k1") == KEPT
