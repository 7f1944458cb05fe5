"""Which internet addresses a host has, and which of them are on the open internet."""

import ipaddress
import socket
from functools import partial

from anyio.to_thread import run_sync

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_EMBEDS_IPV4 = (_NAT64, ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("::ffff:0:0/96"))


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, each once; ``OSError`` when it is not known.

    A look-up that hangs is left behind in its thread when the caller is cancelled.
    """
    find = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await run_sync(find, abandon_on_cancel=True)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether an address is on the open internet, also where it carries another one inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _EMBEDS_IPV4):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if address.scope_id or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
