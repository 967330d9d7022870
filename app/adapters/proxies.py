"""The proxy that the system prescribes for a host, as environment variables or system settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from app.adapters.addresses import as_literal, is_own_name, may_reach

_SPOKEN = ("http", "https")


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxy addresses by the scheme of the request ("http", "https", "all"); `bypass` says which hosts go straight.

    Our own computer and addresses of its networks never go through a proxy. Behind a proxy the proxy looks
    names up, so its own rules decide which addresses a name may lead to.
    """

    by_scheme: Mapping[str, str]

    def bypass(self, host: str) -> bool:
        return bool(proxy_bypass(host))

    def find(self, scheme: str, host: str) -> str | None:
        """The proxy's address, or None to go straight."""
        address = self.by_scheme.get(scheme) or self.by_scheme.get("all")
        if not address or is_own_name(host):
            return None
        literal = as_literal(host)
        if literal is not None and not may_reach(literal, "internet"):
            return None
        if self.bypass(host):
            return None
        return address if "://" in address else f"http://{address}"


def system_proxies() -> Proxies:
    """HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, else what macOS and Windows are set to."""
    return Proxies({scheme: address for scheme, address in getproxies().items() if scheme != "no"})


def is_spoken(proxy: str) -> bool:
    """Whether we can talk to this proxy; SOCKS we can't."""
    return urlsplit(proxy).scheme in _SPOKEN
