"""Connections: this machine's accounts and servers by name, without their keys, and where a model choice leads."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.adapters.connection_kinds import KINDS, Kind
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.settings import RoleTarget, write_atomically

THIS_COMPUTER = "This computer"
SMALL_ROLE = "small"
LONGEST_NAME = 80  # characters
_ENVIRONMENT = re.compile(r"BATON_CONN_(.+)_(KIND|URL|KEY|MODEL|REGION)")
_LOCAL_NAME = re.compile(
    r"(localhost|[^.:/]+|.+\.(local|lan|home|internal|localhost)|[\d.]+|\[.+\])(:\d+)?(/.*)?", re.IGNORECASE
)
_PASTED_ENDINGS = ("/chat/completions", "/completions", "/models", "/messages", "/embeddings")


@dataclass(frozen=True)
class Connection:
    """One named account or server. Its key lies in the key store under the same name, never here.

    Empty `url`: the kind's own. `model` is the one taken where a choice names none; `models` are the
    ones that people pick from. `header` is where a Web API wants its key.
    """

    name: str
    kind: str
    url: str = ""
    model: str = ""
    models: tuple[str, ...] = ()
    region: str = ""
    organisation: str = ""
    version: str = ""  # of the API, where a provider asks for one
    header: str = ""
    from_environment: bool = False

    @property
    def facts(self) -> Kind:
        return KINDS[self.kind]

    @cached_property
    def address(self) -> str:
        """Where requests go, without a slash at the end; empty for the embedded model."""
        return self.url or self.facts.regions.get(self.region) or self.facts.url

    @cached_property
    def host(self) -> str:
        return (urlsplit(self.address).hostname or "").lower()

    @cached_property
    def is_local(self) -> bool:
        """On this very computer, hence free."""
        return self.kind == "embedded" or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address means this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def normal_name(name: str) -> str:
    """The name as environment variables spell it: Company OpenAI and COMPANY_OPENAI are one."""
    return re.sub(r"\W+", "_", name.strip().upper()).strip("_")


def tidy_url(text: str, kind: Kind) -> str:
    """The address as we store it; what people paste is repaired where it can only mean one thing.

    Raises ProblemError `connection.bad_url`, `connection.key_in_url`.
    """
    url = text.strip()
    if "://" not in url:
        url = ("http://" if _LOCAL_NAME.fullmatch(url) else "https://") + url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s<>\"\\^`{|}]", host):
        raise ProblemError(Problem("connection.bad_url", field="url", args={"url": text}))
    if parts.username or parts.password:
        raise ProblemError(Problem("connection.key_in_url", field="url", args={"host": host}))
    # Servers print 0.0.0.0 when they listen everywhere; nobody answers at that address.
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    path = parts.path.rstrip("/")
    for ending in _PASTED_ENDINGS:
        path = path.removesuffix(ending)
    if kind.id == "azure":
        path = path.partition("/openai")[0]
    elif kind.id == "anthropic":
        path = path.removesuffix("/v1")
    elif not path:
        path = urlsplit(kind.url).path or ("/v1" if kind.lane == "openai" else "")
    network = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, network + (f":{port}" if port else ""), path, "", ""))


def checked(connection: Connection) -> Connection:
    """The connection as it may be stored. Raises ProblemError `connection.*` with the field at fault."""
    name = connection.name.strip()
    if not name or len(name) > LONGEST_NAME or not normal_name(name) or not name.isprintable():
        raise ProblemError(Problem("connection.bad_name", field="name", args={"name": name}))
    if connection.kind not in KINDS or connection.kind == "embedded":
        raise ProblemError(Problem("connection.unknown_kind", field="kind", args={"kind": connection.kind}))
    if connection.facts.own_url and not connection.url.strip():
        raise ProblemError(Problem("connection.url_missing", field="url", args={"connection": name}))
    url = tidy_url(connection.url, connection.facts) if connection.url.strip() else ""
    return replace(connection, name=name, url=url)


class Connections:
    """The connections of one profile: this computer, those of the environment, those in the file.

    `local_models` gives the names of the models on this computer, the default one first. The file is
    read again when another process changed it.
    """

    def __init__(
        self, file: Path, environment: Mapping[str, str], local_models: Callable[[], tuple[str, ...]]
    ) -> None:
        self._file = file
        self._local_models = local_models
        self._of_environment, self.problems = _from_environment(environment)
        self._stamp: tuple[int, int] | None = None
        self._saved: tuple[Connection, ...] = ()
        self._foreign: tuple[Any, ...] = ()  # rows of a newer version, kept as they are

    @property
    def all(self) -> tuple[Connection, ...]:
        """Every connection once; one of the environment hides a saved one of the same name."""
        hidden = {normal_name(connection.name) for connection in (*self._of_environment, self.this_computer)}
        saved = (one for one in self._load() if normal_name(one.name) not in hidden)
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
        others = [one for one in self._load() if normal_name(one.name) != wanted]
        self._save([*others, kept])
        return kept

    def rename(self, old: str, new: str) -> Connection:
        """Raises ProblemError `connection.missing`, `connection.name_taken`, `connection.bad_name`; OSError."""
        connection = self._own(old)
        renamed = checked(replace(connection, name=new))
        if normal_name(new) != normal_name(old) and self.get(new):
            raise ProblemError(Problem("connection.name_taken", field="name", args={"name": new}))
        self._save([renamed if one is connection else one for one in self._saved])
        return renamed

    def remove(self, name: str) -> None:
        """Raises ProblemError `connection.missing`; OSError."""
        connection = self._own(name)
        self._save([one for one in self._saved if one is not connection])

    def missing(self, name: str) -> NodeError:
        """There is no connection of this name. The nearest one is only named: whose account it is, people say."""
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
            target = roles.get(choice.role)
            if target is None and choice.role != SMALL_ROLE:
                raise NodeError("role.not_mapped", role=choice.role)
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
        found = next((one for one in self._load() if normal_name(one.name) == wanted), None)
        if found is None:
            raise ProblemError(Problem("connection.missing", args={"connection": name}))
        return found

    def _load(self) -> tuple[Connection, ...]:
        try:
            state = self._file.stat()
        except OSError:
            self._stamp, self._saved, self._foreign = None, (), ()
            return ()
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp != self._stamp:
            self._saved, self._foreign = _read(self._file)
            self._stamp = stamp
        return self._saved

    def _save(self, connections: Iterable[Connection]) -> None:
        rows = [
            *(_to_plain(one) for one in sorted(connections, key=lambda one: one.name.casefold())),
            *self._foreign,
        ]
        write_atomically(self._file, json.dumps({"connections": rows}, indent=2, ensure_ascii=False) + "\n")


def missing_model(model: str, connection: str, names: Iterable[str]) -> NodeError:
    """A connection has no model of this name; says which one it has that looks like it."""
    suggestion = closest(model, names)
    if suggestion:
        return NodeError("model.misspelt", model=model, connection=connection, suggestion=suggestion)
    return NodeError("model.missing", model=model, connection=connection)


def closest(wanted: str, names: Iterable[str]) -> str:
    """The name that was probably meant, or an empty text."""
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(wanted.casefold(), by_folded, 1, cutoff=0.5)
    return by_folded[found[0]] if found else ""


_SAVED = tuple(item.name for item in fields(Connection) if item.name != "from_environment")


def _to_plain(connection: Connection) -> dict[str, Any]:
    plain = {name: getattr(connection, name) for name in _SAVED}
    return {name: value for name, value in plain.items() if value}


def _read(path: Path) -> tuple[tuple[Connection, ...], tuple[Any, ...]]:
    """The connections, and the rows of kinds that only a newer version knows.

    Raises ProblemError `connection.file_unreadable`: a list that is taken for empty would be overwritten.
    """
    found: list[Connection] = []
    foreign: list[Any] = []
    try:
        for row in json.loads(path.read_text("utf-8"))["connections"]:
            known: dict[str, Any] = {name: row[name] for name in _SAVED if name in row}
            models = tuple(known.pop("models", ()))
            if not all(isinstance(value, str) for value in (*known.values(), *models)):
                raise TypeError
            if known["kind"] in KINDS and known["kind"] != "embedded":
                found.append(Connection(**known, models=models))
            else:
                foreign.append(row)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProblemError(Problem("connection.file_unreadable", args={"path": str(path)})) from error
    return tuple(found), tuple(foreign)


def _from_environment(environment: Mapping[str, str]) -> tuple[tuple[Connection, ...], tuple[Problem, ...]]:
    """Headless use: BATON_CONN_<NAME>_KIND, _URL, _MODEL, _REGION; the key is read where keys are."""
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
            region=part.get("REGION", ""),
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
