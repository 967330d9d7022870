"""Where a model's data goes: nowhere, into a network of one's own, to a provider, or to somebody's server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from app.adapters.addresses import is_own_network
from app.adapters.connection import Connection, is_loopback
from app.adapters.connection_kinds import KINDS
from app.adapters.litellm_prices import PriceList
from app.adapters.litellm_providers import providers

# internet: a server with a public address, of which nobody knows whose it is.
Place: TypeAlias = Literal["computer", "company", "cloud", "internet"]
# What Ollama calls models that it doesn't run itself but sends on (docs.ollama.com/cloud).
_SENT_ON = re.compile(r".+:(.+-)?cloud")
_OLLAMA = "Ollama"
# Each customer has a host of their own below these.
_CUSTOMERS = {
    ".openai.azure.com": "Azure OpenAI",
    ".cognitiveservices.azure.com": "Azure OpenAI",
    ".services.ai.azure.com": "Azure OpenAI",
}


@dataclass(frozen=True, slots=True)
class GoesTo:
    """`to` is the provider's name, or a server's host; `country` (ISO 3166) is empty where nobody can know."""

    place: Place
    to: str = ""
    country: str = ""


def goes_to(connection: Connection, model: str = "", remote: str = "") -> GoesTo:
    """Who gets what a connection, or one of its models, is asked.

    `remote` is the server to which one on this computer says that it sends the model's calls.
    """
    if connection.is_local:
        host = (urlsplit(remote).hostname or remote).lower()
        if host and not is_loopback(host):
            return _at(host)
        is_sent_on = connection.kind != "embedded" and _SENT_ON.fullmatch(model)
        return GoesTo("cloud", _OLLAMA) if is_sent_on else GoesTo("computer")
    return _at(connection.host) if connection.url else GoesTo("cloud", connection.title, connection.country)


def is_free_here(prices: PriceList, connection: Connection, model: str, remote: str = "") -> bool:
    """Whether a model runs on this computer and nobody charges for it.

    A gateway on this computer may be paid: a price that the person gave, or the server itself said, goes before.
    """
    if goes_to(connection, model, remote).place != "computer":
        return False
    own = prices.own.price(connection.kind, model, connection.name, connection.address)
    said = prices.listed.price(connection.address, model) if own is None else own
    return said is None or said.is_free


def _at(host: str) -> GoesTo:
    if is_own_network(host):
        return GoesTo("company", host)
    known = _hosts()
    if host in known:
        title, country = known[host]
        return GoesTo("cloud", title, country)
    below = next((title for one, (title, _) in known.items() if host.endswith(f".{one}")), "")
    title = below or next((title for end, title in _CUSTOMERS.items() if host.endswith(end)), "")
    return GoesTo("cloud", title) if title else GoesTo("internet", host)


@cache
def _hosts() -> Mapping[str, tuple[str, str]]:
    """The title and country of each provider's hosts, those with a form of their own before the others."""
    found = {"ollama.com": (_OLLAMA, "")}
    for one in providers().values():
        found[_host(one.url)] = (one.title, "")
    for kind in KINDS.values():
        found[_host(kind.url)] = (kind.title, kind.country)
        for region, url in kind.regions.items():
            found[_host(url)] = (kind.title, kind.countries.get(region, kind.country))
    return {host: whose for host, whose in found.items() if host and not is_loopback(host)}


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
