"""`baton conversations`: what is kept is listed, and forgotten by its name."""

from __future__ import annotations

import asyncio
from typing import Any

from app.adapters.sqlite_memory import SqliteConversations
from app.settings import folders


def kept(*names: str) -> None:
    async def add() -> None:
        store = SqliteConversations(folders())
        for name in names:
            await store.of("flow").add(name, "k", "Hello", "Hi")
        store.close()

    asyncio.run(add())


def test_conversations_are_listed_and_forgotten_by_name(baton: Any) -> None:
    assert "No conversations" in baton("conversations").out
    kept("anna", "ben")
    listed = baton("conversations", "--json").json
    assert {(one["conversation"], one["turns"]) for one in listed} == {("anna", 1), ("ben", 1)}
    assert {"anna", "ben"} <= set(baton("conversations").out.split())
    assert "1 turn" in baton("conversations", "--forget", "anna").out
    assert [one["conversation"] for one in baton("conversations", "--json").json] == ["ben"]
    assert "0 turns" in baton("conversations", "--forget", "nobody").out
