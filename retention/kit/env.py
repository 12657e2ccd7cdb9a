"""Typed readers for environment variables, used by `retention/settings.py` alone.

Every variable is read once, at start-up, so a wrong value stops the process with one sentence that names it.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class EnvError(ValueError):
    """An environment variable is missing or has a value that cannot be used; the message names it and the cause."""


class Env:
    """Read typed values from one mapping of environment variables (usually `os.environ`)."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable's text; without a default a missing or empty variable is an EnvError."""
        value = self._source.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise EnvError(f"{name} is not set, and it has no safe default.")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return True for 1/true/yes/on and False for 0/false/no/off, in any case."""
        value = self._source.get(name, "").strip().lower()
        if not value:
            return default
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise EnvError(f"{name} is {value!r}; write true or false.")

    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
        """Return a whole number between low and high, both included."""
        value = self._source.get(name, "").strip()
        if not value:
            return default
        try:
            number = int(value)
        except ValueError as error:
            raise EnvError(f"{name} is {value!r}; write a whole number.") from error
        if not low <= number <= high:
            raise EnvError(f"{name} is {number}; it must lie between {low} and {high}.")
        return number

    def listing(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Return the comma-separated parts, stripped, without empty ones."""
        value = self._source.get(name, "")
        parts = [part.strip() for part in value.split(",") if part.strip()]
        return parts or list(default)

    def path(self, name: str, default: Path) -> Path:
        """Return an absolute path; a relative one is taken from the current folder."""
        value = self._source.get(name, "").strip()
        return Path(value).resolve() if value else default

    def choice(self, name: str, options: tuple[str, ...], default: str) -> str:
        """Return one of the options."""
        value = self._source.get(name, "").strip() or default
        if value not in options:
            raise EnvError(f"{name} is {value!r}; it must be one of {', '.join(options)}.")
        return value

    def database(self, name: str, default: str | None = None) -> dict[str, object]:
        """Return Django's settings for a URL `postgres://user:password@host:port/name?host=/socket/folder`."""
        url = urlsplit(self.text(name, default))
        if url.scheme not in {"postgres", "postgresql"}:
            raise EnvError(f"{name} starts with {url.scheme!r}; write postgres://user:password@host/database.")
        options = dict(parse_qsl(url.query))
        host = options.pop("host", None) or url.hostname or ""
        database = unquote(url.path.lstrip("/"))
        if not database:
            raise EnvError(f"{name} names no database; write postgres://user:password@host/database.")
        try:
            port = str(url.port or "")
        except ValueError as error:
            raise EnvError(f"{name} has a port that is not a whole number.") from error
        return {
            "NAME": database,
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": host,
            "PORT": options.pop("port", None) or port,
            "OPTIONS": options,
        }
