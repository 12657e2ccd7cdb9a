"""A process that does nothing but plan one campaign in small chunks, to be killed by a test."""

import sys

import django

django.setup()

from campaigns.broadcasts.planning import plan  # noqa: E402 - after the setup
from campaigns.models import Campaign  # noqa: E402
from retention.kit import clock  # noqa: E402
from retention.tenancy.context import store_context  # noqa: E402


def main() -> None:
    """Plan until done or killed."""
    with store_context(int(sys.argv[1])):
        campaign = Campaign.objects.get(pk=int(sys.argv[2]))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        plan(campaign, now=clock.now(), chunk=20)


if __name__ == "__main__":
    main()
