"""Where a data folder is made: beside its place, and moved there when it is whole. Knows no server.

Whatever a disk or a folder refuses becomes one sentence; nothing is deleted but what was made here.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.embedded import CannotStartError
from retention.embedded.identity import Identity
from retention.kit import clock

_OURS = frozenset({"PG_VERSION", "base", "global", "postgresql.conf", "postgresql.auto.conf", "postmaster.pid", "postmaster.opts"})
_IN_PLACE = frozenset({errno.EBUSY, errno.EXDEV})  # a mount point; a folder of a lower layer


@contextmanager
def in_words(data: Path) -> Iterator[None]:
    """Let a refusal of the disk be a CannotStartError that names the data folder, what was refused and where."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(data) else ""
        raise CannotStartError(
            f"The data folder {data} cannot be made or opened: {error.strerror}{where}. Mend that and start again."
        ) from error


def make_whole(data: Path, *, who: Identity, fill: Callable[[Path], None], tell: Callable[[str], None]) -> None:
    """Have a data folder made beside its place and moved there when it is whole: one that was broken off begins anew at the next start.

    data: the place, empty, or holding what was broken off half-way, which is put aside; a link is followed, and stays. fill: makes an empty
    folder of `who` whole. tell: takes a sentence about what was put aside. A mount point, and a place whose neighbours are not ours, are
    filled where they are. Raises CannotStartError where the folder holds anything else, and OSError, see `in_words`.
    """
    place = data.resolve()
    fresh = place.with_name(place.name + ".new")
    if fresh.is_symlink():
        raise CannotStartError(f"{fresh} is a link, and a data folder is made under that name; take the link away. Nothing was changed.")
    _put_aside(place, tell=tell)
    if os.path.ismount(place) or not _made_beside(fresh, who=who):
        fill(place)
        return
    fill(fresh)
    try:
        fresh.replace(place)
    except OSError as error:
        if error.errno not in _IN_PLACE:
            raise
        shutil.rmtree(fresh)
        fill(place)


def _put_aside(place: Path, *, tell: Callable[[str], None]) -> None:
    """Rename a folder that was begun in its place and never became whole, as an earlier release left it."""
    left = sorted(path.name for path in place.iterdir())
    if not left:
        return
    strange = next((name for name in left if name not in _OURS and not name.startswith("pg_")), None)
    if strange is not None:
        raise CannotStartError(
            f"The data folder {place} holds {strange}, which is no part of a database; move it away. Nothing was changed."
        )
    aside = place.with_name(f"{place.name}.broken-{clock.now():%Y%m%dT%H%M%S}")
    try:
        place.rename(aside)
    except OSError as error:
        raise CannotStartError(
            f"The making of {place} was broken off, and it cannot be renamed ({error.strerror}); empty it. Nothing was changed."
        ) from error
    tell(f"The making of {place} was broken off; what was there is in {aside} now and can be deleted.")


def _made_beside(fresh: Path, *, who: Identity) -> bool:
    """Make the folder to be filled; False where this user may make none there."""
    fresh.with_name(fresh.name + ".mode").unlink(missing_ok=True)  # an earlier release left it
    if fresh.exists():
        shutil.rmtree(fresh)
    try:
        fresh.mkdir(mode=0o700)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            return False
        raise
    os.chown(fresh, who.uid, who.gid)
    return True
