"""Reading kept mails: lists from the newest on, and one mail taken apart without trusting anything in it."""

import email
import email.policy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path

from retention.inbox.keeping import FOLDER_NAME, MAIL_NAME

HEAD_BYTES = 64 * 1024
RAW_BYTES = 256 * 1024  # of a mail as it came; a page that shows more helps nobody
_BLANK = re.compile(rb"\r?\n\r?\n")
_TYPE = re.compile(rb"(?im)^content-type[ \t]*:.*(?:\n[ \t].*)*\n?")
_WEB = ("https://", "http://")


@dataclass(frozen=True)
class Heading:
    """A mail as a line of the list. channel: of the message it stands for, since texts arrive as mails that name it."""

    name: str
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    channel: str = "email"


@dataclass(frozen=True)
class Mail:
    """A mail as its page shows it. raw: its first `RAW_BYTES` as they came, each byte that is no UTF-8 replaced."""

    heading: Heading
    headers: list[tuple[str, str]]
    text: str
    html: str
    size_bytes: int
    raw: str

    @property
    def cut_bytes(self) -> int:
        """Return after how many bytes `raw` ends before the mail does; 0 where it is whole."""
        return RAW_BYTES if self.size_bytes > RAW_BYTES else 0


def list_mails(folder: Path, *, name: str, limit: int = 200, search: str = "") -> list[Heading]:
    """Return the newest mails of one folder; search: a part of address or subject."""
    wanted = search.strip().lower()
    found = []
    for path in _newest_first(folder, name=name):
        try:
            with path.open("rb") as stream:
                head = stream.read(HEAD_BYTES)
        except FileNotFoundError:  # thrown away since the folder was read
            continue
        heading = _heading(path.name, _parse(head))
        if not wanted or wanted in f"{heading.recipient} {heading.subject}".lower():
            found.append(heading)
        if len(found) == limit:
            break
    return found


def read_mail(folder: Path, *, name: str, mail: str) -> Mail | None:
    """Return one mail of a folder, or None when there is none with this name."""
    if not FOLDER_NAME.fullmatch(name) or not MAIL_NAME.fullmatch(mail):
        return None
    try:
        content = (folder / name / mail).read_bytes()
    except FileNotFoundError:
        return None
    message = _parse(content)
    headers = [(key, _value(message, key, written)) for key, written in message.raw_items()]
    raw = content[:RAW_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    return Mail(_heading(mail, message), headers, _part(message, "plain"), _part(message, "html"), len(content), raw)


def push_of(mail: Mail) -> dict[str, str]:
    """Return a push message as its notification shows it: title, text, picture, icon, link, sender; nothing for other mails."""
    if mail.heading.channel != "push":
        return {}
    try:
        told = json.loads(mail.text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    names = {"title": "title", "text": "body", "picture": "image", "icon": "icon", "link": "url"}
    push = {name: str(told.get(key) or "")[:4000] for name, key in names.items()}
    shown = {name: text if name not in {"picture", "icon", "link"} or text.startswith(_WEB) else "" for name, text in push.items()}
    return shown | {"sender": mail.heading.sender.strip('"')}


def _newest_first(folder: Path, *, name: str) -> Iterator[Path]:
    if not FOLDER_NAME.fullmatch(name) or not (folder / name).is_dir():
        return iter(())
    return iter(sorted((path for path in (folder / name).iterdir() if MAIL_NAME.fullmatch(path.name)), reverse=True))


def _parse(content: bytes) -> EmailMessage:
    """Take a mail apart; one with too much inside each other has headers and no parts."""
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
    except RecursionError:
        message = BytesParser(policy=email.policy.default).parsebytes(_untyped(content), headersonly=True)
    if not isinstance(message, EmailMessage):
        raise TypeError("The policy makes EmailMessage.")
    return message


def _untyped(content: bytes) -> bytes:
    """Return the headers of a mail without that which says what its parts are."""
    return _TYPE.sub(b"", _BLANK.split(content, maxsplit=1)[0] + b"\n") + b"\n"


def _heading(name: str, message: EmailMessage) -> Heading:
    received_at = datetime.fromtimestamp(int(name[:19]) / 1_000_000_000, UTC)
    recipient = _header(message, "To") or _header(message, "X-Envelope-To")
    return Heading(name, received_at, _header(message, "From"), recipient, _header(message, "Subject"), _channel(message))


def _channel(message: EmailMessage) -> str:
    return found if (found := _header(message, "X-Boomerang-Channel").strip()) in {"sms", "push"} else "email"


def _header(message: EmailMessage, name: str) -> str:
    return next((_value(message, key, written) for key, written in message.raw_items() if key.lower() == name.lower()), "")


def _value(message: EmailMessage, key: str, written: str) -> str:
    try:
        return _text(message.policy.header_fetch_parse(key, written))
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):  # the parser stumbles over some broken addresses
        return ""


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _part(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
        return "" if part is None else _content(part)
    except RecursionError:
        return ""


def _content(part: MIMEPart) -> str:
    try:
        content = part.get_content()
    except (LookupError, ValueError):  # an unknown or lying charset
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return _text(content)
