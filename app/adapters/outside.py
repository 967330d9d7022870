"""The outside world of one profile: models, network, files, prices and keys, joined to each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from app.adapters.connections import Connections
from app.adapters.egress import Egress
from app.adapters.gateway import Gateway
from app.adapters.keyring_secrets import Secrets
from app.adapters.litellm_prices import PriceList
from app.adapters.local_models import LocalModels
from app.adapters.model_downloads import ModelDownloads
from app.adapters.model_files import ModelFiles
from app.adapters.model_library import ModelLibrary
from app.adapters.model_notes import ModelNotes
from app.adapters.model_records import ModelRecords
from app.adapters.model_setup import LoraAdapter
from app.adapters.node_files import NodeFiles
from app.adapters.node_net import NodeNet
from app.adapters.protected_places import protected_places
from app.adapters.read_ahead import Reach, ReadAhead
from app.adapters.result_table import Items, ResultTable
from app.adapters.starter import Starter
from app.adapters.table_survey import Survey, survey
from app.adapters.tables import count_rows, rows_of
from app.adapters.this_machine import ThisMachine
from app.adapters.version_source import shipped_source
from app.adapters.version_watch import VersionWatch
from app.adapters.workbook_reader import WorkbookReader
from app.costs.usage import NO_USAGE
from app.executor.broker import Broker
from app.executor.journal import ItemRecord
from app.forecast.situation import Content
from app.planner.plan import Plan
from app.sdk.context import Row
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from app.sdk.grants import Grants
from app.settings import Folders, Preferences


class Outside:
    """Nothing is started, opened or asked before it is used. Belongs to one event loop; close it with `close`."""

    def __init__(
        self,
        where: Folders,
        preferences: Preferences,
        starter: Starter,
        host_command: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self.preferences = preferences
        self._version_file = where.state / "new_version.json"
        self._workbooks = WorkbookReader(starter, starter.own_command("table-host"))
        self._protected = protected_places(where)
        self._ahead = ReadAhead(self.survey)
        self.model_files = ModelFiles(where.data / "models", ModelRecords(where.config / "models.json"))
        self.machine = ThisMachine(starter)
        self.model_notes = ModelNotes(where.state / "models")
        self.local_models = LocalModels(
            starter,
            host_command,
            self.model_files,
            lambda: self.preferences,
            machine=self.machine,
            notes=self.model_notes,
        )
        self.prices = PriceList(where.config / "prices.json", where.data / "listed_prices.json")
        self.secrets = Secrets(where.config / "secrets.json", environment)
        self.egress = Egress()
        self.library = ModelLibrary(self.model_files)
        self.downloads = ModelDownloads(self.model_files, self.egress)
        self.connections = Connections(
            where.config / "connections.json", environment, self.local_models.names
        )
        self.models = Gateway(
            self.connections,
            self.secrets,
            self.egress,
            self.local_models,
            self.prices,
            lambda: self.preferences.roles,
            where.state / "rates",
        )

    @cached_property
    def version_watch(self) -> VersionWatch:
        """Who tells of new versions of the program; most starts never ask."""
        from importlib import metadata

        return VersionWatch(self.egress, shipped_source(), self._version_file, metadata.version("baton"))

    def resolve(self, choice: ModelChoice) -> ModelFacts:
        """The model that a choice leads to on this machine. Raises NodeError; asks no server."""
        return self.models.resolve(choice)

    def has_price(self, facts: ModelFacts) -> bool:
        """Whether what a call of this model may cost is known beforehand, so that a budget can hold it."""
        return self.prices.upper_bound(facts, NO_USAGE) is not None

    def known_models(self) -> tuple[ModelFacts, ...]:
        """The models that connections name, without asking any server."""
        found: list[ModelFacts] = []
        for connection in self.connections.all:
            names = connection.models or ((connection.model,) if connection.model else ())
            for name in names:
                choice = ModelChoice(connection=connection.name, kind=connection.kind, model=name)
                facts = self.models.facts(choice)
                found += [facts] if facts else []
        return tuple(found)

    async def remove_model(self, name: str) -> None:
        """Unloads and forgets a model of this computer. Raises ProblemError `model.*`, OSError."""
        await self.local_models.unload(name)
        await asyncio.to_thread(self.model_files.remove, name)

    async def set_up_model(
        self, name: str, context: int, slots: int, adapters: Sequence[LoraAdapter]
    ) -> None:
        """How a model is loaded from now on; one that lies in memory is loaded anew. Raises ProblemError, OSError."""
        await asyncio.to_thread(self.model_files.set_up, name, context, slots, adapters)
        await self.local_models.unload(name)

    async def rows(self, path: Path) -> tuple[AsyncIterator[Sequence[Row]], int]:
        """The rows of a table, read as asked for, and their number (-1: not known). Raises NodeError `file.*`."""
        count = await count_rows(path, self._workbooks)
        return rows_of(path, self._workbooks), -1 if count is None else count

    async def survey(self, path: Path) -> Survey:
        """About how many rows a table has, and its first ones. Raises NodeError `file.*`."""
        return await survey(path, self._workbooks)

    async def read_ahead(
        self, plan: Plan, folder: Path | None, grants: Grants | None
    ) -> Mapping[str, Content]:
        """What stands in the files that a plan's steps read, as far as that may be looked at before a run."""
        return await self._ahead.contents(plan, Reach(folder, grants, self._protected))

    async def write_results(self, path: Path, rows: Sequence[Row]) -> None:
        """Writes a table where the person said, over what was there. Raises NodeError `file.*`."""
        place = await asyncio.to_thread(path.resolve)
        files = NodeFiles(place.parent, place.__eq__, place.__eq__, self._workbooks, self._protected)
        await files.write_table(str(place), rows, replace=True)

    def result_table(
        self,
        path: Path,
        run: str,
        results: Sequence[str],
        items: Items,
        error: Callable[[ItemRecord], str],
        *,
        grows: bool = False,
    ) -> ResultTable:
        """The rows of a run as a table where the person said, over what was there. Raises NodeError `file.*`."""
        place = path.resolve()
        if any(place == kept or kept in place.parents for kept in self._protected):
            raise NodeError("file.protected", path=str(place))
        return ResultTable(place, run, results, items, error, grows=grows)

    def net(self, broker: Broker) -> NodeNet:
        """The network for the steps of one run."""
        return NodeNet(self.egress, self.connections, self.secrets, broker.may_reach, broker.connection)

    def files(self, broker: Broker, folder: Path) -> NodeFiles:
        """Files for the steps of one run; the profile itself and places of keys are out of reach."""
        return NodeFiles(folder, broker.may_read, broker.may_write, self._workbooks, self._protected)

    async def close(self) -> None:
        await self.downloads.close()
        await self.library.close()
        await self.models.close()
