"""The front door: `/v1/...` goes to the tracking door, files of the pages to WhiteNoise, everything else to Django behind a gate.

The gate lets `REQUEST_SLOTS` requests of a process into Django at a time, so that a burst of pages cannot use up the database's
connections, and events never wait behind pages. Bodies are of 1 MB at most, but where files are put in. Copy nothing from here: pages
live in the rooms.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention.settings")

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from whitenoise import WhiteNoise

from retention.kit.memory import keep_what_is_loaded
from retention.kit.metrics import REQUESTS_TURNED_AWAY
from retention.kit.threads import let_threads_finish

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

OPEN_ADDRESSES = ("/healthz", "/readyz")
WAIT_SECONDS = 5.0
TOO_LARGE = "The body is larger than %d MB."
FILES = re.compile(
    r"/s/[^/]+/(?:imports/new|segments/postcodes)/|/api/v1/imports"
)  # where people and programs put in files; they are written to disk, not held
LARGEST_FILE_BODY = 51 * 1024 * 1024  # a file of 50 MB and the form around it
FILES_AT_A_TIME = 2  # of a process, whose folder for such files is small
TOO_MANY = "Too many people at once. Try again in a few seconds."
# Stand in shops' pages, under addresses that never change.
FOR_SHOPS = ("js/boomerang.js", "js/boomerang-onsite.js", "js/boomerang-push.js", "js/boomerang-worker.js", "js/signup.js")
HASHED_NAME = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")


def build() -> Application:
    """Return the whole application; refuses in production to start with a role that sees every store."""
    django = get_wsgi_application()
    from retention.health import stopping
    from retention.intake.door import Door

    stopping.listen()
    let_threads_finish()
    gate = Gate(django, slots=settings.REQUEST_SLOTS)
    application = dispatcher(door=Door(), pages=files_in_front_of(gate))
    keep_what_is_loaded()
    return application


def dispatcher(*, door: Application, pages: Application) -> Application:
    """Return what sends `/v1/...` to the tracking door and the rest to the pages."""

    def dispatch(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        return (door if path.startswith("/v1/") else pages)(environ, start_response)

    return dispatch


def files_in_front_of(gate: Application) -> Application:
    """Return the application that serves the pages' files without going through the gate."""
    if settings.PRODUCTION:
        files: Application = WhiteNoise(
            gate,
            root=str(settings.STATIC_ROOT),
            prefix=settings.STATIC_URL,
            immutable_file_test=lambda _path, url: bool(HASHED_NAME.search(url)),
            allow_all_origins=False,
            add_headers_function=_harden,
        )
        return files
    return FoundFiles(gate, autorefresh=True, allow_all_origins=False, add_headers_function=_harden)


class FoundFiles(WhiteNoise):  # type: ignore[misc]
    """Serve files from where the apps keep them, read anew each time; for every place but production."""

    def candidate_paths_for_url(self, url: str) -> Iterator[str]:
        """Yield the file that an address under /static/ means, if there is one."""
        if url.startswith(settings.STATIC_URL):
            found = finders.find(url.removeprefix(settings.STATIC_URL))
            if found:
                yield found


class Gate:
    """Let a few requests at a time into Django; the others wait up to five seconds and are then asked to come back."""

    def __init__(self, inner: Application, *, slots: int, wait_seconds: float = WAIT_SECONDS) -> None:
        self._inner = inner
        self._slots = threading.BoundedSemaphore(slots)
        self._files = threading.BoundedSemaphore(FILES_AT_A_TIME)
        self._wait_seconds = wait_seconds
        self._role_checked = False
        self._check_role()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from Django when there is room and the body is of a size we read."""
        if environ.get("PATH_INFO") in OPEN_ADDRESSES:
            return self._inner(environ, start_response)
        length, largest = _length(environ), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        with_file = length > largest and bool(FILES.fullmatch(environ.get("PATH_INFO", "")))
        largest = LARGEST_FILE_BODY if with_file else largest
        if length > largest:
            return _refuse(environ, start_response, status="413 Content Too Large", detail=TOO_LARGE % (largest // 1024**2))
        release = self._enter(with_file=with_file)
        if release is None:
            REQUESTS_TURNED_AWAY.inc()
            return _refuse(environ, start_response, status="503 Service Unavailable", detail=TOO_MANY)
        if not self._role_checked:
            self._check_role()
        try:
            answer = self._inner(environ, start_response)
        except BaseException:
            release()
            raise
        return _Holding(answer, release=release)

    def _enter(self, *, with_file: bool) -> Callable[[], None] | None:
        """Wait for a place, and for one of the few for files; return what gives them back, or None when there was none in time."""
        ends = time.monotonic() + self._wait_seconds
        taken: list[threading.BoundedSemaphore] = []

        def leave() -> None:
            for places in taken:
                places.release()

        for places in (self._files, self._slots) if with_file else (self._slots,):
            if not places.acquire(timeout=max(ends - time.monotonic(), 0)):
                leave()
                return None
            taken.append(places)
        return leave

    def _check_role(self) -> None:
        """Check the database role now, or with the next request while the database is away."""
        from retention.tenancy.checking import refuse_unsafe_role

        try:
            refuse_unsafe_role()
        except OperationalError:
            return
        self._role_checked = True


class _Holding:
    """An answer that gives its place in the gate back once the server has taken all of it."""

    def __init__(self, answer: Iterable[bytes], *, release: Callable[[], None]) -> None:
        self._answer = answer
        self._release: Callable[[], None] | None = release

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer
        finally:
            self.close()

    def close(self) -> None:
        """Close Django's answer and free the place, once."""
        release, self._release = self._release, None
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            if release is not None:
                release()


def _length(environ: Environ) -> int:
    try:
        return int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _refuse(environ: Environ, start_response: StartResponse, *, status: str, detail: str) -> Iterable[bytes]:
    """Answer without Django: a problem document for the API, one plain sentence for people."""
    number, _space, title = status.partition(" ")
    if environ.get("PATH_INFO", "").startswith("/api/"):
        kind = "application/problem+json"
        body = f'{{"type": "about:blank", "title": "{title}", "status": {number}, "detail": "{detail}"}}'
    else:
        kind, body = "text/plain; charset=utf-8", f"{detail}\n"
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if number == "503":
        headers.append(("Retry-After", "5"))
    start_response(status, headers)
    return [body.encode()]


def _harden(headers: Any, _path: str, url: str) -> None:
    """Keep the pages' files to the pages; those for shops may be loaded from anywhere, and are asked for again after an hour."""
    headers["X-Content-Type-Options"] = "nosniff"
    if url.removeprefix(settings.STATIC_URL) not in FOR_SHOPS:
        headers["Cross-Origin-Resource-Policy"] = "same-site"
        return
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Cache-Control"] = "public, max-age=3600" if settings.PRODUCTION else "no-cache"


application = build()
