"""Ctrl+Z: the program stops, and goes on where it was when it is called back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager


@contextmanager
def stopping_for_a_while(at_rest: Callable[[], AbstractContextManager[None]]) -> Generator[None]:
    """Inside, Ctrl+Z waits until the program is `at_rest`: stopped in the middle of a transaction it would keep every
    other one from writing, the window too, until it goes on.
    """
    if sys.platform == "win32":
        yield
        return
    loop = asyncio.get_running_loop()

    def stop() -> None:
        with at_rest():
            os.kill(os.getpid(), signal.SIGSTOP)

    def soon(*_: object) -> None:
        loop.call_soon_threadsafe(stop)

    if signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL:  # whoever began the program has it otherwise
        yield
        return
    before = signal.signal(signal.SIGTSTP, soon)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
