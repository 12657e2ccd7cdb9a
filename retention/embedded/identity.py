"""As whom PostgreSQL runs: it refuses root, and we add no account and loosen no permission for it.

Decides and owns; starts no server. Only a root parent has a choice to make, see `choose`.
"""

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retention.embedded import CannotStartError

# The securebit keeps the capability in force for access(2) too, which PostgreSQL asks about its own programs.
_REACH = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")


@dataclass(frozen=True)
class Identity:
    """What to put in front of the program, and the numbers its files belong to."""

    mode: str
    prefix: tuple[str, ...]
    uid: int
    gid: int


def choose(*, program: Path, folder: Path) -> Identity:
    """Return the first identity that can run the program and enter the folder.

    plain: we are not root. mapped: root, seen as user 1000 inside a user namespace; files stay root's. nobody: where
    namespaces are refused, as in many containers. nobody-reaching: the same, allowed to pass closed parent folders
    such as /root (one capability, no copy of the programs, no opened folder).
    """
    if os.geteuid() != 0:
        return Identity(mode="plain", prefix=(), uid=os.geteuid(), gid=os.getegid())
    for identity in _candidates():
        if _works(identity, program=program, folder=folder):
            return identity
    raise CannotStartError(
        "PostgreSQL does not run as root, and this machine lets root neither map a user nor become nobody here; start "
        "as a normal user, or set DATABASE_URL, DATABASE_OWNER_URL and DATABASE_INGEST_URL to a server you have."
    )


def take_over(data: Path, *, identity: Identity) -> None:
    """Make the data folder belong to this identity, if we made it before in another way.

    The way is recorded beside the folder. A folder somebody else made is refused with one sentence and left alone.
    """
    record = data.with_name(data.name + ".mode")
    owner = data.stat().st_uid
    mine = _recorded_person(record) == os.geteuid()
    if owner != identity.uid:
        if os.geteuid() != 0 or not (mine or _is_empty(data)):
            raise CannotStartError(
                f"The data folder {data} belongs to user {_name(owner)}; start Boomerang as that user, or move the "
                f"folder away to begin with an empty one. Nothing was changed."
            )
        for path in (data, *data.rglob("*")):
            os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    record.write_text(json.dumps({"mode": identity.mode, "person": os.geteuid()}) + "\n")


def _candidates() -> Iterator[Identity]:
    unshare, setpriv = shutil.which("unshare"), shutil.which("setpriv")
    if unshare:
        mapped = (unshare, "-U", "--map-user=1000", "--map-group=1000")
        yield Identity(mode="mapped", prefix=mapped, uid=0, gid=0)
    if setpriv:
        nobody = pwd.getpwnam("nobody")
        become = (setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        yield Identity(mode="nobody", prefix=become, uid=nobody.pw_uid, gid=nobody.pw_gid)
        yield Identity(mode="nobody-reaching", prefix=(*become, *_REACH), uid=nobody.pw_uid, gid=nobody.pw_gid)


def _works(identity: Identity, *, program: Path, folder: Path) -> bool:
    show = (str(program.with_name("initdb")), "--show", "-D", "/nonexistent")  # finds its programs, makes nothing
    probe = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(folder), *show]
    done = subprocess.run([*identity.prefix, *probe], capture_output=True, check=False, cwd="/")  # noqa: S603
    return done.returncode == 0


def _recorded_person(record: Path) -> int | None:
    if not record.exists():
        return None
    person = json.loads(record.read_text()).get("person")
    return person if isinstance(person, int) else None


def _is_empty(folder: Path) -> bool:
    return next(folder.iterdir(), None) is None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
