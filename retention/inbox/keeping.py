"""Mails as files: one folder per store, one file per mail, there in full or not at all.

A mail is written beside its place, forced to disk and then renamed, so the server may say 250 once `keep` returns.
"""

import os
import re
import secrets
import time
from pathlib import Path

PRODUCT = "product"
FOLDER_NAME = re.compile(r"product|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAIL_NAME = re.compile(r"[0-9]{19}-[0-9a-f]{16}\.eml")


def keep(folder: Path, *, name: str, content: bytes, sender: str, recipients: list[str]) -> Path:
    """Write one mail durably into `folder/name` and return its file; the envelope stands in its first lines."""
    place = _make(folder / name)
    file = place / f"{time.time_ns():019d}-{secrets.token_hex(8)}.eml"
    fresh = file.with_suffix(".part")
    envelope = f"X-Envelope-From: {_one_line(sender)}\r\nX-Envelope-To: {_one_line(', '.join(recipients))}\r\n"
    with fresh.open("xb") as stream:
        stream.write(envelope.encode("utf-8", "replace"))
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.rename(file)
    _force(place)
    return file


def _make(place: Path) -> Path:
    if not place.is_dir():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)  # mails hold links that open accounts
        _force(place.parent)
    return place


def _force(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]+", " ", text)
