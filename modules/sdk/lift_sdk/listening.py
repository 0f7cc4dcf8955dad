"""Opens the socket that a server accepts from."""

import os
import socket

_BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address, on a free port for 0; raises OSError.

    The protocol is named, which `socket.create_server` does not do: only then asyncio switches Nagle's algorithm off
    for what is accepted, and with it the second part of each answer waits 40 ms for the first one's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # A port whose last server has just gone; elsewhere this would let two servers share one.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
