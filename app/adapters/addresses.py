"""Which addresses of the network a request may reach, whatever name led there."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, TypeAlias

# internet: public addresses only. local: this computer and its own networks as well, for a server that
# the person named. loopback: this computer only.
Reach: TypeAlias = Literal["internet", "local", "loopback"]
Address: TypeAlias = IPv4Address | IPv6Address
LOOPBACK = ("127.0.0.1", "::1")

# Services of cloud machines that hand out keys to whoever asks; some lie outside the link-local range.
_METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"))
)
_OWN_NETWORKS = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_OWN_ENDINGS = (".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet", ".corp")
# Python's table of global addresses has changed between releases; these are never a server of the internet.
_NOT_GLOBAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "198.18.0.0/15",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "fec0::/10",
        ),
    )
)
_NAT64 = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))
_COMPATIBLE = ip_network("::/96")


class BlockedAddress(OSError):
    """An address that this request may not reach."""


@lru_cache(maxsize=4096)
def may_reach(text: str, reach: Reach) -> bool:
    """Whether a request of this reach may connect to an address; what is no address is refused."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    hidden = _inside(address)
    return _allowed(address if hidden is None else hidden, reach)


@lru_cache(maxsize=4096)
def as_literal(host: str) -> str | None:
    """The address that a host already is, without brackets and zone; None for a name."""
    text = host.strip("[]").partition("%")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def is_own_name(host: str) -> bool:
    """Whether a name stands for this very computer by definition."""
    return host == "localhost" or host.endswith(".localhost")


def is_own_network(host: str) -> bool:
    """Whether a host lies in a network of one's own: its address is private, or its name means nothing outside."""
    literal = as_literal(host)
    if literal is None:
        return "." not in host or host.endswith(_OWN_ENDINGS)
    return may_reach(literal, "local") and not may_reach(literal, "internet")


def _inside(address: Address) -> IPv4Address | None:
    """The IPv4 address that a translated or wrapped IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    wrapped = any(address in network for network in _NAT64) or (address in _COMPATIBLE and int(address) > 1)
    return IPv4Address(int(address) & 0xFFFFFFFF) if wrapped else None


def _allowed(address: Address, reach: Reach) -> bool:
    if address in _METADATA or address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if address.is_loopback:
        return reach != "internet"
    if reach == "loopback":
        return False
    if any(address in network for network in _OWN_NETWORKS):
        return reach == "local"
    return address.is_global and not any(address in network for network in _NOT_GLOBAL)
