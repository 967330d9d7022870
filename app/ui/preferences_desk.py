"""The preferences desk: opens Preferences, hands what changed to window and engine, keeps the shelf of models fresh."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.adapters.shelf import FoundLine, Shelf
from app.document.graph import every_node
from app.processes.messages import TakePreferences
from app.registry.discovery import addons
from app.registry.registry import Registry
from app.ui.action_set import ActionSet
from app.ui.awaiting import Awaiting
from app.ui.canvas.placed import fields_of
from app.ui.engine_client import EngineClient
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.session import Session
from app.ui.viewing import apply_appearance


class PreferencesDesk(QObject):
    """`shelf_changed(Shelf)`: models, roles or connections are others now; `priced(model)`: one has another price.
    `scale_changed`: takes a new start.
    """

    shelf_changed = Signal(object)
    priced = Signal(str)
    scale_changed = Signal()

    def __init__(
        self,
        kept: KeptPreferences,
        client: EngineClient,
        link: EngineLink,
        session: Session,
        registry: Registry,
        actions: ActionSet,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._kept = kept
        self._client = client
        self._link = link
        self._session = session
        self._registry = registry
        self._actions = actions
        self._window = window
        self._awaiting = Awaiting(self)
        self._before = kept.now
        kept.changed.connect(self._on_change)
        link.state_changed.connect(self._on_link)

    def open(self, page: str = "") -> None:
        """Opens Preferences, on a page if one is named. It stays open beside the work."""
        # Many pages with many widgets: imported when somebody wants them.
        from app.ui.preferences.dialog import Installed, PreferencesDialog

        self._kept.look_again()
        dialog = self._window.findChild(PreferencesDialog)
        if dialog is None:
            installed = Installed(addons, self._registry.problems)
            dialog = PreferencesDialog(self._kept, self._client, self._steps_using, installed, self._window)
            dialog.shelf_changed.connect(self.shelf_changed)
            dialog.models.priced.connect(self.priced)
        if page:
            dialog.show_page(page)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def find_models(self) -> None:
        """Looks for model servers on this computer, since somebody looks at the models."""
        self._awaiting.start(self._client.shelf(find=True), self._shelved, self._dropped)

    def take_found(self, found: FoundLine) -> None:
        """Keeps a server that was found as a connection."""
        kept = self._client.save_connection(found.connection)
        self._awaiting.start(kept, lambda _kept: self.find_models(), self._dropped)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of preferences do, by their ids."""
        return {"app.preferences": self.open}

    def _steps_using(self, connection: str) -> int:
        """How many steps of the open workflow ask a connection."""
        used = 0
        for node in every_node(self._session.workflow.graph):
            spec = self._registry.get(node.type)
            fields = fields_of(node, spec) if spec else None
            if spec and fields is not None:
                used += any(choice.connection == connection for choice in spec.type.models(fields))
        return used

    def _on_change(self) -> None:
        before, now = self._before, self._kept.now
        self._before = now
        apply_appearance(self._kept)
        if now.shortcuts != before.shortcuts:
            self._actions.set_keys(now.shortcuts)
        if now.scale != before.scale:
            self.scale_changed.emit()
        if self._link.state == "ready":
            self._awaiting.start(self._link.ask(TakePreferences()), self._taken, self._dropped)

    def _on_link(self, state: str) -> None:
        if state == "ready":
            self._taken(None)

    def _taken(self, _: object) -> None:
        self._awaiting.start(self._client.shelf(), self._shelved, self._dropped)

    def _shelved(self, shelf: Shelf) -> None:
        self.shelf_changed.emit(shelf)

    def _dropped(self, _: object) -> None:
        """The engine is gone: the next one reads the preferences when it starts."""
