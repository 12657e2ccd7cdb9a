"""Check the audit log of every store, or of one: is each entry what it was, and is none missing?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from retention.stores.models import Store
from retention.stores.verifying import verify_chain
from retention.tenancy.context import store_context


class Command(BaseCommand):
    """Read every chain; end with an error when one is broken."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the store's short name."""
        parser.add_argument("store", nargs="?", help="the short name in the store's addresses; without it every store")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a store."""
        stores = Store.objects.order_by("pk")
        if options["store"]:
            stores = stores.filter(slug=options["store"])
        broken = []
        for store in stores:
            with store_context(store.pk):
                verdict = verify_chain(store.pk)
            words = f"complete, {verdict.count} entries" if verdict.complete else f"broken at entry {verdict.broken_at}"
            self.stdout.write(f"{store.slug}: {words}")
            if not verdict.complete:
                broken.append(f"{store.slug}: {words}")
        if broken:
            raise CommandError("; ".join(broken))
