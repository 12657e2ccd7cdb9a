"""The messages of a slice, made in batches: what a statement or a change of processes costs is shared, and the gate still sees each afresh.

The next batch is rendered while the one before it leaves, where that keeps a render process from nobody: an account that takes its time
would hold it for long.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.channels import Account
from campaigns.models import Message, versions_among
from campaigns.sending.assembling import Built
from campaigns.sending.building import Making
from campaigns.sending.handing_over import SENDERS, has_answered, is_slow
from campaigns.sending.lending import none_is_lent
from campaigns.sending.recording import record_unmade
from campaigns.truth.using import COUPON, uses
from retention.stores.models import Store

log = logging.getLogger(__name__)
MADE_AT_ONCE = 4 * SENDERS


class Batches:
    """Reserved messages of one slice, made a batch at a time and in their order. found: what their templates may see. Close it."""

    def __init__(
        self,
        messages: Sequence[Message],
        found: Mapping[int, dict[str, Any]],
        *,
        store: Store,
        account: Account,
        holder: UUID,
        clock: Callable[[], datetime],
    ) -> None:
        self._messages, self._found, self._store, self._account, self._holder = messages, found, store, account, holder
        self._clock = clock
        self._end = 0
        self._next: Making | None = None

    def following(self) -> dict[int, Built]:
        """Return the next batch, and write down which of it cannot be made. Begin the one after it, if all are quick."""
        making = self._next or self._begin(self._end)
        self._next, self._end = None, self._end + MADE_AT_ONCE
        now = self._clock()
        built, failed = making.built(account=self._account, now=now)
        record_unmade(failed, holder=self._holder, now=now)
        if has_answered(self._account) and not is_slow(self._account) and none_is_lent():
            self._begin_ahead()
        return built

    def _begin_ahead(self) -> None:
        """Begin the next batch. Not where it draws coupons: those the gate gives back in this one may be the last of their pool."""
        following = self._messages[self._end : self._end + MADE_AT_ONCE]
        if following and not any(COUPON in uses(version) for version in versions_among(following).values()):
            try:
                self._next = self._begin(self._end)
            except Exception as error:  # what is made already leaves first; whatever it is comes again when the next is asked for
                log.warning("the next batch could not be begun ahead", extra={"cause": type(error).__name__})

    def close(self) -> None:
        """Let go of what was begun and is not needed."""
        if self._next is not None:
            self._next.drop()
            self._next = None

    def _begin(self, start: int) -> Making:
        return Making(self._messages[start : start + MADE_AT_ONCE], self._found, store=self._store, now=self._clock())
