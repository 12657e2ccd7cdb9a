"""A real DNS server for tests: answers what it was told, by UDP and TCP, and can hang, refuse or answer rubbish for a name."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

TRIES = 50
UDP_MOST = 1232


class Zone:
    """What is known: records by (name, kind). silent, failing, rubbish: names that get no answer, SERVFAIL, or no DNS at all."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        self.rubbish: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def text(self, name: str, *texts: str) -> None:
        """Let a name hold these TXT records, each cut into strings of 255 as the DNS wants it."""
        self.records[(name, "TXT")] = [" ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) for text in texts]

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """Return the answer to one question."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        if name in self.rubbish:
            return b"HTTP/1.1 200 OK"
        reply = dns.message.make_response(query)
        records = self.records.get((name, kind), [])
        if name in self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif not any(known == name or known.endswith(f".{name}") for known, _kind in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        whole = reply.to_wire(max_size=65_535)
        if tcp or len(whole) <= UDP_MOST:
            return whole
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = self.request
        found = self.server.zone.answer(wire, tcp=False)  # type: ignore[attr-defined]
        if found is not None:
            sock.sendto(found, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        length = self.rfile.read(2)
        if len(length) == 2:
            found = self.server.zone.answer(self.rfile.read(int.from_bytes(length, "big")), tcp=True)  # type: ignore[attr-defined]
            if found is not None:
                self.wfile.write(len(found).to_bytes(2, "big") + found)


def _both() -> tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]:
    """One port, free for both: what UDP is given may be a TCP connection's own in that moment, so it is asked again."""
    for _ in range(TRIES):
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Udp)
        try:
            return udp, socketserver.ThreadingTCPServer(("127.0.0.1", udp.server_address[1]), _Tcp)
        except OSError:
            udp.server_close()
    raise OSError(f"No port was free for both UDP and TCP in {TRIES} tries")


@contextmanager
def dns_stage(settings: Any) -> Iterator[Zone]:
    """Run the server on a free loopback port, and let it be the one the product asks."""
    zone = Zone()
    udp, tcp = _both()
    for server in (udp, tcp):
        server.daemon_threads = True
        server.zone = zone  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.DNS_SERVER = f"127.0.0.1:{udp.server_address[1]}"
    try:
        yield zone
    finally:
        for server in (udp, tcp):
            server.shutdown()
            server.server_close()
