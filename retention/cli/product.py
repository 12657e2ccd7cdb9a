"""The whole product on this machine: the ground, the services, and a way to stay until somebody asks to stop.

Used by the words demo and serve; what happens once it is up is theirs.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retention.cli import StepFailedError, crew, ports
from retention.cli.compiling import compiling
from retention.cli.folders import Leader, Place
from retention.cli.ground import Ground, ground, migrate, set_up_django
from retention.cli.saying import Voice
from retention.cli.supervising import Supervisor
from retention.cli.tracing import told_plainly
from retention.embedded import processes
from retention.kit.metrics import share_between_processes

WEB_PORT = 8000
INBOX_PORT = 2525


@dataclass(frozen=True)
class Product:
    """The running product. environment: what its processes were given, and this one too."""

    url: str
    environment: dict[str, str]
    supervisor: Supervisor
    inbox: Path


@contextmanager
def product(place: Place, *, voice: Voice, port: int, mode: str, clock: Path | None = None, workers: int = 1) -> Iterator[Product]:
    """Start everything, yield it when it is up, and stop it in order.

    clock: the file that makes the product's clock run fast, in the demo. workers: so many processes do the work behind the pages. Services
    that wait read their code beside the migration: reading takes most of their start.
    """
    with compiling() as compiled, ground(place, mode=mode) as base:
        voice.step("   ".join(base.servers.labels))
        web_port, inbox_port = _free(port, what="port", voice=voice), _free(INBOX_PORT, what="inbox port", voice=voice)
        environment = _complete(base, web_port=web_port, inbox_port=inbox_port, clock=clock)
        share_between_processes(place.folder / "metrics", environ=environment)
        url = environment["SITE_URL"]

        def keep(leaders: list[Leader]) -> None:
            me = os.getpid()
            record = {"pid": me, "birth": processes.birth(me) or "", "url": url}
            place.write_record({**record, "environment": environment, "leaders": leaders})  # type: ignore[typeddict-item]

        os.environ |= environment
        ready = _empty(place.folder / "ready")
        compiled()
        with Supervisor(guardian=base.guardian, environment=environment, logs=place.logs, changed=keep) as supervisor:
            supervisor.start(crew.web(port=web_port, workers=1 if mode == "demo" else 2))
            supervisor.start(crew.scheduler(ready=ready))
            for number in range(1, workers + 1):
                supervisor.start(crew.worker(ready=ready, number=number))
            supervisor.start(crew.inbox(port=inbox_port))
            voice.step("setting up the database")
            with told_plainly("The database could not be migrated", log=place.logs / "migrate.log"):
                set_up_django(log=place.logs / "here.log")
                migrate()
            voice.step("database migrated")
            supervisor.open_gate()
            supervisor.wait_until_up(seconds=120)
            supervisor.tend()
            voice.step("web + worker + scheduler + test inbox up")
            yield Product(url=url, environment=environment, supervisor=supervisor, inbox=place.folder / "inbox")


def stay(running: Product, *, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait until somebody asks to stop. Raises StepFailedError when a service cannot be kept alive. meanwhile: done twice a second."""
    pause = threading.Event()
    while not pause.wait(0.5):
        meanwhile()
        if running.supervisor.failure:
            raise StepFailedError(running.supervisor.failure)


def _free(wanted: int, *, what: str, voice: Voice) -> int:
    try:
        port = ports.free_port(wanted)
    except OSError as error:
        raise StepFailedError(f"{error} Name another with --port.") from error
    if port != wanted:
        voice.step(f"{what} {wanted} is taken, using {port}")
    return port


def _complete(base: Ground, *, web_port: int, inbox_port: int, clock: Path | None) -> dict[str, str]:
    smtp = f"smtp://localhost:{inbox_port}"
    environment = base.environment | {"SITE_URL": f"http://localhost:{web_port}", "INBOX_SMTP_URL": smtp}
    environment.setdefault("MAIL_URL", smtp)
    if clock is not None:
        environment |= {"BOOMERANG_CLOCK_FILE": str(clock), "MAIL_URL": smtp}
        environment["FETCH_ALLOWED_PORTS"] = f"{web_port},{inbox_port}"
    direct = ",".join(filter(None, [environment.get("NO_PROXY") or environment.get("no_proxy"), "localhost,127.0.0.1,::1"]))
    environment |= {"NO_PROXY": direct, "no_proxy": direct}  # a company's proxy has no business between our own processes
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # every service would compile all of Django anew
    return environment


def _empty(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        entry.unlink()
    return folder
