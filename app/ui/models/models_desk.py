"""The models desk: asks the engine about models for the Models page, and does what a person wants there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QFile, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.adapters.model_library import ModelList
from app.adapters.model_offers import ModelOffer
from app.adapters.model_uses import ModelUses
from app.adapters.shelf import FoundLine, Shelf
from app.processes.messages import (
    AddModelFile,
    DownloadModel,
    EstimateModel,
    GetModels,
    GetModelUses,
    LookAtModel,
    MeasureModel,
    RemoveModel,
    SetUpModel,
    SteerDownload,
    UnloadModel,
)
from app.settings import RoleTarget
from app.texts import text
from app.ui import model_words
from app.ui.asking import Choice, ask, file_to_open
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences

if TYPE_CHECKING:
    from app.ui.models.address_dialog import AddressDialog
    from app.ui.models.installed_card import Setup
    from app.ui.models.models_page import ModelsPage

_MOVING, _STILL = 400, 2000  # ms between two looks, while something moves and while nothing does
_GOING = {"running", "waiting", "checking", "elsewhere"}
_FILES = ("GGUF (*.gguf)",)


class ModelsDesk(QObject):
    """`shelf_changed(Shelf)`: models or roles are others now; `manage_wanted`: the person wants Preferences;
    `price_wanted(ModelLine)`: to give a model a price.
    """

    shelf_changed = Signal(object)
    manage_wanted = Signal()
    price_wanted = Signal(object)

    def __init__(
        self, kept: KeptPreferences, client: EngineClient, link: EngineLink, window: QWidget
    ) -> None:
        super().__init__(window)
        self._kept = kept
        self._client = client
        self._link = link
        self._window = window
        self._known = ModelList()
        self._looking, self._doing, self._estimating = Awaiting(self), Awaiting(self), Awaiting(self)
        self._reading = Awaiting(self)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)
        self._folder = Path.home()

    @cached_property
    def page(self) -> ModelsPage:
        """Made when somebody turns to it."""
        from app.ui.models.models_page import ModelsPage

        page = ModelsPage()
        page.file_wanted.connect(partial(self._do, self._add_file))
        page.address_wanted.connect(self.ask_address)
        page.dropped.connect(partial(self._do, self._add))
        page.role_chosen.connect(self._set_role)
        page.taken.connect(self._take)
        page.price_wanted.connect(self.price_wanted)
        page.steered.connect(partial(self._do, self._steer))
        page.connections.manage_wanted.connect(self.manage_wanted)
        page.connections.look_again.connect(partial(self._read_shelf, look_again=True))
        page.memory.unload_wanted.connect(partial(self._do, self._unload))
        page.card.estimated.connect(self._estimate)
        page.card.saved.connect(self._save)
        page.card.measure_wanted.connect(self._measure)
        page.card.remove_wanted.connect(partial(self._do, self._remove))
        page.card.adapter_wanted.connect(partial(self._do, self._attach))
        return page

    def show(self) -> None:
        """The person turns to the page: servers on this computer are looked for, and the files are read."""
        self._read_shelf()
        self._look()

    def show_shelf(self, shelf: Shelf) -> None:
        """Somebody else has asked for the shelf."""
        if "page" in self.__dict__:
            self.page.show_shelf(shelf)

    def ask_address(self) -> AddressDialog:
        """Opens the dialog for an address."""
        from app.ui.models.address_dialog import AddressDialog

        dialog = AddressDialog(self._window)
        dialog.looked.connect(partial(self._look_at, dialog))
        dialog.taken.connect(partial(self._do, self._download))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    # --- reading -------------------------------------------------------------------------------------------

    def _read_shelf(self, *, look_again: bool = False) -> None:
        asked = self._client.shelf(look_again=look_again, find=True)
        self._looking.start(asked, self._shelved, self.page.show_problems)

    def _shelved(self, shelf: Shelf) -> None:
        self.page.show_shelf(shelf)
        self.shelf_changed.emit(shelf)

    def _look(self) -> None:
        self._look_away()
        self._reading.start(self._link.ask(GetModels()), self._arrived, self._silent)

    def _look_away(self) -> None:
        """What was asked before a change must not come after it."""
        self._timer.stop()
        self._reading.cancel()

    def _arrived(self, known: ModelList) -> None:
        before, self._known = self._known, known
        names = [one.name for one in known.models]
        self.page.show_known(known, self._kept.now)
        if before.models and names != [one.name for one in before.models]:
            self._read_shelf()
        self._look_later()

    def _silent(self, problems: Problems) -> None:
        self.page.show_problems(problems)
        self._look_later()

    def _look_later(self) -> None:
        """Only while somebody looks."""
        if self.page.isVisible():
            moves = any(one.state in _GOING for one in self._known.transfers)
            moves = moves or any(one.digesting is not None for one in self._known.models)
            self._timer.start(_MOVING if moves else _STILL)

    # --- doing ---------------------------------------------------------------------------------------------

    def _do(self, deed: Callable[..., Coroutine[Any, Any, str | None]], *given: object) -> None:
        """Does something, says what was done, and looks at what came of it."""
        self._doing.start(deed(*given), self._done, self._refused)

    def _done(self, words: str | None) -> None:
        if words:
            self.page.show_told(words)
        self._look()

    def _refused(self, problems: Problems) -> None:
        self.page.show_problems(problems)
        self._look()

    async def _add_file(self) -> str | None:
        path = await file_to_open(self._window, text("models.add.file"), self._folder, _FILES)
        return await self._add(path) if path else None

    async def _add(self, path: Path) -> str:
        self._folder = path.parent
        named = await self._link.ask(AddModelFile(str(path)))
        self.page.pick(named.name)
        self._read_shelf()
        return text("cli.models.added", model=named.name)

    def _look_at(self, dialog: AddressDialog, url: str, digest: str) -> None:
        self._doing.start(
            self._link.ask(LookAtModel(url, digest)),
            lambda found: dialog.show_found(found, self._known.memory, gpu=self.page.gpu),
            dialog.show_problems,
        )

    async def _download(self, offer: ModelOffer) -> None:
        await self._link.ask(DownloadModel(offer))

    async def _steer(self, name: str, deed: str) -> None:
        if deed == "pause":
            await self._link.ask(SteerDownload(name, "pause"))
        elif deed == "resume":
            await self._link.ask(SteerDownload(name, "resume"))
        else:
            await self._link.ask(SteerDownload(name, "cancel"))

    async def _unload(self, name: str) -> None:
        await self._link.ask(UnloadModel(name))

    async def _attach(self, name: str) -> None:
        path = await file_to_open(self._window, text("models.lora.add"), self._folder, _FILES)
        if path and self.page.card.model == name:
            self._folder = path.parent
            self.page.card.rows.attach(path)

    async def _remove(self, name: str) -> str | None:
        entry, uses = self._known.model(name), await self._link.ask(GetModelUses(name))
        if entry is None:
            return None
        code = "models.remove.trash" if entry.origin == "folder" else "models.remove.entry"
        choices = (
            Choice("keep", text("models.remove.keep")),
            Choice("remove", text("models.remove.do"), "danger"),
        )
        more = "\n".join((text(code, path=entry.path), *uses_words(uses)))
        if (
            await ask(self._window, text("models.remove.ask", model=entry.title), more, choices, "keep")
            != "remove"
        ):
            return None
        await self._link.ask(UnloadModel(name))
        if entry.origin == "folder" and not await asyncio.to_thread(_to_trash, entry.path):
            question = text("models.remove.no_trash", model=entry.title)
            if await ask(self._window, question, text("models.remove.gone"), choices, "keep") != "remove":
                return None
        await self._link.ask(RemoveModel(name))
        self._read_shelf()
        return text("cli.models.removed", model=entry.title)

    def _estimate(self, setup: Setup) -> None:
        asked = self._link.ask(EstimateModel(setup.model, setup.context, setup.slots, setup.adapters))
        self._estimating.cancel()
        self._estimating.start(
            asked,
            lambda counted: self.page.card.show_needs(
                setup, counted.n, self._known.memory, gpu=self.page.gpu
            ),
            self.page.card.show_problems,
        )

    def _save(self, setup: Setup) -> None:
        asked = self._link.ask(SetUpModel(setup.model, setup.context, setup.slots, setup.adapters))
        self._look_away()
        self._doing.start(asked, lambda _done: self._saved(), self._not_saved)

    def _saved(self) -> None:
        self.page.card.show_saved()
        self._look()

    def _not_saved(self, problems: Problems) -> None:
        self.page.card.show_problems(problems)
        self._look()

    def _measure(self, name: str) -> None:
        card = self.page.card
        card.show_measuring(True)

        def done(_: object) -> None:
            card.show_measuring(False)
            self._look()

        self._doing.start(self._link.ask(MeasureModel(name)), done, card.show_problems)

    def _set_role(self, role: str, target: RoleTarget) -> None:
        self._kept.change(roles={**self._kept.now.roles, role: target})
        self._read_shelf()

    def _take(self, found: FoundLine) -> None:
        if found.wants_key:
            self.manage_wanted.emit()
            return
        self._doing.start(
            self._client.save_connection(found.connection), lambda _kept: self._read_shelf(), self._refused
        )


def uses_words(uses: ModelUses) -> list[str]:
    """Who would have to do without a model."""
    words: list[str] = []
    if uses.roles:
        roles = tuple(map(model_words.role_title, uses.roles))
        words.append(text("cli.models.used.roles", roles=roles))
    words += [text("cli.models.used.workflow", workflow=one.workflow, n=one.steps) for one in uses.workflows]
    return words


def _to_trash(path: str) -> bool:
    return QFile(path).moveToTrash()
