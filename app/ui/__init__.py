"""The window: the only room where Qt exists."""

import ctypes
import sys

# PySide6 6.12.0 gives back one reference to None too many for every call without a result, and one to True for every
# emitted signal. Since Python 3.12 these objects can't die; before, the interpreter ends after some thousand calls
# ("deallocating None"), unless it believes that they are in use more often than they ever will be.
if sys.version_info < (3, 12):
    for _singleton in (None, True, False):
        ctypes.c_ssize_t.from_address(id(_singleton)).value += 1 << 48
