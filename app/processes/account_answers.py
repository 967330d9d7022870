"""Answers about accounts: connections, their keys, the models behind them, and what was reviewed."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.adapters.connection_check import ConnectionCheck
from app.adapters.connections import Connection
from app.adapters.found_servers import ServerFinder
from app.adapters.keyring_secrets import SecretsState
from app.adapters.openai_lane import OpenAiLane
from app.adapters.shelf import Shelf
from app.adapters.shelf_making import ShelfMaker
from app.costs.ledger import Speed
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.document.workflow import Workflow
from app.engine import Engine
from app.executor.journal import JournalError
from app.processes.messages import (
    CheckConnection,
    DeleteConnection,
    Done,
    ForgetKey,
    ForgetReviewed,
    GetKeyState,
    GetReviewed,
    GetShelf,
    ProtectKeys,
    RememberReviewed,
    Reply,
    ReviewedList,
    SaveConnection,
    StartKeysOver,
    StoreKey,
    UnlockKeys,
)

Answers = Mapping[type[Any], Callable[[Any], Awaitable[Reply]]]


class AccountAnswers:
    """Everything here may wait for disk, key store or a server, so every answer is awaited."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._maker: ShelfMaker | None = None

    @property
    def answers(self) -> Answers:
        """What answers which request."""
        return {
            GetShelf: self._shelf,
            SaveConnection: self._save,
            DeleteConnection: self._delete,
            CheckConnection: self._check,
            StoreKey: self._store_key,
            ForgetKey: self._forget_key,
            GetKeyState: self._key_state,
            UnlockKeys: self._unlock,
            ProtectKeys: self._protect,
            StartKeysOver: self._start_over,
            GetReviewed: self._reviewed,
            ForgetReviewed: self._forget_reviewed,
            RememberReviewed: self._remember,
        }

    async def _shelf(self, asked: GetShelf) -> Shelf:
        outside = self._engine.outside
        if self._maker is None:
            finder = ServerFinder(OpenAiLane(outside.egress))
            self._maker = ShelfMaker(outside.models, outside.prices, outside.secrets, finder)
        roles = self._engine.preferences.roles
        return await self._maker.make(
            roles, await self._speeds(), look_again=asked.look_again, find=asked.find
        )

    async def _speeds(self) -> Mapping[tuple[str, str], Speed]:
        """Of this person's own calls; a store that can't be read keeps nobody from choosing a model."""
        try:
            return await self._engine.runs.ledger.speeds()
        except (JournalError, ProblemError):
            return {}

    async def _save(self, asked: SaveConnection) -> Connection:
        connections, secrets = self._engine.outside.connections, self._engine.outside.secrets
        try:
            if asked.replaces and asked.replaces != asked.connection.name:
                connections.rename(asked.replaces, asked.connection.name)
                await secrets.rename(asked.replaces, asked.connection.name)
                self._engine.outside.prices.own.rename(asked.replaces, asked.connection.name)
                with contextlib.suppress(JournalError):  # its limits say so where nobody can count
                    await self._engine.runs.limits.rename(asked.replaces, asked.connection.name)
            return connections.put(asked.connection)
        except OSError as error:
            raise not_saved(error) from error

    async def _delete(self, asked: DeleteConnection) -> Done:
        try:
            self._engine.outside.connections.remove(asked.name)
            await self._engine.outside.secrets.delete(asked.name)
        except OSError as error:
            raise not_saved(error) from error
        return Done()

    async def _check(self, asked: CheckConnection) -> ConnectionCheck:
        return await self._engine.test_connection(asked.connection, asked.key)

    async def _store_key(self, asked: StoreKey) -> SecretsState:
        try:
            return await self._engine.outside.secrets.set(asked.connection, asked.key)
        except OSError as error:
            raise not_saved(error) from error

    async def _forget_key(self, asked: ForgetKey) -> Done:
        await self._engine.outside.secrets.delete(asked.connection)
        return Done()

    async def _key_state(self, _: GetKeyState) -> SecretsState:
        return await self._engine.outside.secrets.state()

    async def _unlock(self, asked: UnlockKeys) -> SecretsState:
        await self._engine.outside.secrets.unlock(asked.passphrase)
        return await self._engine.outside.secrets.state()

    async def _protect(self, asked: ProtectKeys) -> SecretsState:
        try:
            await self._engine.outside.secrets.protect(asked.passphrase)
        except OSError as error:
            raise not_saved(error) from error
        return await self._engine.outside.secrets.state()

    async def _start_over(self, _: StartKeysOver) -> SecretsState:
        await self._engine.outside.secrets.start_over()
        return await self._engine.outside.secrets.state()

    async def _reviewed(self, _: GetReviewed) -> ReviewedList:
        return ReviewedList(self._engine.reviewed.entries())

    async def _forget_reviewed(self, asked: ForgetReviewed) -> Done:
        try:
            self._engine.reviewed.forget(asked.digest)
        except OSError as error:
            raise not_saved(error) from error
        return Done()

    async def _remember(self, asked: RememberReviewed) -> Done:
        workflow = workflow_of(asked.workflow)
        try:
            self._engine.reviewed.remember(json_codec.digest(workflow), asked.grants, workflow.name)
        except OSError as error:
            raise not_saved(error) from error
        return Done()


def workflow_of(text: str) -> Workflow:
    """The workflow of a message. Raises ProblemError `file.*`."""
    return loaded_of(text).workflow


def loaded_of(text: str) -> json_codec.Loaded:
    """The same with what the reader has to say of it."""
    return json_codec.read(text.encode("utf-8", "surrogatepass"))


def not_saved(error: OSError) -> ProblemError:
    """What is said where the profile can't be written."""
    return ProblemError(Problem("engine.not_saved", args={"detail": error.strerror or type(error).__name__}))
