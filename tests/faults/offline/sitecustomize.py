"""Read by every Python that has this folder on its PYTHONPATH, kernels among them: no other host can be reached or asked for.

Each attempt is written to the file $OFFLINE_LOG and refused.
"""

import os
import sys

_HERE = ("127.0.0.1", "::1", "localhost", "", None)


def _refuse(event: str, arguments: tuple) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[-1]
        host = address[0] if isinstance(address, tuple) and address else None  # others are sockets of this machine
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host in _HERE:
        return
    with open(os.environ["OFFLINE_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{event} {host}\n")
    raise OSError(101, "Network is unreachable")


sys.addaudithook(_refuse)
