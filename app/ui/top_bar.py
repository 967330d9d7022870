"""The top bar: name and state of the workflow at the left, settings, budget and Run at the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.texts import text
from app.ui.action_set import ActionSet
from app.ui.appearance import appearance
from app.ui.budget_chip import BudgetChip
from app.ui.icons import app_icon, icon
from app.ui.name_edit import NameEdit
from app.ui.plain import one_line
from app.ui.run_button import RunButton
from app.ui.style_sheet import vary
from app.ui.theme import tint
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.segmented import Segmented

SIDES = ("design", "runs", "compare")  # of one workflow
PLACES = ("home", "models", "costs")  # the pages across all workflows, from left to right

_LOGO = 32
_LONGEST = 32  # characters of a name on the way back


class TopBar(QFrame):
    """`home` is the logo, `page` the side of the workflow that is wanted, one of `SIDES`, `place` one of the pages
    across all workflows, `back` leads from there to the open workflow. Everything else is an action or a part with
    signals of its own.
    """

    home = Signal()
    page = Signal(str)
    place = Signal(str)
    back = Signal()

    def __init__(self, actions: ActionSet, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role="topbar")
        self.setFixedHeight(56)
        self.name = NameEdit()
        self.state = PlainLabel(role="small")
        self.state.setObjectName("saved")
        self.budget = BudgetChip()
        self.wallet = BudgetChip("today")
        self.wallet.setObjectName("wallet")
        self.new = QPushButton()
        vary(self.new, kind="primary")
        self.new.clicked.connect(actions["file.new"].trigger)
        self.run = RunButton([actions[f"run.{way}"] for way in ("once", "samples", "table", "dry")])
        self._logo = QToolButton()
        self._logo.setFixedSize(_LOGO + 8, _LOGO + 8)
        self._logo.setIconSize(QSize(_LOGO, _LOGO))
        self._logo.setIcon(app_icon())
        self._logo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._logo.clicked.connect(self.home)
        self._menu = QToolButton()
        self._menu.setObjectName("menu")
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu.setMenu(menu)
        self._menu.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lay_out(actions)
        appearance().changed.connect(self._retext)
        self._retext()

    def _lay_out(self, actions: ActionSet) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self._logo)
        self._program = PlainLabel("Baton", "heading")
        self._program.hide()
        row.addWidget(self._program)
        self._open = ""
        self._back = QPushButton()
        self._back.setObjectName("back")
        vary(self._back, kind="link")
        self._back.setCursor(Qt.CursorShape.PointingHandCursor)
        self._back.clicked.connect(self.back)
        self._back.hide()
        row.addWidget(self._back)
        row.addLayout(self._names())
        row.addSpacing(4)
        self._line = _line()
        row.addWidget(self._line)
        row.addSpacing(4)
        self._edits = [_button(actions["edit.undo"]), _button(actions["edit.redo"])]
        for button in self._edits:
            row.addWidget(button)
        row.addStretch(1)
        self.pages = Segmented([(side, "") for side in SIDES])
        self.pages.setObjectName("pages")
        self.pages.chosen.connect(self.page)
        row.addWidget(self.pages)
        self.places = Segmented([(place, "") for place in PLACES])
        self.places.setObjectName("places")
        self.places.chosen.connect(self.place)
        row.addWidget(self.places)
        row.addStretch(1)
        row.addWidget(_button(actions["help.fitting"]))
        row.addWidget(_button(actions["app.preferences"]))
        row.addWidget(_button(actions["view.theme"]))
        row.addSpacing(4)
        row.addWidget(self.budget)
        row.addWidget(self.wallet)
        row.addSpacing(4)
        row.addWidget(self.run)
        row.addWidget(self.new)

    def show_place(self, place: str, workflow: str = "") -> None:
        """One of the pages across all workflows, or "": inside one. There only what concerns no workflow stays, and
        the way back to `workflow`, the name of one that is open.
        """
        shown = bool(place)
        self._open = workflow
        self._name_back()
        self._back.setVisible(shown and bool(workflow))
        self.places.set_value(place)
        for part in (
            self.name,
            self._menu,
            self.state,
            self._line,
            *self._edits,
            self.budget,
            self.run,
            self.pages,
        ):
            part.setVisible(not shown)
        self._program.setVisible(shown and not workflow)
        for part in (self.places, self.wallet, self.new):
            part.setVisible(shown)

    def _names(self) -> QVBoxLayout:
        first = QHBoxLayout()
        first.setSpacing(0)
        first.addWidget(self.name)
        first.addWidget(self._menu)
        first.addStretch(1)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.setContentsMargins(0, 7, 0, 8)
        names.addLayout(first)
        names.addWidget(self.state)
        self.state.setContentsMargins(7, 0, 0, 0)
        return names

    def _name_back(self) -> None:
        self._back.setText(text("window.back", name=one_line(self._open, _LONGEST)))

    def _retext(self) -> None:
        self._name_back()
        look = appearance().theme
        self._menu.setIcon(icon("chevron-down", look.text2, tint(look.muted, 50), 16))
        for part, code in ((self._logo, "action.file.home"), (self._menu, "window.menu")):
            part.setToolTip(text(code))
            part.setAccessibleName(text(code))
        self.places.set_options([(place, text(f"window.place.{place}")) for place in PLACES])
        self.new.setText(text("window.new"))
        self.pages.set_options([(side, text(f"window.page.{side}")) for side in SIDES])
        self.name.setAccessibleName(text("window.name"))
        self.name.setToolTip(text("action.file.rename"))


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    return button


def _line() -> QFrame:
    line = QFrame()
    vary(line, role="line-vertical")
    line.setFixedHeight(28)
    return line
