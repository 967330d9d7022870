"""The main window: puts the parts together and carries what one part asks for to the part that does it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.document.ids import new_id
from app.document.joining import MergeOffer
from app.document.operations import SetWorkflow
from app.document.problem import Problem
from app.document.workflow import PortRef, Workflow
from app.processes.messages import RememberOwn
from app.registry.registry import Registry
from app.texts import LANGUAGES, text
from app.ui import menus
from app.ui.action_set import ActionSet
from app.ui.actions import Situation
from app.ui.appearance import appearance
from app.ui.awaiting import Awaiting
from app.ui.canvas.canvas import Canvas
from app.ui.checking import Checking
from app.ui.clipboard import holds_something
from app.ui.editing import Editing
from app.ui.engine_link import EngineLink
from app.ui.finder import Finder
from app.ui.kept_preferences import KeptPreferences
from app.ui.open_and_save import OpenAndSave
from app.ui.outline import Outline
from app.ui.panels import Panels
from app.ui.run_bar import RunBar
from app.ui.run_desk import RunDesk
from app.ui.run_stream import RunStream
from app.ui.runs.panel import RunPanel
from app.ui.session import Place, Session
from app.ui.strips import Strips
from app.ui.top_bar import TopBar
from app.ui.welcome.start_page import StartPage
from app.ui.window_state import load_window_state, save_window_state
