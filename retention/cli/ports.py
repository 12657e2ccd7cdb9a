"""Free ports on this machine's loopback address."""

import errno
import socket

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Say whether nothing listens on the port, on either address that `localhost` may mean."""
    for family, host in ((socket.AF_INET, HOST), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False  # anything else: this machine does not speak IPv6
    return True


def free_port(wanted: int, *, tries: int = 100) -> int:
    """Return the wanted port, or the next free one. Raises OSError when none of `tries` ports is free."""
    for port in range(wanted, min(wanted + tries, 65536)):
        if is_free(port):
            return port
    raise OSError(f"No free port between {wanted} and {wanted + tries - 1}.")


def listens(port: int) -> bool:
    """Say whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
