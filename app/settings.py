"""Every preference declared once, and the folders of this profile; handed down, nobody looks them up."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

import platformdirs
from platformdirs.api import PlatformDirsABC


def resource_folder() -> Path:
    """Where icons, themes, fonts, texts, examples and schemas lie: in a checkout, a wheel or a frozen app."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    here = Path(__file__).resolve().parent
    installed = here / "_resources"
    return installed if installed.is_dir() else here.parent / "resources"


def help_folder() -> Path:
    """Where the pages of Help lie, a folder for each language: packed among the resources, in a checkout in docs."""
    packed = resource_folder() / "help"
    return packed if packed.is_dir() else resource_folder().parent / "docs" / "help"


@dataclass(frozen=True, slots=True)
class Folders:
    """The places of one profile. Nothing is created until something is written."""

    config: Path  # settings.json, connections.json
    data: Path  # runs, reviewed workflows, models
    cache: Path
    state: Path  # recovery, window geometry, recent files
    logs: Path


def folders(system: type[PlatformDirsABC] = platformdirs.PlatformDirs) -> Folders:
    """BATON_HOME puts the whole profile under one folder; else the system's own places."""
    home = os.environ.get("BATON_HOME")
    if home:
        root = Path(home)
        return Folders(root / "config", root / "data", root / "cache", root / "state", root / "logs")
    dirs = system("Baton", appauthor=False)
    return Folders(
        Path(dirs.user_config_dir),
        Path(dirs.user_data_dir),
        Path(dirs.user_cache_dir),
        Path(dirs.user_state_dir),
        Path(dirs.user_log_dir),
    )


@dataclass(frozen=True, slots=True)
class RoleTarget:
    """What a role stands for on this machine; an empty model is the connection's first."""

    connection: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person may choose. An empty text means: as the system does."""

    language: str = ""
    theme: str = ""  # "dark", "light"
    scale: float = 1.0  # of texts and spacing in the window
    reduced_motion: bool | None = None
    roles: Mapping[str, RoleTarget] = field(default_factory=dict[str, RoleTarget])
    budget_usd: str = "1.00"  # the cap of one run unless the workflow asks for less
    budget_day_usd: str = ""  # of all runs together; empty: no limit
    budget_month_usd: str = ""
    connection_budgets: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]]
    )  # by connection, then "day" or "month"
    rows_at_a_time: int = 4
    threads: int = 0  # of the embedded model; 0 = cores - 1
    model_idle_minutes: float = 10.0
    model_memory_mb: int = 0  # that models of this computer may take together; 0: what the machine has free
    llama_server: str = (
        ""  # a program that serves the models of this computer instead of the one that came along
    )
    keep_run_files: int = 20
    keep_runs: int = 500  # of the history; pinned ones stay
    keep_runs_mb: int = 2000
    keep_costs_days: int = 0  # of the ledger; 0: for ever
    cache_mb: int = 1000  # of results that may be taken again
    autosave_seconds: float = 5.0
    addons: tuple[str, ...] = ()  # add-on packages that were switched on
    watch_versions: bool = True  # ask once a week whether there is a new one
    shortcuts: Mapping[str, str] = field(default_factory=dict[str, str])


def load_preferences(where: Folders) -> Preferences:
    """The saved preferences; what can't be read is left at its default and the file stays as it is."""
    return read_preferences(where)[0]


def read_preferences(where: Folders) -> tuple[Preferences, bool]:
    """The same, and whether nothing was left out: a file that isn't there is no loss."""
    try:
        saved = json.loads(settings_file(where).read_text("utf-8"))
    except FileNotFoundError:
        return Preferences(), True
    except (OSError, ValueError, RecursionError):
        return Preferences(), False
    return _from_plain(cast("dict[str, Any]", saved)) if isinstance(saved, dict) else (Preferences(), False)


def save_preferences(where: Folders, preferences: Preferences) -> None:
    """Writes atomically. Raises OSError."""
    write_atomically(settings_file(where), json.dumps(asdict(preferences), indent=2, ensure_ascii=False))


def with_changes(kept: Preferences, before: Preferences, after: Preferences) -> Preferences:
    """What is kept by now, with what was changed from `before` to `after`; of roles, limits and keys each entry by
    itself.

    So that two windows, or a window and a terminal, don't take back what the other has chosen.
    """
    changed: dict[str, Any] = {}
    for item in fields(Preferences):
        was, now = getattr(before, item.name), getattr(after, item.name)
        if now != was:
            changed[item.name] = _entries_changed(getattr(kept, item.name), was, now)
    return replace(kept, **changed)


def _entries_changed(kept: Any, was: Any, now: Any) -> Any:
    if not all(isinstance(one, Mapping) for one in (kept, was, now)):
        return now
    result: dict[str, Any] = {name: value for name, value in kept.items() if name in now or name not in was}
    for name, value in now.items():
        if name not in was or was[name] != value:
            result[name] = _entries_changed(kept.get(name, {}), was.get(name, {}), value)
    return result


def settings_file(where: Folders) -> Path:
    """Where the preferences are kept."""
    return where.config / "settings.json"


def set_settings_aside(where: Folders) -> Path:
    """Gives a settings file that can't be read another name, so that nothing overwrites it. Raises OSError."""
    file = settings_file(where)
    names = (f"{file.name}.damaged{n}" for n in ("", *(f"-{n}" for n in range(2, 100))))
    aside = next(path for name in names if not (path := file.with_name(name)).exists())
    file.replace(aside)
    return aside


def write_atomically(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _from_plain(saved: Mapping[str, Any]) -> tuple[Preferences, bool]:
    read: dict[str, Any] = {}
    known = [item.name for item in fields(Preferences) if item.name in saved]
    is_whole = True
    for name in known:
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
            read[name] = _readable(name, saved[name])
        is_whole = is_whole and name in read
        if name not in read and name in _NOTHING_PAID:  # a limit that can't be read must not become none
            read[name] = _NOTHING_PAID[name]
    return Preferences(**read), is_whole


def _readable(name: str, value: Any) -> Any:
    """The value of one preference. Raises anything where it has another shape."""
    default = getattr(_DEFAULTS, name)
    match name:
        case "roles":
            return {
                role: RoleTarget(str(to["connection"]), str(to.get("model", "")))
                for role, to in value.items()
            }
        case "shortcuts":
            return {str(action): str(keys) for action, keys in value.items()}
        case "budget_usd" | "budget_day_usd" | "budget_month_usd":
            return _amount(value)
        case "connection_budgets":
            return {
                str(connection): {str(span): _amount(amount) for span, amount in caps.items()}
                for connection, caps in value.items()
            }
        case "reduced_motion" if value is None or isinstance(value, bool):
            return value
        case _:
            return _of_same_type(value, default)


def _of_same_type(value: Any, default: Any) -> Any:
    if default == () and isinstance(value, list):
        return tuple(str(one) for one in cast("list[Any]", value))
    if type(value) is type(default) or (type(default) is float and type(value) is int):
        return value
    raise TypeError(value)


def _amount(value: Any) -> str:
    if not isinstance(value, str) or (value and not 0 <= Decimal(value) < Decimal("Infinity")):
        raise ValueError(value)
    return value


_DEFAULTS = Preferences()
_NOTHING_PAID: Mapping[str, Any] = {"budget_day_usd": "0", "budget_month_usd": "0"}
