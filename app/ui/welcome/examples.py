"""The shipped examples: what each is called, what it needs, and the file that it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.adapters.shipped_examples import example_paths
from app.adapters.workflow_files import read_file
from app.document.problem import ProblemError
from app.document.workflow import Workflow
from app.planner.sheet import sheet
from app.registry.registry import Registry
from app.sdk.fields import ModelChoice
from app.settings import resource_folder
from app.texts import has, text
from app.ui.run_form.asks import asks_of

STARTER = "sort-the-inbox"
_ENDING = ".baton.json"


@dataclass(frozen=True, slots=True)
class Example:
    """`models` are those that its steps ask for; `hosts` where it sends data."""

    path: Path
    workflow: Workflow
    models: tuple[ModelChoice, ...] = ()
    hosts: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        return self.path.name.removesuffix(_ENDING)

    @property
    def title(self) -> str:
        """Its name in the language of now."""
        return self._own("title", self.workflow.name)

    @property
    def summary(self) -> str:
        return self._own("summary", self.workflow.description)

    def missing_roles(self, mapped: Collection[str]) -> tuple[str, ...]:
        """The roles that no model on this machine has; "small" always has one."""
        there = {"small", *mapped}
        needed = (choice.role for choice in self.models if choice.role and choice.otherwise not in there)
        return tuple(dict.fromkeys(role for role in needed if role not in there))

    def _own(self, part: str, otherwise: str) -> str:
        code = f"example.{self.stem}.{part}"
        return text(code) if has(code, "en") else otherwise


def starter_path() -> Path:
    """The example that opens at the first start."""
    return resource_folder() / "examples" / f"{STARTER}{_ENDING}"


@cache
def examples(registry: Registry) -> tuple[Example, ...]:
    """All examples, the starter first, then by their names."""
    found: list[Example] = []
    for path in example_paths():
        try:
            workflow = read_file(path).workflow
        except ProblemError:
            continue
        found.append(_example(path, workflow, registry))
    return tuple(sorted(found, key=lambda example: (example.stem != STARTER, example.stem)))


def _example(path: Path, workflow: Workflow, registry: Registry) -> Example:
    sends = sheet(workflow, registry).row("sends")
    hosts = tuple(item.target for item in sends.items) if sends else ()
    return Example(path, workflow, asks_of(workflow, registry.get).models, hosts)
