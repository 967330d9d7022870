"""Former versions of saved files, a few of each, out of the person's own folders."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from app.adapters.atomic_files import replace_file
from app.adapters.file_locks import file_key
from app.settings import Folders

KEPT = 10  # versions of each file
ENDING = ".baton.json"


def keep(where: Folders, path: Path, former: bytes) -> None:
    """Keeps what the file held until now. Raises OSError."""
    folder = _folder(where, path)
    folder.mkdir(parents=True, exist_ok=True)
    name = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S-%f")
    replace_file(folder / f"{name}{ENDING}", former)
    for old in backups_of(where, path)[KEPT:]:
        with contextlib.suppress(OSError):
            old.unlink()


def backups_of(where: Folders, path: Path) -> list[Path]:
    """The former versions of a file, the newest first; the names say when (UTC) each was replaced."""
    return sorted(_folder(where, path).glob(f"*{ENDING}"), reverse=True)


def _folder(where: Folders, path: Path) -> Path:
    # The file's own name first, for people who look for it; then what keeps two of the same name apart.
    return where.state / "backups" / f"{path.name.partition('.')[0][:40]}-{file_key(path)[:12]}"
