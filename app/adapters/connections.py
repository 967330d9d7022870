"""Connections: this machine's accounts and servers by name, and where a model choice leads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from app.adapters.connection import Connection, checked, normal_name
from app.adapters.connection_file import ConnectionFile
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.settings import RoleTarget

THIS_COMPUTER = "This computer"
SMALL_ROLE = "small"
_LONG = 12  # digits: beyond every limit
_ENVIRONMENT = re.compile(
    r"BATON_CONN_(.+)_(KIND|PROVIDER|URL|KEY|MODEL|REGION|ORGANISATION|PARALLEL|RPM|TPM)"
)


class Connections:
    """The connections of one profile: this computer, those of the environment, those in the file.

    `local_models` gives the names of the models on this computer, the default one first. The file is
    read again when another process changed it.
    """

    def __init__(
        self, file: Path, environment: Mapping[str, str], local_models: Callable[[], tuple[str, ...]]
    ) -> None:
        self._file = ConnectionFile(file)
        self._local_models = local_models
        self._of_environment, self.problems = _from_environment(environment)

    @property
    def all(self) -> tuple[Connection, ...]:
        """Every connection once; one of the environment hides a saved one of the same name."""
        hidden = {normal_name(connection.name) for connection in (*self._of_environment, self.this_computer)}
        saved = (one for one in self._file.load() if normal_name(one.name) not in hidden)
        return (self.this_computer, *self._of_environment, *saved)

    @property
    def this_computer(self) -> Connection:
        models = self._local_models()
        return Connection(THIS_COMPUTER, "embedded", model=models[0] if models else "", models=models)

    def get(self, name: str) -> Connection | None:
        """By name; capitals and punctuation don't matter."""
        wanted = normal_name(name)
        return next((one for one in self.all if normal_name(one.name) == wanted), None)

    def put(self, connection: Connection) -> Connection:
        """Adds a connection or replaces the one of this name. Raises ProblemError `connection.*`, OSError."""
        kept = checked(connection)
        self._refuse_taken(kept.name)
        wanted = normal_name(kept.name)
        others = [one for one in self._file.load() if normal_name(one.name) != wanted]
        self._file.save([*others, kept])
        return kept

    def rename(self, old: str, new: str) -> Connection:
        """Raises ProblemError `connection.missing`, `connection.name_taken`, `connection.bad_name`; OSError."""
        connection = self._own(old)
        renamed = checked(replace(connection, name=new))
        if normal_name(new) != normal_name(old) and self.get(new):
            raise ProblemError(Problem("connection.name_taken", field="name", args={"name": new}))
        self._file.save([renamed if one is connection else one for one in self._file.load()])
        return renamed

    def remove(self, name: str) -> None:
        """Raises ProblemError `connection.missing`; OSError."""
        connection = self._own(name)
        self._file.save([one for one in self._file.load() if one is not connection])

    def missing(self, name: str) -> NodeError:
        """There is no connection of this name, or the environment has one that can't be used.

        The nearest one is only named: whose account it is, people say.
        """
        begin = f"BATON_CONN_{normal_name(name)}_"
        for problem in self.problems:
            if str(problem.args["variable"]).startswith(begin):
                return NodeError(problem.code, **cast("dict[str, Any]", problem.args))
        suggestion = closest(name, (one.name for one in self.all))
        if suggestion:
            return NodeError("connection.misspelt", connection=name, suggestion=suggestion)
        return NodeError("connection.missing", connection=name)

    def resolve(self, choice: ModelChoice, roles: Mapping[str, RoleTarget]) -> tuple[Connection, str]:
        """The connection and model that a choice means on this machine.

        Raises NodeError `role.not_mapped`, `connection.missing`, `connection.misspelt`, `connection.other_kind`,
        `connection.no_models`, `model.none_chosen`, `model.missing`, `model.misspelt`.
        """
        if choice.is_role:
            role = choice.role if choice.role in roles else choice.otherwise or choice.role
            target = roles.get(role)
            if target is None and role != SMALL_ROLE:
                raise NodeError("role.not_mapped", role=role)
            choice = ModelChoice(
                connection=target.connection if target else THIS_COMPUTER,
                model=target.model if target else "",
            )
        connection = self._named(choice)
        model = choice.model or connection.model or next(iter(connection.models), "")
        if not model:
            raise NodeError("model.none_chosen", connection=connection.name)
        if connection.kind == "embedded" and model not in connection.models:
            raise missing_model(model, connection.name, connection.models)
        return connection, model

    def _named(self, choice: ModelChoice) -> Connection:
        connection = self.get(choice.connection)
        if connection is None:
            raise self.missing(choice.connection)
        if choice.kind and choice.kind != connection.kind:
            raise NodeError(
                "connection.other_kind", connection=connection.name, kind=choice.kind, here=connection.kind
            )
        if not connection.facts.has_models:
            raise NodeError("connection.no_models", connection=connection.name)
        return connection

    def _refuse_taken(self, name: str) -> None:
        taken = (self.this_computer, *self._of_environment)
        if any(normal_name(one.name) == normal_name(name) for one in taken):
            raise ProblemError(Problem("connection.name_taken", field="name", args={"name": name}))

    def _own(self, name: str) -> Connection:
        wanted = normal_name(name)
        found = next((one for one in self._file.load() if normal_name(one.name) == wanted), None)
        if found is None:
            raise ProblemError(Problem("connection.missing", args={"connection": name}))
        return found


