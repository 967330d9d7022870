"""The connection form: a new connection or a changed one, its key, and a test before it is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.adapters.connection import Connection
from app.adapters.connection_check import ConnectionCheck
from app.adapters.connection_kinds import GENERAL, KINDS
from app.adapters.litellm_providers import providers
from app.document.problem import Problem, ProblemError
from app.registry.node_texts import FieldTexts
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.engine_client import EngineClient
from app.ui.inspector.around import Nowhere
from app.ui.inspector.editors.editor import column, line
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.form import Form
from app.ui.preferences.connection_card import tested_words
from app.ui.preferences.connection_fields import FIRST_KIND, connection_specs, filled_in, kind_of, plain
from app.ui.preferences.secret_line import SecretLine
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class ConnectionForm(QWidget):
    """The key goes to the engine and nowhere else. Emits `done(Problem | None)` when it was kept or given up.

    A Problem: it was kept, but its key won't outlast this session. `renamed(old, new)` comes before.
    """

    done = Signal(object)
    renamed = Signal(str, str)

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self._client = client
        self._awaiting = Awaiting(self)
        self._replaces = ""
        self._start = Connection("", FIRST_KIND)
        self._taken: frozenset[str] = frozenset()
        self._own_name = False  # the person typed one; else it follows the kind
        self._title = PlainLabel(role="heading")
        self._form: Form | None = None
        self._key_label = PlainLabel(role="label")
        self.key = SecretLine()
        self._key_note = PlainLabel(role="small", wrap=True)
        self._fault = FaultLine()
        self._result = PlainLabel(role="done", wrap=True)
        self._test, self._save, self._cancel = QPushButton(), QPushButton(), QPushButton()
        self._pressed: QPushButton | None = None
        self._lay_out()
        self._test.clicked.connect(self.test)
        self._save.clicked.connect(self.save)
        self._cancel.clicked.connect(lambda: self._leave(None))
        self.key.textEdited.connect(self._forget_result)

    @property
    def form(self) -> Form:
        assert self._form is not None  # noqa: S101 - made by show_connection, before anybody can ask
        return self._form

    def show_connection(
        self, connection: Connection | None, names: Collection[str], *, is_new: bool = False
    ) -> None:
        """Starts with a connection's values, or with those of the commonest kind; `names` are taken already.

        `is_new`: it isn't kept yet.
        """
        self._replaces = connection.name if connection and not is_new else ""
        self._taken = frozenset(names) - {self._replaces}
        self._own_name = connection is not None
        self.key.clear()
        self._build(connection or Connection(self._free_name(KINDS[FIRST_KIND].title), FIRST_KIND))
        self._forget_result()
        self.retranslate()

    def connection(self) -> Connection:
        """What stands in the form; what the form doesn't show stays as it was."""
        return filled_in(self._start, self.form.fields())

    def test(self) -> None:
        """Tries what stands there, before it is kept."""
        self._wait("preferences.models.testing")
        self._awaiting.start(
            self._client.check_connection(self.connection(), self.key.text() or None),
            self._tested,
            self._refused,
        )

    def save(self) -> None:
        """Keeps the connection, and its key where keys are kept."""
        self._wait("preferences.models.saving")
        self._awaiting.start(self._keep(), self._leave, self._refused)

    def retranslate(self) -> None:
        self._title.setText(
            text("preferences.connection.change" if self._replaces else "preferences.connection.new")
        )
        self._key_label.setText(text("preferences.connection.key"))
        self.key.setPlaceholderText(
            text("preferences.connection.key.kept" if self._replaces else "preferences.connection.key.paste")
        )
        self._key_note.setText(text("preferences.connection.key.note"))
        self._test.setText(text("preferences.models.test"))
        self._save.setText(text("preferences.connection.save"))
        self._cancel.setText(text("preferences.connection.cancel"))
        if self._form is not None:
            self._form.retranslate()

    def _lay_out(self) -> None:
        vary(self._save, kind="primary")
        vary(self._cancel, kind="ghost")
        buttons = line(8)
        buttons.addWidget(self._test)
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._save)
        key = QWidget()
        self._key_row = key
        lines = column(key, 6)
        for part in (self._key_label, self.key, self._key_note):
            lines.addWidget(part)
        layout = column(self, 18)
        layout.addWidget(self._title)
        holder = QWidget()
        self._place = column(holder, 0)
        layout.addWidget(holder)
        for part in (key, self._fault, self._result):
            layout.addWidget(part)
        layout.addLayout(buttons)
        layout.addStretch()

    def _build(self, connection: Connection) -> None:
        """A form with the fields that this kind of connection has."""
        self._start = connection
        old, kind = self._form, KINDS[connection.kind]
        specs = connection_specs(connection.kind, connection.provider)
        self._form = Form(specs, FieldTexts("preferences.connection"), Nowhere())
        self._form.show_fields(plain(connection))
        self._form.edited.connect(self._edited)
        self._place.addWidget(self._form)
        self._key_row.setVisible(kind.needs_key is not False)
        if old is not None:
            self._place.removeWidget(old)
            old.hide()
            old.deleteLater()

    def _edited(self, name: str, _change: object, _goes_on: bool) -> None:
        self._forget_result()
        if name == "name":
            self._own_name = True
        if name == "kind":
            kind = kind_of(self.form.fields())
            typed = str(self.form.fields().get("name", ""))
            provider = next(iter(providers()), "") if kind == GENERAL else ""
            new = Connection(typed, kind, provider=provider)
            self._build(new if self._own_name else replace(new, name=self._free_name(new.title)))
            self.form.row("kind").editor.setFocus()
        elif name == "provider":  # another one may need its address, or have one
            new = self.connection()
            self._build(new if self._own_name else replace(new, name=self._free_name(new.title)))
            self.form.row("provider").editor.setFocus()

    def _free_name(self, title: str) -> str:
        name, n = title, 2
        while name in self._taken:
            name, n = f"{title} {n}", n + 1
        return name

    def _leave(self, warning: Problem | None) -> None:
        self.key.clear()
        self.done.emit(warning)

    async def _keep(self) -> Problem | None:
        wanted = self.connection()
        if not wanted.models and not wanted.model and wanted.facts.has_models and not wanted.is_local:
            wanted = await self._with_models(wanted)
        kept = await self._client.save_connection(wanted, self._replaces)
        if self._replaces and kept.name != self._replaces:
            self.renamed.emit(self._replaces, kept.name)
        if not self.key.text():
            return None
        state = await self._client.store_key(kept.name, self.key.text())
        if state.place != "session only":
            return None
        return Problem("secrets.session_only", args={"detail": state.detail}, severity="warning")

    async def _with_models(self, wanted: Connection) -> Connection:
        """The models that the server offers, so that pickers have something to show."""
        try:
            check = await self._client.check_connection(wanted, self.key.text() or None)
        except ProblemError:
            return wanted
        return replace(wanted, models=check.models)

    def _wait(self, code: str) -> None:
        self._forget_result()
        self._result.setText(text(code))
        vary(self._result, role="muted")
        self._result.show()
        self._pressed = next((b for b in (self._test, self._save) if b.hasFocus()), None)
        for button in (self._test, self._save):
            button.setEnabled(False)

    def _tested(self, check: ConnectionCheck) -> None:
        self._forget_result()
        if check.problem is not None:
            self._refused((check.problem,))
            return
        vary(self._result, role="done")
        self._result.setText(text("preferences.models.test.works", found=tested_words(check)))
        self._result.show()

    def _refused(self, problems: Problems) -> None:
        self._forget_result()
        if not self.key.text() and any(problem.code == "connection.no_key" for problem in problems):
            self._fault.show_text(text("preferences.connection.key.first"))  # its field is right here
            self.key.setFocus()
            return
        names = {spec.name for spec in connection_specs(kind_of(self.form.fields()))}
        self.form.show_problems(problems)
        self._fault.show_problems([problem for problem in problems if problem.field not in names])

    def _forget_result(self) -> None:
        for button in (self._test, self._save):
            button.setEnabled(True)
        # A button that is switched off hands the focus on, to Cancel: Enter would throw all away.
        if self._pressed is not None and self._cancel.hasFocus():
            self._pressed.setFocus()
        self._pressed = None
        self._result.hide()
        self._fault.show_text("")
        if self._form is not None:
            self._form.show_problems(())
