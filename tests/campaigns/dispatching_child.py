"""A process that does nothing but send one store's messages, to be killed by a test."""

import sys
import time

import django

django.setup()

from django.db import InterfaceError, OperationalError, connection  # noqa: E402 - after the setup

from campaigns.sending.dispatch import dispatch_slice  # noqa: E402 - after the setup
from retention.kit import clock  # noqa: E402
from retention.stores.models import Store  # noqa: E402
from retention.tenancy.context import store_context  # noqa: E402


def main() -> None:
    """Send until killed."""
    store = Store.objects.get(pk=int(sys.argv[1]))
    with store_context(store.pk):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            try:
                done = dispatch_slice(store, channel="email", clock=clock.now)
            except (OperationalError, InterfaceError):
                connection.close()  # the server starts anew; a worker's next task would come just so
                time.sleep(0.2)
                continue
            if not done.reserved:
                time.sleep(0.05)


if __name__ == "__main__":
    main()
