"""Load a table of postcodes into a store, from a file of GeoNames or a CSV with country, postcode, latitude, longitude."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from retention.kit.clock import now
from retention.stores.models import Store
from retention.tenancy.context import store_context
from segments.postcodes import CannotLoad, load_postcodes

_LARGEST = 100 * 1024 * 1024


class Command(BaseCommand):
    """Read the file, put it into the store's table, and say what was left out."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the store and the file."""
        parser.add_argument("slug", help="the store, as its address names it")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it and print the lines that were left out."""
        store = Store.objects.filter(slug=options["slug"]).first()
        if store is None:
            raise CommandError(f"There is no store {options['slug']}.")
        try:
            if options["file"].stat().st_size > _LARGEST:
                raise CommandError(f"The file is larger than {_LARGEST // 1024 // 1024} MB; split it.")
            text = options["file"].read_text(encoding="utf-8")
            with store_context(store.pk):
                loaded = load_postcodes(text, now=now())
        except (OSError, UnicodeDecodeError, CannotLoad) as error:
            raise CommandError(str(error)) from error
        for fault in loaded.faults:
            self.stdout.write(f"Line {fault.line} was left out: it {fault.why}.")
        self.stdout.write(f"{loaded.count} postcodes are in the table now, {loaded.left_out} lines were left out.")
