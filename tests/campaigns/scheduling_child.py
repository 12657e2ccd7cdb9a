"""A process that does nothing but tick one store's campaigns and journeys, to be killed by a test."""

import sys
import time

import django

django.setup()

from campaigns.tasks import run_campaigns, run_journeys  # noqa: E402 - after the setup


def main() -> None:
    """Tick until killed."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        run_campaigns()
        run_journeys()
        time.sleep(0.02)


if __name__ == "__main__":
    main()
