"""A process that sends as a worker does: a tick as often as a scheduler rings, until its input ends; then it says how many it sent.

`python -m tests.campaigns.ticking_child SLICE`.
"""

import select
import sys

import django

django.setup()

from campaigns.sending import dispatch as dispatching  # noqa: E402 - after the setup
from campaigns.tasks import dispatch  # noqa: E402
from retention.kit.metrics import MESSAGES  # noqa: E402


def main(reserved: int) -> None:
    """Tick until the input ends. reserved: messages at a time."""
    dispatching.SLICE = reserved
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        dispatch()
    counted = [one for family in MESSAGES.collect() for one in family.samples]
    sent = sum(one.value for one in counted if one.name.endswith("_total") and one.labels["outcome"] == "sent")
    sys.stdout.write(f"{sent:.0f}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
