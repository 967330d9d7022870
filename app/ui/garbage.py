"""Garbage: what Python clears away by itself, cleared on Qt's own thread."""

from __future__ import annotations

import gc

from PySide6.QtCore import QCoreApplication, QTimer

_PAUSE = 500  # ms between two looks


def collect_on_this_thread(app: QCoreApplication) -> None:
    """From now on garbage is looked for between two events of this thread, and nowhere else.

    By itself Python looks for it in whichever thread makes an object just then. A timer, a scene or a model that
    goes in a thread that isn't its own leaves its address behind in Qt, and the next tick ends the program.
    """
    gc.disable()
    timer = QTimer(app)
    timer.timeout.connect(collect_what_is_due)
    timer.start(_PAUSE)


def collect_what_is_due() -> None:
    """Looks through the oldest generation that Python itself would look through by now, or none."""
    due = [
        generation
        for generation, (made, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
        if made > limit
    ]
    if due:
        gc.collect(due[-1])
