"""What ended on its way out before any of it had left: nobody outside can have worked on it.

A door marks the very error that passes through it, also where that only ends a task: who ended it, by a limit of time
or by Stop, knows by the mark that nothing had begun outside.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

_MARK = "nothing of it had left"


def mark_unsent(error: BaseException) -> None:
    if not is_unsent(error):
        error.add_note(_MARK)


def unmark_unsent(error: BaseException) -> None:
    """Something else had left before."""
    if is_unsent(error):
        error.__notes__.remove(_MARK)


def is_unsent(error: BaseException | None) -> bool:
    return _MARK in getattr(error, "__notes__", ())


@contextmanager
def before_sending() -> Generator[None]:
    """Whatever ends this block, nothing has left yet."""
    try:
        yield
    except BaseException as error:
        mark_unsent(error)
        raise
