"""./run serve: the product without a story, for real use on one machine. Its data in var/serve is kept by --reset."""

import argparse
import os

from retention.cli.folders import Place
from retention.cli.mailing import Mails
from retention.cli.product import WEB_PORT, product, stay
from retention.cli.saying import Voice
from retention.cli.stopping import listen

MOST_WORKERS = 4


def run(arguments: list[str]) -> int:
    """Start everything and stay until somebody asks to stop."""
    parser = argparse.ArgumentParser(prog="./run serve", description=__doc__)
    parser.add_argument("--port", type=int, default=WEB_PORT, help="the web port to try first")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, MOST_WORKERS), help="worker processes, one for each core")
    options = parser.parse_args(arguments)
    listen()
    voice = Voice()
    with product(Place("serve"), voice=voice, port=options.port, mode="serve", workers=options.workers) as running:
        mails = Mails(running.inbox, url=running.url)
        voice.line(f" Open {running.url}/ and sign up. The mail that asks for a yes, and any other, is said here unless MAIL_URL is set.")
        voice.line(" Ctrl-C stops all.")
        stay(running, meanwhile=lambda: mails.tell(voice))
    return 0
