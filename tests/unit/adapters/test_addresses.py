import pytest

from app.adapters.addresses import as_literal, may_reach

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
PRIVATE = [
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.7",
    "fd12::1",
    "::ffff:192.168.1.1",
    "64:ff9b:1::a00:1",
]
NEVER = [
    *("169.254.169.254", "169.254.0.9", "fe80::1", "fe80::1%eth0", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
    *("fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::169.254.169.254"),
    *("224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1"),  # noqa: S104 - not bound
    *("2002:7f00:1::", "2001:0:4136:e378::1", "2001:db8::1", "fec0::1", "not an address", ""),
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached_from_everywhere_but_loopback(address: str) -> None:
    assert may_reach(address, "internet")
    assert may_reach(address, "local")
    assert not may_reach(address, "loopback")


@pytest.mark.parametrize("address", LOOPBACK)
def test_this_computer_is_reached_only_when_it_was_meant(address: str) -> None:
    assert not may_reach(address, "internet")
    assert may_reach(address, "local")
    assert may_reach(address, "loopback")


@pytest.mark.parametrize("address", PRIVATE)
def test_own_networks_are_reached_only_when_they_were_meant(address: str) -> None:
    assert not may_reach(address, "internet")
    assert may_reach(address, "local")
    assert not may_reach(address, "loopback")


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_reached(address: str) -> None:
    assert not any(may_reach(address, reach) for reach in ("internet", "local", "loopback"))


def test_a_name_is_no_address() -> None:
    assert as_literal("example.com") is None
    assert (
        as_literal("2130706433") is None
    )  # the system would take it for 127.0.0.1: the resolver checks that
    assert as_literal("[::1]") == "::1"
