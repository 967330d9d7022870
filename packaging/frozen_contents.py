"""What a packaged program consists of, read from the program itself, and what must or may not be in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import contents

# For people who write tests; what is only called so isn't meant.
_OF_TESTS = frozenset({"test", "tests", "testing", "conftest"})
_ONLY_CALLED_SO = ("jinja2.tests", "pygments.lexers.testing")
_TOOLKITS = ("libtcl", "libtk", "tcl8", "tk8", "_tkinter")
# Imported by name, so that no analysis of imports finds them.
_BY_NAME = (
    *("tiktoken.load", "tiktoken_ext.openai_public", "litellm.rust_bridge.loader", "xllamacpp.memory"),
    *("mcp.client.session", "keyring.backends.fail", *contents.key_stores()),
)


def modules_of(program: Path) -> frozenset[str]:
    """The Python modules in a program."""
    from PyInstaller.archive.readers import CArchiveReader

    whole = CArchiveReader(str(program))
    (inner,) = (name for name in whole.toc if name.endswith(".pyz"))
    return frozenset(whole.open_embedded_archive(inner).toc)


def left_in(modules: Iterable[str], files: Iterable[Path]) -> list[str]:
    """What should have stayed out: tests, installers, toolkits beside Qt, litellm's server."""
    wrong = [name for name in modules if not _may_be_in(name)]
    wrong += [str(path) for path in files if _OF_TESTS & set(path.parts) or path.name.startswith(_TOOLKITS)]
    return sorted(wrong)


def _may_be_in(name: str) -> bool:
    if any(contents.within(name, left_out) for left_out in contents.EXCLUDED):
        return False
    of_tests = _OF_TESTS & set(name.split("."))
    return contents.is_wanted_module(name) and (not of_tests or name.startswith(_ONLY_CALLED_SO))


def missing(modules: frozenset[str], project: Path) -> list[str]:
    """What has to be there and isn't: all of ours, and what others load by its name alone."""
    return sorted({*_ours(project), *contents.providers(), *_BY_NAME} - modules)


def _ours(project: Path) -> Iterator[str]:
    for package in ("app", "nodes"):
        for path in (project / package).rglob("*.py"):
            name = ".".join(path.relative_to(project).with_suffix("").parts).removesuffix(".__init__")
            if _may_be_in(name):
                yield name
