"""The one greppable door past the store boundary, for platform work that spans stores.

Pages, forms and the API may not import this (import-linter), and a local semgrep rule lists the files that may.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from retention.tenancy.context import PLATFORM_ROLE, role_context

log = logging.getLogger("boomerang.unscoped")


@contextmanager
def unscoped(*, reason: str) -> Iterator[None]:
    """See every store's rows, as the database role `platform`, until the block ends.

    reason: a few words for the log, for example "sweep expired invitations". Every use is logged.
    """
    log.debug("unscoped work", extra={"reason": reason})
    with role_context(PLATFORM_ROLE):
        yield
