"""Waiting for the end of a dialog that may go before it."""

from __future__ import annotations

import asyncio

import pytest
import shiboken6
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.ui.awaiting import until_closed


async def test_a_dialog_that_went_with_its_window_is_left_alone(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    waiting = asyncio.create_task(until_closed(QDialog(window)))
    await asyncio.sleep(0)
    shiboken6.delete(window)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
