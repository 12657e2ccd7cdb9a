"""Bytecode of all that the product reads, made once and at the same time by every core, beside the start of the servers.

In a fresh folder five processes would begin together and each would compile the same 1,500 files. Which folders stand here decides about
speed alone: what is missing is compiled by whoever reads it first.
"""

import importlib.util
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.cli.folders import ROOT

OURS = ("retention", "segments", "campaigns", "flashsales", "fulfillment")
THEIRS = (
    "django celery kombu allauth rest_framework redis unfold drf_spectacular liquid dns phonenumbers urllib3 requests cryptography "
    "prometheus_client granian click amqp anymail django_filters csp fido2 babel billiard psycopg2 sqlparse django_htmx whitenoise msgspec "
    "argon2 idna vine qrcode yaml py_vapid pywebpush aiosmtpd asgiref importlib_metadata charset_normalizer segment dateutil psutil cffi "
    "typing_extensions.py"
)
# Never read: other databases and queues, other ways to sign in, formats of languages nobody chose, tests.
NOT_READ = (
    r"/site-packages/.*/(locale/(?!(de|en|es|fr|it|ja|nl|pt)/)[^/]+|"
    r"providers/[^/]+|gis|headless|idp|mysql|oracle|tests|SQS|search|timeseries|multidb)/"
)
_WITNESS = ROOT / "retention" / "settings.py"  # whoever starts anything compiles it


@contextmanager
def compiling() -> Iterator[Callable[[], None]]:
    """Begin to compile where nothing is compiled yet; yield what waits until it is done. Leaving the block ends it."""
    if Path(importlib.util.cache_from_source(str(_WITNESS))).exists():
        yield lambda: None
        return
    process = subprocess.Popen(command(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603

    def wait() -> None:
        process.wait()  # a file that does not compile is told by whoever reads it

    try:
        yield wait
    finally:
        process.kill()
        process.wait()


def command() -> list[str]:
    """Return the command that compiles all folders, by as many processes as there are cores."""
    theirs = Path(sysconfig.get_paths()["purelib"])
    folders = [*(ROOT / name for name in OURS), *(theirs / name for name in THEIRS.split())]
    return [sys.executable, "-m", "compileall", "-q", "-j", "0", "-x", NOT_READ, *(str(folder) for folder in folders if folder.exists())]
