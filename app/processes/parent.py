"""What a child process does about its parent: keep the pipe for messages, and end when the parent is gone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import BinaryIO

PR_SET_PDEATHSIG = 1


def private_stdout() -> BinaryIO:
    """The pipe to the parent, for messages alone: from now on, what libraries print goes to stderr, the log."""
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return channel


def die_with_parent() -> None:
    """Linux: be killed when the parent dies in any way. Elsewhere the closed pipe or the job object does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
