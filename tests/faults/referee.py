"""A relay that writes every acceptance into a file before it answers, and misbehaves by a seed.

`python -m tests.faults.referee PORT FILE SEED clean|faulty|slow`.

What it wrote is what was sent, whatever the sender believes. Its faults, each for a given part of all mails: refuse for now (451 to the
recipient), close the service (421), accept and then say error (451 after the content), accept and fall silent, drip, reset.
"""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Awaitable, Callable
from typing import Any

PARTS = {"later": 0.05, "closing": 0.02, "error_after": 0.02, "silence": 0.005, "drip": 0.03, "reset": 0.02}
SILENT_SECONDS = 60.0
SLOW_SECONDS = 0.5  # at most, for one mail of a relay that is slow

Speak = Callable[[bytes], Awaitable[None]]


def fault_of(chance: random.Random, *, faulty: bool) -> str:
    """Draw what goes wrong with one mail; mostly nothing."""
    drawn = chance.random()
    for name, part in PARTS.items() if faulty else ():
        drawn -= part
        if drawn < 0:
            return name
    return ""


class Referee:
    """One relay; `journal` is a file descriptor opened for appending."""

    def __init__(self, journal: int, chance: random.Random, *, mood: str) -> None:
        self.journal, self.chance, self.mood = journal, chance, mood

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak SMTP with one sender until it leaves or a fault ends the talk."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._say(writer, b"220 referee")
            while await self._command(reader, writer):
                pass
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, text: bytes) -> None:
        writer.write(text + b"\r\n")
        await writer.drain()

    async def _command(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        verb = (await reader.readuntil(b"\r\n"))[:4].upper()
        if verb == b"EHLO":
            await self._say(writer, b"250-referee\r\n250-PIPELINING\r\n250 AUTH PLAIN")
        elif verb == b"AUTH":
            await self._say(writer, b"235 in")
        elif verb == b"QUIT":
            await self._say(writer, b"221 bye")
            return False
        elif verb == b"MAIL":
            await self._say(writer, b"250 ok")
            return await self._mail(reader, writer, fault_of(self.chance, faulty=self.mood == "faulty"))
        else:
            await self._say(writer, b"250 ok")
        return True

    async def _mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str) -> bool:
        await reader.readuntil(b"\r\n")
        if fault in {"later", "closing"}:
            await reader.readuntil(b"\r\n")  # DATA, pipelined
            await self._say(writer, b"451 later\r\n503 no" if fault == "later" else b"421 closing\r\n421 closing")
            return fault == "later"
        await self._say(writer, b"250 ok")
        await reader.readuntil(b"\r\n")
        await self._say(writer, b"354 go on")
        if fault == "reset":
            await reader.read(100)
            writer.transport.abort()
            return False
        content = await reader.readuntil(b"\r\n.\r\n")
        os.write(self.journal, _message_id(content) + b"\n")
        return await self._answer(writer, fault)

    async def _answer(self, writer: asyncio.StreamWriter, fault: str) -> bool:
        if self.mood == "slow":
            await asyncio.sleep(self.chance.uniform(0, SLOW_SECONDS))
        if fault == "silence":
            await asyncio.sleep(SILENT_SECONDS)
            return False
        if fault == "error_after":
            await self._say(writer, b"451 error after all")
            return True
        for byte in b"250 tak" if fault == "drip" else b"":
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
        await self._say(writer, b"en" if fault == "drip" else b"250 taken")
        return True


def _message_id(content: bytes) -> bytes:
    start = content.index(b"Message-ID: <") + 13
    return content[start : content.index(b"@", start)]


async def main(port: int, path: str, seed: int, mood: str) -> None:
    """Serve until killed."""
    journal = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    referee = Referee(journal, random.Random(seed), mood=mood)
    server: Any = await asyncio.start_server(referee.serve, "127.0.0.1", port, limit=1 << 20)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
