"""A process that does nothing but send one store's messages, to be killed by a test.

`python -m tests.campaigns.dispatching_child STORE [CHANNEL [LEASE_SECONDS [SLICE]]]`; a shorter lease has a shorter deadline with it.
"""

import sys
import time

import django

django.setup()

from django.db import Error, connection  # noqa: E402 - after the setup

from campaigns.sending import dispatch, gate, handing_over  # noqa: E402 - after the setup
from retention.kit import clock  # noqa: E402
from retention.stores.models import Store  # noqa: E402
from retention.tenancy.context import store_context  # noqa: E402


def shorten(seconds: float) -> None:
    """Let leases run out sooner in this process, and calls give up sooner with them."""
    dispatch.RESERVE_SECONDS = dispatch.SENDING_SECONDS = gate.LEASE_SECONDS = seconds  # type: ignore[assignment]
    handing_over.DEADLINE_SECONDS = seconds / 2.5


def main(store_id: int, channel: str = "email", lease: float = 0, reserved: float = 0) -> None:
    """Send until killed. reserved: messages at a time, 0 for the usual."""
    if lease:
        shorten(lease)
    dispatch.SLICE = int(reserved) or dispatch.SLICE
    store = Store.objects.get(pk=store_id)
    with store_context(store.pk):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            try:
                done = dispatch.dispatch_slice(store, channel=channel, clock=clock.now)
            except Error:
                connection.close()  # the server starts anew; a worker's next task would come just so
                time.sleep(0.2)
                continue
            if not done.reserved:
                time.sleep(0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3], *map(float, sys.argv[3:5]))
