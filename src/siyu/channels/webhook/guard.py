"""Where we never call: addresses that are not public (reliability.md F22).

An address is judged once, after one look-up, and the call goes to that very address: there is no second look-up that could answer
something else (rebinding). Redirects are not followed at all (see `call`).

The list is IANA's special-purpose registries (RFC 6890 and later) plus the cases that Python's `is_global` lets through: IPv4 inside
IPv6 (mapped, 6to4, NAT64, Teredo, ISATAP), multicast, 192.0.0.0/24 and the shared range 100.64/10, where a cloud's metadata lives.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from siyu.base.errors import InputError

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], list[str]]

_V4 = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_V6_PUBLIC = ipaddress.ip_network("2000::/3")  # the only range that was ever given out
_V6 = [
    ipaddress.ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "2001:2::/48", "2001:20::/28")
]
_NAT64 = [ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48")]
_ISATAP = (0x00005EFE, 0x02005EFE)


class Forbidden(InputError):
    """The address may not be called. `code` is countable."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what, remedy, field="url")
        self.code = code


@dataclass(frozen=True)
class Target:
    """A judged place to call: `ip` is what to connect to, `host` what to call it and whose certificate to ask for."""

    scheme: str
    host: str
    ip: str
    port: int
    path: str


def is_public(ip: Ip) -> bool:
    """Whether an address belongs to the public Internet, whatever it is wrapped in."""
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _V4)
    if any(not is_public(inner) for inner in _inside(ip)):
        return False
    return ip in _V6_PUBLIC and not any(ip in network for network in _V6) and ip.scope_id is None


def _inside(ip: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries."""
    number = int(ip)
    if ip.ipv4_mapped or number < 2**33:  # mapped, and the old "compatible" ::a.b.c.d
        yield ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if ip.sixtofour:
        yield ip.sixtofour
    if ip.teredo:
        yield from ip.teredo
    if any(ip in network for network in _NAT64):
        yield ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        yield ipaddress.IPv4Address(number & 0xFFFFFFFF)


def judge(url: str, private_hosts: Iterable[str] = (), lookup: Lookup | None = None) -> Target:
    """The place that a URL means, looked up once. Raises `Forbidden`.

    Public hosts are called by https on port 443 only. A host named in `private_hosts` may have any address, scheme http or https, and
    any port (or just the one named with it).
    """
    if any(ord(c) <= 32 or ord(c) == 127 or c == "\\" for c in url):
        raise Forbidden("url", "The address has characters that no address has.", "Write it as https://host/path.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Forbidden("url", "The address cannot be read.", "Write it as https://host/path.") from None
    if not host or parts.username is not None or parts.password is not None:
        raise Forbidden("url", "The address has no host, or a login in it.", "Write it as https://host/path.")
    if parts.scheme not in ("http", "https"):
        raise Forbidden("scheme", "Only http and https can be called.", "Begin the address with https://.")
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    named = {name.strip().lower().rstrip(".") for name in private_hosts}
    is_named = host.lower() in named or f"{host.lower()}:{port}" in named
    if not is_named and (parts.scheme != "https" or port != 443):
        raise Forbidden("port", "Public hosts are called by https on port 443 only.", "Use https, or name the host as a private one.")
    try:
        name = host if ":" in host else host.encode("idna").decode()
        found = (lookup or _look_up)(name, port)
    except (OSError, UnicodeError):
        raise Forbidden("lookup", "The host's name is not known.", "Check the spelling and that its DNS record exists.") from None
    if not found:
        raise Forbidden("lookup", "The host's name has no address.", "Check its DNS record.")
    if not is_named:
        for text in found:
            try:
                public = is_public(ipaddress.ip_address(text))
            except ValueError:
                public = False
            if not public:  # one private answer spoils them all: whoever gives both is up to something
                raise Forbidden(
                    "private", "The host has an address inside a private network.", "Use a public host, or name it as a private one."
                )
    return Target(parts.scheme, name, found[0], port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _look_up(host: str, port: int) -> list[str]:
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
