"""A connection: one account or server of this machine, without its key, and what makes it fit to be kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from app.adapters.addresses import is_own_name
from app.adapters.connection_kinds import GENERAL, KINDS, Kind
from app.adapters.litellm_providers import Provider, providers
from app.document.problem import Problem, ProblemError

LONGEST_NAME = 80  # characters
# The highest that each limit of a connection can be set to; `parallel` is also the most over all connections.
MOST: Mapping[str, int] = {"parallel": 256, "rpm": 1_000_000, "tpm": 1_000_000_000}
_LOCAL_NAME = re.compile(
    r"(localhost|[^.:/]+|.+\.(local|lan|home|internal|localhost)|[\d.]+|\[.+\])(:\d+)?(/.*)?", re.IGNORECASE
)
_PASTED_ENDINGS = ("/chat/completions", "/completions", "/models", "/messages", "/embeddings")


@dataclass(frozen=True)
class Connection:
    """One named account or server. Its key lies in the key store under the same name, never here.

    Empty `url`: the kind's own. `model` is the one taken where a choice names none; `models` are the
    ones that people pick from. `header` is where a server wants its key, if not as Bearer authorisation.
    `parallel` calls at a time, `rpm` requests and `tpm` tokens a minute: at most so many; None: as usual.
    """

    name: str
    kind: str
    url: str = ""
    model: str = ""
    models: tuple[str, ...] = ()
    provider: str = ""  # of those without a kind of their own
    region: str = ""
    organisation: str = ""
    version: str = ""  # of the API, where a provider asks for one
    header: str = ""
    parallel: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    from_environment: bool = False

    @property
    def facts(self) -> Kind:
        return KINDS[self.kind]

    @cached_property
    def address(self) -> str:
        """Where requests go, without a slash at the end; empty for the embedded model."""
        if self.url:
            return self.url
        return self._of_list.url if self.kind == GENERAL else self.facts.address(self.region)

    @property
    def title(self) -> str:
        """The provider's own name."""
        return self._of_list.title if self.kind == GENERAL else self.facts.title

    @property
    def litellm_name(self) -> str:
        """What litellm calls the provider; empty where it isn't needed."""
        return self.provider if self.kind == GENERAL else self.facts.provider

    @property
    def _of_list(self) -> Provider:
        return providers().get(self.provider) or Provider(self.provider, self.provider or self.facts.title)

    @property
    def place(self) -> str:
        """What tells its models from those that bear the same names elsewhere: an own address, a provider of the list.

        Empty at the kind's own address. A new name or another key makes no other models.
        """
        is_own = self.url and self.url not in (self.facts.url, *self.facts.regions.values())
        return " ".join(filter(None, (self.provider, self.url if is_own else "")))

    @cached_property
    def host(self) -> str:
        return (urlsplit(self.address).hostname or "").lower()

    @property
    def country(self) -> str:
        """Where the data goes, as an ISO 3166 code; empty where nobody can know: an own address, an own account."""
        return "" if self.url else self.facts.countries.get(self.region, self.facts.country)

    @cached_property
    def is_local(self) -> bool:
        """On this very computer, hence free."""
        return self.kind == "embedded" or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address means this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return is_own_name(host)


def is_limit(name: str, value: object) -> bool:
    """Whether a limit can be set to this: a whole number within bounds, or None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return 1 <= value <= MOST[name]
    return value is None


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
    if connection.region and connection.facts.address(connection.region) == connection.facts.url:
        raise ProblemError(
            Problem("connection.bad_region", field="region", args={"region": connection.region})
        )
    if connection.kind == GENERAL and connection.provider not in providers():
        raise ProblemError(
            Problem("connection.unknown_provider", field="provider", args={"provider": connection.provider})
        )
    if not connection.address and not connection.url.strip():
        raise ProblemError(Problem("connection.url_missing", field="url", args={"connection": name}))
    for limit, most in MOST.items():
        if not is_limit(limit, getattr(connection, limit)):
            raise ProblemError(Problem("connection.bad_limit", field=limit, args={"most": most}))
    url = tidy_url(connection.url, connection.facts) if connection.url.strip() else ""
    return replace(connection, name=name, url=url)
