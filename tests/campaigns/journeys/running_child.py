"""A process that does nothing but read one store's news and carry its runs on, in small slices, to be killed by a test."""

import sys

import django

django.setup()

from django.db import OperationalError  # noqa: E402 - after the setup

from campaigns.journeys.intake import take_news  # noqa: E402
from campaigns.journeys.running import run_due  # noqa: E402
from retention.kit import clock  # noqa: E402
from retention.tenancy.context import store_context  # noqa: E402

SLICE = 20


def main() -> None:
    """Work until killed."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with store_context(int(sys.argv[1])):
        while True:
            try:
                take_news(now=clock.now())
                run_due(now=clock.now(), limit=SLICE)
            except OperationalError:  # a deadlock: the slice is undone, and done again
                continue


if __name__ == "__main__":
    main()
