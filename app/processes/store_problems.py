"""What the stores of a profile raise, as what the window is told."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

from app.document.problem import Problem, ProblemError
from app.executor.journal import JournalError
from app.executor.revisit import RevisitFailed
from app.sdk.errors import NodeError

R = TypeVar("R")


def as_problems(
    answer: Callable[..., Coroutine[Any, Any, R]],
) -> Callable[..., Coroutine[Any, Any, R]]:
    """An answer that raises nothing but ProblemError; a KeyError is a run that isn't kept."""

    @wraps(answer)
    async def told(*args: Any) -> R:
        try:
            return await answer(*args)
        except JournalError as error:
            raise ProblemError(error.problem) from error
        except KeyError as error:
            raise ProblemError(Problem("run.unknown", args={"run": str(error.args[0])})) from error
        except NodeError as error:
            raise ProblemError(Problem(error.code, args=error.args_by_name)) from error
        except RevisitFailed as error:
            raise ProblemError(Problem(error.code)) from error

    return told
