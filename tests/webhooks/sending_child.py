"""A process that does nothing but tell webhooks, to be killed by a test."""

import sys
from datetime import datetime

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the setup

from retention.webhooks.sending import run_turn  # noqa: E402


def main() -> None:
    """Send until killed. The first word is the moment, the second the receiver's port."""
    moment = datetime.fromisoformat(sys.argv[1])
    settings.FETCH_ALLOWED_PORTS = [int(sys.argv[2])]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        run_turn(clock=lambda: moment, seconds=20)


if __name__ == "__main__":
    main()
