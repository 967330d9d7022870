"""The workflow page: what stands in the inspector while no step is selected."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app import figures
from app.document.operations import FieldChange, Removed, SetWorkflow
from app.document.workflow import Json, Workflow
from app.registry.node_texts import FieldTexts
from app.sdk.fields import NumberField, TextField
from app.texts import text
from app.ui.inspector.around import Nowhere
from app.ui.inspector.editors.editor import column
from app.ui.inspector.form import FIELD_GAP, Form
from app.ui.inspector.own_specs import own
from app.ui.inspector.scrolling import PADDING, scrolled
from app.ui.inspector.step_facts import sum_of
from app.ui.inspector.totals_list import Total, TotalsList
from app.ui.session import Session
from app.ui.widgets.plain_label import PlainLabel

_SPECS = (
    own("name", TextField(label="Name"), str, ""),
    own("description", TextField(label="Description", lines=3), str, ""),
    own("budget", NumberField(label="Spend limit", minimum=0, step=0.1, unit="$"), float | None, None),
    own("rows", NumberField(label="Rows at a time", minimum=1, maximum=64), int | None, None),
    own(
        "time",
        NumberField(label="Time limit", minimum=1, maximum=604_800, unit="seconds"),
        float | None,
        None,
    ),
)


class WorkflowPage(QWidget):
    """Emits `asked(Operation, goes_on)`."""

    asked = Signal(object, bool)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._title = PlainLabel(role="title")
        self.form = Form(_SPECS, FieldTexts("inspector.workflow"), Nowhere())
        self.form.edited.connect(self._edited)
        self._totals_title = PlainLabel(role="label")
        self._totals = TotalsList()
        page = QWidget()
        layout = column(page, FIELD_GAP)
        layout.setContentsMargins(PADDING, 18, PADDING, PADDING)
        for part in (self._title, self.form, self._totals_title, self._totals):
            layout.addWidget(part)
        layout.addStretch()
        column(self, 0).addWidget(scrolled(page))
        self.show_workflow()
        self.retranslate()

    def show_workflow(self) -> None:
        """The document has changed."""
        self.form.show_fields(_plain(self._session.workflow))
        self.show_run()

    def show_run(self) -> None:
        """The run has moved on: the sums of the groups."""
        workflow, run = self._session.workflow, self._session.run
        totals: list[Total] = []
        if run.status != "none":
            for group in workflow.layout.groups.values():
                cost, usage, seconds = sum_of(group.nodes, run)
                words = text(
                    "inspector.totals.line", tokens=figures.tokens(usage.total), time=figures.seconds(seconds)
                )
                totals.append(Total(group.title, words, figures.cost(cost)))
            total = text("inspector.totals.all")
            words = text("inspector.totals.tokens", tokens=figures.tokens(run.usage.total))
            totals.append(Total(total, words, figures.cost(run.cost)))
        self._totals.show_totals(totals)
        self._totals_title.setVisible(bool(totals))

    def retranslate(self) -> None:
        self._title.setText(text("inspector.workflow.title"))
        self._totals_title.setText(text("inspector.totals.title"))
        self.form.retranslate()
        self.show_run()

    def _edited(self, name: str, change: FieldChange, goes_on: bool) -> None:
        value: Json = next(spec.default for spec in _SPECS if spec.name == name)
        if not isinstance(change, Removed):
            value = change
        settings = self._session.workflow.settings
        if name in ("name", "description"):
            self.asked.emit(SetWorkflow({name: value}), goes_on)
            return
        number = value if isinstance(value, (int, float)) else None
        if name == "budget":
            settings = replace(settings, budget_usd=None if number is None else str(Decimal(str(number))))
        elif name == "rows":
            settings = replace(settings, concurrency=None if number is None else int(number))
        else:
            settings = replace(settings, time_limit=None if number is None else float(number))
        self.asked.emit(SetWorkflow({"settings": settings}), goes_on)


def _plain(workflow: Workflow) -> dict[str, Json]:
    settings = workflow.settings
    return {
        "name": workflow.name,
        "description": workflow.description,
        "budget": _amount(settings.budget_usd),
        "rows": settings.concurrency,
        "time": settings.time_limit,
    }


def _amount(budget: str | None) -> Json:
    """The budget as a number; text that isn't one is shown as it stands."""
    if budget is None:
        return None
    try:
        return float(Decimal(budget))
    except InvalidOperation:
        return budget
