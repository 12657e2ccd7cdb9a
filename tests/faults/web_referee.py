"""Services by HTTP that write every acceptance into a file before they answer, and misbehave by a seed.

`python -m tests.faults.web_referee PORT FILE SEED clean|faulty resend|postmark|twilio|push`.

A line of the file is the key of a message that was taken; with `again` behind it, it was recognised as a repeat and not taken twice; with
`changed`, it said something else under the same key and was refused. Only Resend and push services recognise repeats, as in reality.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

PARTS = {"limited": 0.05, "busy": 0.05, "down": 0.02, "error_after": 0.03, "silence": 0.01, "drip": 0.03, "reset": 0.02}
SILENT_SECONDS = 60.0
Answer = tuple[int, Any, Mapping[str, str]]


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Kind:
    """One service: where our key stands in a request, and what it says when it takes one. keyed: it recognises a repeat.

    strict: a repeat must say the same.
    """

    key_of: Callable[[Request], str]
    taken: Callable[[str, Request], Answer]
    keyed: bool = False
    strict: bool = False


def _twilio_key(request: Request) -> str:
    callback = parse_qs(request.body.decode())["StatusCallback"][0]
    return parse_qs(urlsplit(callback).query)["m"][0]


def _postmark(key: str, request: Request) -> Answer:
    told = {"To": json.loads(request.body)["To"], "SubmittedAt": "2026-03-02T12:00:00Z", "MessageID": key, "ErrorCode": 0, "Message": "OK"}
    return 200, told, {}


KINDS: dict[str, Kind] = {
    "resend": Kind(lambda one: one.headers["idempotency-key"], lambda key, _: (200, {"id": key}, {}), keyed=True, strict=True),
    "postmark": Kind(lambda one: str(json.loads(one.body)["Metadata"]["boomerang"]), _postmark),
    "twilio": Kind(_twilio_key, lambda key, _: (201, {"sid": f"SM{key}"}, {})),
    "push": Kind(lambda one: one.headers["topic"], lambda key, _: (201, None, {"Location": f"/m/{key}"}), keyed=True),
}


@dataclass
class Referee:
    """One service. journal: a file descriptor opened for appending."""

    kind: Kind
    journal: int
    chance: random.Random
    faulty: bool
    taken: dict[str, bytes] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request on one connection; a fault may end the talk earlier."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            fault = self._draw()
            if fault == "reset":
                writer.transport.abort()
                return
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            await self._answer(writer, Request(head[0].split(" ")[1], headers, body), fault)
        writer.close()

    def _draw(self) -> str:
        drawn = self.chance.random()
        for name, part in PARTS.items() if self.faulty else ():
            drawn -= part
            if drawn < 0:
                return name
        return ""

    async def _answer(self, writer: asyncio.StreamWriter, request: Request, fault: str) -> None:
        refused: dict[str, Answer] = {
            "limited": (429, {"message": "too many"}, {"Retry-After": "1"}),
            "busy": (503, {"message": "busy"}, {"Retry-After": "1"}),
            "down": (503, {"message": "down"}, {}),
        }
        if fault in refused:
            await _say(writer, refused[fault])
            return
        answer = self._take(request)
        if fault == "silence":
            await asyncio.sleep(SILENT_SECONDS)
        elif fault == "error_after":
            await _say(writer, (500, {"message": "error after all"}, {}))
        else:
            await _say(writer, answer, drip=fault == "drip")

    def _take(self, request: Request) -> Answer:
        """Write down what came, and return what is said to it."""
        key = self.kind.key_of(request)
        digest = hashlib.sha256(request.body).digest()
        word = ""
        if self.kind.keyed and key in self.taken:
            word = " changed" if self.kind.strict and self.taken[key] != digest else " again"
        self.taken.setdefault(key, digest)
        os.write(self.journal, f"{key}{word}\n".encode())
        return (409, {"name": "invalid_idempotent_request"}, {}) if word == " changed" else self.kind.taken(key, request)


async def _say(writer: asyncio.StreamWriter, answer: Answer, *, drip: bool = False) -> None:
    status, told, more = answer
    body = b"" if told is None else json.dumps(told).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **more}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    content = f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body
    for byte in content[:-10] if drip else b"":
        if writer.transport.is_closing():  # whoever asked has given up
            return
        writer.write(bytes([byte]))
        await asyncio.sleep(0.005)
    writer.write(content[-10:] if drip else content)
    await writer.drain()


async def main(port: int, path: str, seed: int, faulty: bool, kind: str) -> None:
    """Serve until killed."""
    journal = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    referee = Referee(KINDS[kind], journal, random.Random(seed), faulty=faulty)
    server: Any = await asyncio.start_server(referee.serve, "127.0.0.1", port, limit=1 << 20)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "faulty", sys.argv[5]))
