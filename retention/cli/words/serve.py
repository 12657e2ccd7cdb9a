"""./run serve: the product without a story, for real use on one machine. Its data in var/serve is kept by --reset."""

import argparse
import os

from retention.cli import StepFailedError
from retention.cli.folders import Place
from retention.cli.mailing import Mails
from retention.cli.product import WEB_PORT, product, stay
from retention.cli.saying import Voice
from retention.cli.stopping import listen
from retention.embedded.postgres import MAX_CONNECTIONS
from retention.embedded.servers import DATABASE_NAMES

MOST_WORKERS = 4
"""So many are started unless more are asked for."""
CONNECTIONS_EACH, CONNECTIONS_BESIDE = 25, 60
"""Of the database: what a worker process takes at most, and all else."""


def run(arguments: list[str]) -> int:
    """Start everything and stay until somebody asks to stop."""
    parser = argparse.ArgumentParser(prog="./run serve", description=__doc__)
    parser.add_argument("--port", type=int, default=WEB_PORT, help="the web port to try first")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, MOST_WORKERS), help="worker processes, one for each core")
    options = parser.parse_args(arguments)
    _check(options.workers)
    listen()
    voice = Voice()
    with product(Place("serve"), voice=voice, port=options.port, mode="serve", workers=options.workers) as running:
        mails = Mails(running.inbox, url=running.url)
        voice.line(f" Open {running.url}/ and sign up. The mail that asks for a yes, and any other, is said here unless MAIL_URL is set.")
        voice.line(" Ctrl-C stops all.")
        stay(running, meanwhile=lambda: mails.tell(voice))
    return 0


def _check(workers: int) -> None:
    """Refuse a number with which nothing would be sent, or with which the database that comes along would turn some away."""
    if workers < 1:
        raise StepFailedError(f"--workers {workers}: at least one is needed, since workers send and work out everything behind the pages.")
    most = (MAX_CONNECTIONS - CONNECTIONS_BESIDE) // CONNECTIONS_EACH
    if workers > most and not all(os.environ.get(name) for name in DATABASE_NAMES):
        raise StepFailedError(
            f"--workers {workers}: its own database has connections for {most}; for more, set {', '.join(DATABASE_NAMES)}."
        )
