"""A relay that takes everything and a raw source into it: Postfix's smtp-sink and smtp-source where they are, else small ones of ours.

Ours: `python -m tests.bench.measuring.relay sink PORT` and `... source PORT COUNT BYTES`; the source pipelines one ready-made mail.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
SESSIONS = 4


def kind() -> str:
    """Say whose sink and source are used."""
    return "postfix" if shutil.which("smtp-sink", path=_PATH) and shutil.which("smtp-source", path=_PATH) else "ours"


@contextmanager
def sink() -> Iterator[tuple[int, int]]:
    """Run a sink; give its port and its process's number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    ours = [sys.executable, "-m", "tests.bench.measuring.relay", "sink", str(port)]
    command = [shutil.which("smtp-sink", path=_PATH) or "", *user, f"127.0.0.1:{port}", "100"] if kind() == "postfix" else ours
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("The sink does not start.")


def send_raw(port: int, *, count: int, size: int) -> None:
    """Send mails of `size` bytes as fast as a bare source can."""
    ours = [sys.executable, "-m", "tests.bench.measuring.relay", "source", str(port), str(count), str(size)]
    name = shutil.which("smtp-source", path=_PATH) or ""
    options = ["-s", str(SESSIONS), "-l", str(size), "-m", str(count), "-d"]
    command = [name, *options, "-f", "a@example.test", "-t", "b@example.test", f"127.0.0.1:{port}"] if kind() == "postfix" else ours
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


class _Sink(asyncio.Protocol):
    """Speaks just enough SMTP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.waiting, self.content = transport, b"", False
        self.say(b"220 sink\r\n")

    def say(self, text: bytes) -> None:
        self.transport.write(text)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while True:
            end = self.waiting.find(b"\r\n.\r\n") if self.content else self.waiting.find(b"\r\n")
            if end < 0:
                self.waiting = self.waiting[-4:] if self.content else self.waiting
                return
            verb, self.waiting = self.waiting[:4].upper(), self.waiting[end + (5 if self.content else 2) :]
            if self.content:
                self.content = False
                self.say(b"250 taken\r\n")
            elif verb == b"DATA":
                self.content = True
                self.say(b"354 go on\r\n")
            else:
                self.say(b"250-sink\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", port)
    await server.serve_forever()


def _source(port: int, count: int, size: int) -> None:
    body = b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * (size // 72) + b".\r\n"
    with socket.create_connection(("127.0.0.1", port)) as line:
        replies = line.makefile("rb")
        replies.readline()
        line.sendall(b"HELO x\r\n")
        replies.readline()
        for _ in range(count):
            line.sendall(b"MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n")
            for _ in range(3):
                replies.readline()
            line.sendall(body)
            replies.readline()


if __name__ == "__main__":
    if sys.argv[1] == "sink":
        asyncio.run(_serve(int(sys.argv[2])))
    else:
        _source(*map(int, sys.argv[2:5]))