def missing_model(model: str, connection: str, names: Iterable[str], *, is_told: bool = True) -> NodeError:
    """A connection has no model of this name; says which one looks like it, that it has itself or (not `is_told`) that
    is known elsewhere.
    """
    suggestion = closest(model, names)
    if suggestion:
        code = "model.misspelt" if is_told else "model.known_elsewhere"
        return NodeError(code, model=model, connection=connection, suggestion=suggestion)
    return NodeError("model.missing", model=model, connection=connection)


def closest(wanted: str, names: Iterable[str]) -> str:
    """The name that was probably meant, or an empty text."""
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(wanted.casefold(), by_folded, 1, cutoff=0.5)
    return by_folded[found[0]] if found else ""


def _from_environment(environment: Mapping[str, str]) -> tuple[tuple[Connection, ...], tuple[Problem, ...]]:
    """Headless use: BATON_CONN_<NAME>_KIND, _PROVIDER, _URL, _MODEL, _REGION, _ORGANISATION, _PARALLEL, _RPM, _TPM.

    The key is read where keys are.
    """
    parts: dict[str, dict[str, str]] = {}
    for variable, value in sorted(environment.items()):
        match = _ENVIRONMENT.fullmatch(variable)
        if match and value:
            parts.setdefault(match[1], {})[match[2]] = value
    found: list[Connection] = []
    problems: list[Problem] = []
    for name, part in parts.items():
        kind = part.get("KIND", "openai_compatible").lower()
        connection = Connection(
            name,
            kind,
            part.get("URL", ""),
            part.get("MODEL", ""),
            provider=part.get("PROVIDER", ""),
            region=part.get("REGION", ""),
            organisation=part.get("ORGANISATION", ""),
            parallel=_limit(part.get("PARALLEL")),
            rpm=_limit(part.get("RPM")),
            tpm=_limit(part.get("TPM")),
            from_environment=True,
        )
        try:
            found.append(checked(connection))
        except ProblemError as error:
            args = {
                **error.problems[0].args,
                "variable": f"BATON_CONN_{name}_{error.problems[0].field}".upper(),
            }
            problems.append(replace(error.problems[0], args=args))
    return tuple(found), tuple(problems)


def _limit(text: str | None) -> int | None:
    """A limit as it stands in the environment; what is no whole number becomes one that is refused."""
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONG else 0
