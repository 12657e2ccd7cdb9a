"""Keeping a merchant's file in the database, where any worker can read it: compressed megabytes, gone when the import is over."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _

from retention.customers.importing.reading import LARGEST_BYTES, NoTable, read_shape
from retention.customers.models import Import, ImportChunk
from retention.kit.words import fold
from retention.stores.models import StoreWork

KIND = "import"
KEPT = timedelta(days=30)  # a file that waits for the merchant
_PIECE = 1024 * 1024


def keep(pieces: Iterable[bytes], *, kind: str, name: str, created_by: Any) -> Import:
    """Store a file as an import that waits for its columns, for thirty days at the most; call it inside a transaction.

    Raises NoTable, whose message is for the merchant, when the file is too large or no table.
    """
    made: Import = Import.objects.create(
        kind=kind, file_name=_clean(name), size=0, sha256="", encoding="", delimiter=",", created_by=created_by
    )
    digest = hashlib.sha256()
    for number, piece in enumerate(_of_a_size(pieces)):
        made.size += len(piece)
        if made.size > LARGEST_BYTES:
            raise NoTable(_("The file is larger than 50 MB. Split it, or leave out columns you do not need."))
        digest.update(piece)
        ImportChunk.objects.create(of_import=made, number=number, data=zlib.compress(piece, 1))
    shape = read_shape(lambda: pieces_of(made))
    made.sha256, made.encoding, made.delimiter, made.headings = digest.hexdigest(), shape.encoding, shape.delimiter, shape.headings
    made.save()
    StoreWork.ring(KIND, store_id=made.store_id, due_at=made.touched_at + KEPT)
    return made


def pieces_of(of: Import) -> Iterator[bytes]:
    """Yield the file's bytes, one piece in memory at a time."""
    numbers = ImportChunk.objects.filter(of_import=of).order_by("number").values_list("number", flat=True)
    for number in list(numbers):
        yield zlib.decompress(ImportChunk.objects.values_list("data", flat=True).get(of_import=of, number=number))


def _of_a_size(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= _PIECE:
            yield bytes(held[:_PIECE])
            del held[:_PIECE]
    if held:
        yield bytes(held)


def _clean(name: str) -> str:
    """Return the last part of a file's name, without anything a page or a header could trip over."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[:200] or _("file")


def same_before(of: Import) -> Import | None:
    """Return the last finished import of the same bytes and kind, if there is one."""
    found: Import | None = (
        Import.objects.filter(kind=of.kind, sha256=of.sha256, state=Import.State.DONE)
        .exclude(pk=of.pk)
        .order_by("-finished_at", "-id")
        .first()
    )
    return found


def heading_key(heading: str) -> str:
    """Return a heading as it is compared: folded, without marks, one space between words."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in fold(heading)).split())
