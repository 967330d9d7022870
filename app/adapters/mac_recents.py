"""Recent files of macOS, in the Dock and under Apple's menu: told to NSDocumentController by way of Objective-C."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

_RUNTIME = "/usr/lib/libobjc.A.dylib"


class Messages(Protocol):
    """The runtime of Objective-C: classes by name, and messages to them and to what they give."""

    def named(self, name: str) -> Any:
        """A class."""
        ...

    def send(self, receiver: Any, selector: str, *given: Any) -> Any:
        """What a method gives: an object. Texts go as bytes."""
        ...


def note_file(path: Path, messages: Messages) -> None:
    """To be called from the thread of the window."""
    words = messages.send(messages.named("NSString"), "stringWithUTF8String:", str(path).encode())
    url = messages.send(messages.named("NSURL"), "fileURLWithPath:", words)
    files = messages.send(messages.named("NSDocumentController"), "sharedDocumentController")
    messages.send(files, "noteNewRecentDocumentURL:", url)


class ObjectiveC:
    """The runtime of this system; the window has long loaded AppKit. Raises OSError where there is none."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_RUNTIME)
        self._library.objc_getClass.restype = ctypes.c_void_p
        self._library.objc_getClass.argtypes = (ctypes.c_char_p,)
        self._library.sel_registerName.restype = ctypes.c_void_p
        self._library.sel_registerName.argtypes = (ctypes.c_char_p,)

    def named(self, name: str) -> Any:
        return self._library.objc_getClass(name.encode())

    def send(self, receiver: Any, selector: str, *given: Any) -> Any:
        # Each call in the very shape of its method: processors pass arguments differently where a shape is open.
        kinds: Sequence[Any] = [
            ctypes.c_char_p if isinstance(one, bytes) else ctypes.c_void_p for one in given
        ]
        shape = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, *kinds)
        method = ctypes.cast(self._library.objc_msgSend, shape)
        return method(receiver, self._library.sel_registerName(selector.encode()), *given)
