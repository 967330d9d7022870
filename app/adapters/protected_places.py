"""Places that no step may use, whatever was granted: our own data, keys, and what the system runs by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.settings import Folders

_RUN_BY_SHELLS = (
    *(
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".profile",
        ".zshrc",
        ".zprofile",
        ".zshenv",
    ),
    *(".zlogin", ".xprofile", ".xinitrc", ".xsession", ".config/fish", ".config/environment.d"),
)
_RUN_BY_SYSTEM = {
    "linux": (".config/autostart", ".config/systemd", ".local/share/systemd", ".local/share/applications"),
    "darwin": ("Library/LaunchAgents", "Library/LaunchDaemons", "Library/Application Scripts"),
    "win32": (
        "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup",
        "Documents/PowerShell",
        "Documents/WindowsPowerShell",
    ),
}
_KEYS = (
    ".ssh",
    ".gnupg",
    ".aws",
    ".kube",
    ".docker",
    ".netrc",
    ".pypirc",
    ".npmrc",
    ".gitconfig",
    ".config/git",
)


def protected_places(
    own: Folders, platform: str = sys.platform, home: Path | None = None
) -> tuple[Path, ...]:
    """Folders and files, resolved; everything below them is protected too."""
    base = home or Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises where nobody is at home
    below_home = (*_RUN_BY_SHELLS, *_RUN_BY_SYSTEM.get(platform, ()), *_KEYS)
    ours = (own.config, own.data, own.cache, own.state, own.logs)
    return tuple(path.resolve() for path in (*ours, *(base / name for name in below_home)))
