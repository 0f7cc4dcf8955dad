"""The client for addresses that somebody registered: it connects to allowed addresses only, and follows no redirect.

What is checked is the address that is connected to, in the moment in which it is: a name that resolves to something
else later, or to several addresses, gains nothing. Also without cookies, without proxies from the environment, and
with caps on time.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
# Of the machine's own cloud (metadata), of everybody on the wire, of nobody: no list can allow these.
_NEVER = tuple(
    map(
        ipaddress.ip_network,
        ("169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "0.0.0.0/32", "::/128", "fd00:ec2::254/128"),
    )
)


class AddressNotAllowed(OSError):
    """The address is not on the operator's list."""


@dataclass(frozen=True, slots=True)
class AllowedAddress:
    """A network or a host name, with the ports that may be used there, both inclusive."""

    network: _IPNetwork | None
    host: str
    first_port: int
    last_port: int

    @classmethod
    def parse(cls, text: str) -> "AllowedAddress":
        """Read `host-or-network[:port[-port]]`, an IPv6 one in brackets; raise `ValueError` for anything else."""
        host, ports = _host_and_ports(text.strip())
        first, _, last = ports.partition("-")
        first_port = int(first) if first else 1
        last_port = int(last or first) if first else 65535
        if not host or not 1 <= first_port <= last_port <= 65535:  # noqa: PLR2004 - the ports there are
            raise ValueError(f"{text!r} is no host-or-network[:port[-port]]")
        try:
            return cls(ipaddress.ip_network(host, strict=False), "", first_port, last_port)
        except ValueError:
            if "/" in host:
                raise
            return cls(None, host.lower(), first_port, last_port)


def _host_and_ports(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, ports = text.partition(":")
    return host, ports


class AllowedAddresses:
    """The operator's list. Empty, it allows nothing."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._addresses = tuple(AllowedAddress.parse(text) for text in texts)

    def allow_host(self, host: str, port: int) -> bool:
        """Return whether the list names this host itself; its addresses are then allowed, whatever they are."""
        return any(
            one.host == host.lower() and one.first_port <= port <= one.last_port
            for one in self._addresses
            if one.network is None
        )

    def allow_ip(self, text: str, port: int) -> bool:
        """Return whether an IP address, as text, may be connected to."""
        address = _plain(ipaddress.ip_address(text.partition("%")[0]))
        return any(
            one.network is not None
            and one.network.version == address.version
            and address in one.network
            and one.first_port <= port <= one.last_port
            for one in self._addresses
        )


class PublicAddresses(AllowedAddresses):
    """Every address of the public internet, and what the operator's list adds to it."""

    def allow_ip(self, text: str, port: int) -> bool:
        address = _plain(ipaddress.ip_address(text.partition("%")[0]))
        return (address.is_global and not address.is_multicast) or self.lists_ip(text, port)

    def lists_ip(self, text: str, port: int) -> bool:
        """Return whether the operator's list itself has an address; raises `ValueError` for what is none."""
        return super().allow_ip(text, port)


def _plain(address: _IPAddress) -> _IPAddress:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    return getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address


def never_allowed(text: str) -> bool:
    address = _plain(ipaddress.ip_address(text.partition("%")[0]))
    return any(address.version == network.version and address in network for network in _NEVER)


def url_check(url: str, allowed: AllowedAddresses) -> None:
    """Raise `AddressNotAllowed` unless every present address of an http(s) URL's host is allowed.

    A courtesy to who registers it: the check that protects is made for every connection.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
        if parts.username is not None or parts.password is not None or not host or not host.isascii():
            raise AddressNotAllowed("The URL needs a plain host name.")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (ValueError, KeyError):
        raise AddressNotAllowed("This is no http or https URL with a host.") from None
    except (OSError, UnicodeError) as error:
        if isinstance(error, AddressNotAllowed):
            raise
        raise AddressNotAllowed("The host has no address.") from None
    named = allowed.allow_host(host, port)
    for *_, socket_address in found:
        ip = str(socket_address[0])
        if never_allowed(ip) or not (named or allowed.allow_ip(ip, port)):
            raise AddressNotAllowed("The address is not among those that the operator allows.")


class _NamedResolver(aiohttp.ThreadedResolver):
    """Remembers which addresses belong to a host that the list names: the socket knows only the address."""

    def __init__(self, allowed: AllowedAddresses) -> None:
        super().__init__()
        self._allowed = allowed
        self.named: set[tuple[str, int]] = set()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        found = await super().resolve(host, port, family)
        if self._allowed.allow_host(host, port):
            self.named.update((one["host"], port) for one in found)
        return found


def outgoing_session(allowed: AllowedAddresses, *, connections: int = 0, per_host: int = 0) -> aiohttp.ClientSession:
    """Return a client of the running event loop; a forbidden address raises `aiohttp.ClientConnectorError`.

    0 connections means without limit. Callers pass `allow_redirects=False` and a time-out.
    """
    resolver = _NamedResolver(allowed)

    def guarded(address: Any) -> socket.socket:
        family, kind, protocol, _, (ip, port, *_) = address
        if never_allowed(ip) or not (allowed.allow_ip(ip, port) or (ip, port) in resolver.named):
            raise AddressNotAllowed(f"{ip} port {port} is not allowed")
        return socket.socket(family=family, type=kind, proto=protocol)

    connector = aiohttp.TCPConnector(
        limit=connections,
        limit_per_host=per_host,
        resolver=resolver,
        socket_factory=guarded,
        use_dns_cache=False,
        # Below uvicorn's 5 s: a connection that the other side is about to close is not used again.
        keepalive_timeout=4,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        requote_redirect_url=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
    )
    # It would send some requests a second time by itself; who calls decides what may be repeated. There is no other way
    # to say so.
    session._retry_connection = False  # noqa: SLF001 - as above
    return session
