"""Python that isn't ours, planted wherever a Python would load it from; it leaves a mark where it runs."""

from __future__ import annotations

import sys
from pathlib import Path

# Loaded by a Python by itself, or in place of a module that the program imports first.
_NAMES = (
    "sitecustomize.py",
    "usercustomize.py",
    "app/__init__.py",
    "nodes/__init__.py",
    "json/__init__.py",
    "typer.py",
)


class ForeignPython:
    """`home` is the person's home folder, `beside` the folder of the program or None where it is to be left alone."""

    def __init__(self, home: Path, beside: Path | None) -> None:
        self.mark = home / "foreign-python-ran"
        self._given = home / "foreign"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        of_user = home / ".local/lib" / version / "site-packages"
        self._planted: list[Path] = []
        for folder in (self._given, of_user, home, *([beside] if beside else [])):
            for name in _NAMES:
                self._plant(folder / name, f"open({str(self.mark)!r}, 'a').write(__file__ + '\\n')\n")
            self._plant(folder / "foreign.pth", f"import pathlib; pathlib.Path({str(self.mark)!r}).touch()\n")
        # An add-on that nobody switched on, and a key store of somebody else's.
        about = of_user / "foreign-1.0.dist-info"
        self._plant(about / "METADATA", "Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
        self._plant(about / "entry_points.txt", "[baton.nodes]\nforeign = usercustomize\n")
        stores = home / ".config/python_keyring/keyringrc.cfg"
        self._plant(stores, f"[backend]\ndefault-keyring=usercustomize.Store\nkeyring-path={self._given}\n")

    @property
    def variables(self) -> dict[str, str]:
        """What a person who works with Python may have set."""
        return {
            "PYTHONPATH": str(self._given),
            "PYTHONUSERBASE": str(self._given),
            "PYTHONSTARTUP": str(self._given / "typer.py"),
            "PYTHON_KEYRING_BACKEND": "usercustomize.Store",
        }

    @property
    def broken_home(self) -> dict[str, str]:
        """With this no Python starts that listens to it."""
        return {**self.variables, "PYTHONHOME": str(self._given)}

    def ran(self) -> str:
        """What ran of it; empty: nothing."""
        return self.mark.read_text("utf-8") or "a .pth file" if self.mark.exists() else ""

    def clear(self) -> None:
        """Takes everything away again."""
        for path in self._planted:
            path.unlink(missing_ok=True)
            if path.parent.name in ("app", "nodes", "json") and not any(path.parent.iterdir()):
                path.parent.rmdir()
        self.mark.unlink(missing_ok=True)

    def _plant(self, path: Path, content: str) -> None:
        if not path.exists():  # what is the program's own stays as it is
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            self._planted.append(path)
