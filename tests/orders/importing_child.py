"""A process that does nothing but work on one store's imports, to be killed by a test. Batches are small, so that there are many."""

import sys
from dataclasses import replace

import django

django.setup()

from retention.customers.importing import running  # noqa: E402 - after the setup
from retention.customers.importing.kinds import kinds  # noqa: E402
from retention.kit import clock  # noqa: E402
from retention.tenancy.context import store_context  # noqa: E402


def main() -> None:
    """Work until nothing is left or somebody kills us."""
    kinds._items["orders"] = replace(kinds["orders"], batch_rows=150, batch_things=12)
    with store_context(int(sys.argv[1])):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while running.import_batch(now=clock.now()):
            pass


if __name__ == "__main__":
    main()
