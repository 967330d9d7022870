"""Run words: how a run of the history is said: its state, its day, its hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from PySide6.QtCore import QDate, QLocale

from app import figures
from app.executor.journal import RunLine
from app.texts import text
from app.ui.appearance import appearance


@dataclass(frozen=True, slots=True)
class Said:
    """A state as icon, tone and words."""

    icon: str
    tone: str
    words: str


_STATES = {
    "running": ("loader", "running"),
    "broken": ("triangle-alert", "warning"),
    "waiting": ("user-check", "person"),
    "paused": ("pause", "warning"),
    "cancelled": ("square", "waiting"),
    "failed": ("x", "error"),
    "done": ("check", "done"),
}


def said_of(line: RunLine) -> Said:
    """The state of a run, mixed ones with both their parts."""
    summary = line.summary
    if summary.status == "done" and summary.rows_failed:
        n = summary.rows_failed
        words = text("history.state.rows_failed", shown=figures.count(n))
        return Said("triangle-alert", "warning", words)
    state = "broken" if summary.status == "running" and not line.alive else summary.status
    return Said(*_STATES[state], text(f"history.state.{state}"))


def needs_somebody(line: RunLine) -> bool:
    """It ended before its work did, and not because somebody stopped it."""
    return line.is_unfinished and line.summary.status != "cancelled"


def when(line: RunLine) -> datetime:
    """When it began, on this computer's clock."""
    return datetime.fromisoformat(line.at).astimezone()


def hour(line: RunLine) -> str:
    return f"{when(line):%H:%M}"


def day_words(day: date) -> str:
    """Today, yesterday or the date, with the weekday."""
    look = QLocale(appearance().language.replace("-", "_"))
    shown = look.toString(QDate(day.year, day.month, day.day), text("history.day.format"))
    today = datetime.now().astimezone().date()
    if day == today:
        return text("history.day.today", day=shown)
    return text("history.day.yesterday", day=shown) if day == today - timedelta(days=1) else shown
