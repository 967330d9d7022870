"""The editor of a model: which role or model answers, what it costs and where data goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ModelChoice, ModelField
from app.sdk.spec import FieldSpec, encode_value
from app.texts import text
from app.ui import fonts, model_words
from app.ui.appearance import appearance
from app.ui.icons import paint_icon
from app.ui.inspector.around import Around
from app.ui.inspector.editors.built_in_facts import BuiltInFacts
from app.ui.inspector.editors.editor import Editor, column
from app.ui.inspector.editors.model_menu import ModelMenu
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.fold import Fold
from app.ui.plain import one_line, tooltip, visible
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class ModelEditor(Editor):
    """For `ModelField`. The price stands below, with its date; where nobody knows it, the person can give it."""

    def __init__(
        self,
        spec: FieldSpec,
        texts: FieldTexts,
        around: Around,
        parent: QWidget | None = None,
        *,
        offers_roles: bool = True,
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._offers_roles = offers_roles
        field = cast("ModelField", spec.field)
        self._needs = field.needs
        self._button = _OpenButton(self)
        self._facts = PlainLabel(role="small", wrap=True, parent=self)
        self._give = QPushButton(self)
        vary(self._give, kind="link")
        self._give.clicked.connect(self._give_price)
        self._fault = FaultLine("warning", self)
        self._fold = Fold(parent=self)
        self._limits = BuiltInFacts(self._fold.body)
        self._fold.content.addWidget(self._limits)
        self._menu: ModelMenu | None = None
        layout = column(self)
        layout.addWidget(self._button)
        layout.addWidget(self._facts)
        layout.addWidget(self._give, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._fault)
        layout.addWidget(self._fold)
        self.setFocusProxy(self._button)
        self._button.clicked.connect(self._open)
        self._fold.toggled.connect(self._show)
        self._show()

    def show_value(self, value: Json) -> None:
        self.given = value
        self._show()

    def retranslate(self) -> None:
        self._show()

    def refresh(self) -> None:
        self._show()
        if self._menu is not None and self._menu.isVisible():
            self._menu.show_shelf(self.around.shelf())

    @property
    def menu(self) -> ModelMenu:
        """The list that opens below; made when it is first needed."""
        if self._menu is None:
            self._menu = ModelMenu(self, offers_roles=self._offers_roles)
            self._menu.taken.connect(self.around.take_found)
            self._menu.picked.connect(self._picked)
            self._menu.managed.connect(lambda: self.around.open_preferences("models"))
        return self._menu

    def _show(self) -> None:
        choice, shelf = choice_of(self.given), self.around.shelf()
        found = shelf.model(choice)
        words = model_words.choice_title(choice, shelf) or text("model.choose")
        self._button.show_choice(model_words.icon_of(found, choice.role), words)
        self._button.setToolTip(tooltip(found.model) if found and found.name != found.model else "")
        self._button.setAccessibleName(f"{visible(self.texts.label(self.spec))}: {self._button.words()}")
        self._button.setAccessibleDescription(visible(self._words(choice)))
        self._facts.setText(self._words(choice))
        self._facts.setVisible(bool(self._facts.text()))
        self._give.setText(text("costs.price.give"))
        self._give.setVisible(found is not None and found.wants_price)
        self._fault.show_text(self._what_is_missing(choice))
        if self._fold.is_open:
            self._limits.show_facts(shelf.built_in)
        self._fold.set_title(text("model.built_in.title"))
        self._fold.setVisible(found is not None and found.built_in and bool(shelf.built_in))

    def _words(self, choice: ModelChoice) -> str:
        shelf = self.around.shelf()
        found = shelf.model(choice)
        if found is None:
            return model_words.role_summary(choice.role) if choice.role else ""
        priced = found.price_state == "priced"
        price = model_words.price_words(found)
        dated = f"{price} ({model_words.price_date(shelf)})" if priced and shelf.prices_of else price
        facts = " · ".join((dated, model_words.data_goes(found)))
        figures = model_words.figure_words(found)
        return "\n".join(filter(None, (model_words.stand_in(choice, shelf), facts, figures)))

    def _what_is_missing(self, choice: ModelChoice) -> str:
        shelf = self.around.shelf()
        found = shelf.model(choice)
        if found is not None:
            missing = model_words.lacks(found, self._needs)
            return text("model.lacks", abilities=missing) if missing else ""
        if shelf.loading or (not choice.role and not choice.connection):
            return ""
        if choice.role:
            return text("model.role.unmapped.fix", role=model_words.role_title(choice.role))
        is_there = any(line.name == choice.connection for line in shelf.connections)
        code = "model.not_listed" if is_there else "model.missing"
        return text(code, connection=choice.connection, model=choice.model)

    def _give_price(self) -> None:
        found = self.around.shelf().model(choice_of(self.given))
        if found is not None:
            self.around.give_price(found)

    def _open(self) -> None:
        self.menu.open_below(self._button, self.around.shelf(), self._needs, choice_of(self.given))
        self.around.find_models()  # servers on this computer, which come into the open list

    def _picked(self, choice: ModelChoice) -> None:
        value = encode_value(choice)
        if value != self.given:
            self.chosen(value)
            self._show()


class _OpenButton(QPushButton):
    """Looks like a drop-down; Enter, Space and Down open it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "field")
        self._icon, self._words = "", ""
        appearance().changed.connect(self.update)

    def show_choice(self, icon: str, words: str) -> None:
        """What stands on it."""
        self._icon, self._words = icon, one_line(words)
        self.update()

    def words(self) -> str:
        return self._words

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        look = appearance().theme
        painter = QPainter(self)
        middle = self.height() / 2
        paint_icon(painter, self._icon, look.text2, QRectF(11, middle - 8, 16, 16))
        paint_icon(painter, "chevron-down", look.text2, QRectF(self.width() - 25, middle - 8, 16, 16))
        painter.setFont(fonts.font(fonts.BODY_MEDIUM, appearance().language))
        painter.setPen(look.text)
        area = QRect(36, 0, self.width() - 36 - 30, self.height())
        shown = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)


def choice_of(value: Json) -> ModelChoice:
    """The choice in a field's plain value; what has another shape is no choice."""
    if not isinstance(value, Mapping):
        return ModelChoice()
    parts = {
        name: str(value[name])
        for name in ("role", "connection", "kind", "model", "otherwise")
        if name in value
    }
    return ModelChoice(**parts)
