"""The engine client of the window: each question of its forms as a request over the link."""

from __future__ import annotations

from decimal import Decimal

from app.adapters.connection_check import ConnectionCheck
from app.adapters.connections import Connection
from app.adapters.keyring_secrets import SecretsState
from app.adapters.reviewed_store import Reviewed
from app.adapters.shelf import Shelf
from app.adapters.sqlite_memory import KeptConversation
from app.document.workflow import Json
from app.executor.cache import CacheState
from app.processes.messages import (
    CheckConnection,
    ClearCache,
    ConversationList,
    DeleteConnection,
    ForgetConversation,
    ForgetKey,
    ForgetReviewed,
    GetCacheState,
    GetKeyState,
    GetReviewed,
    GetShelf,
    GivePrice,
    ListConversations,
    ProtectKeys,
    ReadConversation,
    RememberReviewed,
    SaveConnection,
    StartKeysOver,
    StoreKey,
    UnlockKeys,
)
from app.sdk.grants import Grants
from app.ui.engine_link import EngineLink
from app.ui.run_stream import RunStream


class LinkedEngine:
    """`app.ui.engine_client.EngineClient`, over a link."""

    def __init__(self, link: EngineLink, stream: RunStream) -> None:
        self._link = link
        self._stream = stream

    async def shelf(self, *, look_again: bool = False, find: bool = False) -> Shelf:
        return await self._link.ask(GetShelf(look_again, find))

    async def save_connection(self, connection: Connection, replaces: str = "") -> Connection:
        return await self._link.ask(SaveConnection(connection, replaces))

    async def delete_connection(self, name: str) -> None:
        await self._link.ask(DeleteConnection(name))

    async def check_connection(self, connection: Connection, key: str | None = None) -> ConnectionCheck:
        return await self._link.ask(CheckConnection(connection, key))

    async def give_price(self, connection: str, model: str, into: Decimal, out: Decimal) -> None:
        await self._link.ask(GivePrice(connection, model, f"{into:f}", f"{out:f}"))

    async def store_key(self, connection: str, key: str) -> SecretsState:
        return await self._link.ask(StoreKey(connection, key))

    async def forget_key(self, connection: str) -> None:
        await self._link.ask(ForgetKey(connection))

    async def key_state(self) -> SecretsState:
        return await self._link.ask(GetKeyState())

    async def unlock_keys(self, passphrase: str) -> SecretsState:
        return await self._link.ask(UnlockKeys(passphrase))

    async def protect_keys(self, passphrase: str) -> SecretsState:
        return await self._link.ask(ProtectKeys(passphrase))

    async def start_keys_over(self) -> SecretsState:
        return await self._link.ask(StartKeysOver())

    async def reviewed(self) -> tuple[Reviewed, ...]:
        return (await self._link.ask(GetReviewed())).entries

    async def forget_reviewed(self, digest: str) -> None:
        await self._link.ask(ForgetReviewed(digest))

    async def remember_reviewed(self, workflow: str, grants: Grants) -> None:
        await self._link.ask(RememberReviewed(workflow, grants))

    async def cache_state(self) -> CacheState:
        return await self._link.ask(GetCacheState())

    async def clear_cache(self) -> int:
        return (await self._link.ask(ClearCache())).n

    async def conversations(self) -> ConversationList:
        return await self._link.ask(ListConversations())

    async def conversation(self, owner: str, name: str) -> KeptConversation:
        return await self._link.ask(ReadConversation(owner, name))

    async def forget_conversation(self, owner: str, name: str) -> int:
        return (await self._link.ask(ForgetConversation(owner, name))).n

    async def value(self, reference: str) -> Json:
        return await self._stream.value(reference)
