"""Links over a host of the merchant's own: whose host it is, whether it leads here, and which one new messages use.

Two things must be so. A text in the DNS says which store may use the host: whoever can write it owns the name, and a name that merely leads
here is nobody's. And a real request to the host comes back to us with a good certificate and the host's name on it.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from campaigns.connecting.asking import NotHeard, Resolver
from campaigns.connecting.judging import Finding, read
from campaigns.models import LinkHost
from retention.kit.fetch import Answer, FetchFailed, FetchRefused, fetch
from retention.kit.secrets import site_ring
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id
from retention.tenancy.unscoped import unscoped

WORK = "link_hosts"
ANSWER_PATH = "/hosts/answer/"
LOOKED_AT_EVERY = timedelta(hours=6)
ASK_SECONDS = 8.0
MOST_HOSTS = 5
_TXT = "_boomerang."
_LONGEST_ANSWER = 4096
_KNOWN_SECONDS = 20.0
_PROVEN_KEY = "link host"


class _Hosts:
    """Every proven host and whose it is, read anew after some seconds: a made-up name costs no query and drives nothing out."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[int]] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def stores_of(self, host: str) -> frozenset[int]:
        with self._lock:
            if self._until <= time.monotonic():
                self._known, self._until = self._read(), time.monotonic() + _KNOWN_SECONDS
            return self._known.get(host, frozenset())

    def _read(self) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {}
        with unscoped(reason="find the stores of links' hosts"):
            for host, store_id in LinkHost.objects.filter(proven_at__isnull=False).values_list("host", "store_id"):
                found.setdefault(host, set()).add(store_id)
        return {host: frozenset(stores) for host, stores in found.items()}

    def forget(self) -> None:
        with self._lock:
            self._until = 0.0


_hosts = _Hosts()


def stores_of(host: str) -> frozenset[int]:
    """Return the stores whose links a host answers: those that once proved it theirs. Known for some seconds."""
    return _hosts.stores_of(host)


def is_wanted(host: str) -> bool:
    """Say whether a host is a store's own; a proxy asks before it gets a certificate for it.

    It is where the store ever proved it, or wants it now and the last look saw the store's text in the DNS: a typed name is not enough.
    """
    unseen = Q(checked_at=None) | Q(findings__contains=[{"code": "host_unproven"}]) | Q(findings__contains=[{"code": "not_heard"}])
    with unscoped(reason="may a host have a certificate"):
        rows = LinkHost.objects.filter(host=host)
        return bool(rows.filter(Q(proven_at__isnull=False) | Q(retired_at=None) & ~unseen).exists())


def proof_of(store: Store, host: str) -> str:
    """Return the text that a store puts into the DNS for a host; derived, so nothing is stored."""
    return _proof(store, host, key_id=site_ring().newest)


def _proof(store: Store, host: str, *, key_id: str) -> str:
    return f"boomerang={_signed(f'{store.public_id.hex}:{host}', key_id=key_id)[:32]}"


def answer_for(host: str, nonce: str) -> str:
    """Return what only this installation answers on a host."""
    return _signed(f"answer:{host}:{nonce}", key_id=site_ring().newest)


def _signed(text: str, *, key_id: str) -> str:
    return hmac.digest(site_ring().derive(key_id, info=_PROVEN_KEY, length=32), text.encode(), "sha256").hex()


def records_for(store: Store, host: str) -> list[tuple[str, str, str]]:
    """Return the two records a merchant adds: (kind, name, value) each."""
    ours = urlsplit(settings.SITE_URL).hostname or ""
    return [("CNAME", host, ours), ("TXT", f"{_TXT}{host}", proof_of(store, host))]


Ask = Callable[[str], Answer]
"""How a host is asked by its address; raises FetchFailed and FetchRefused."""


def check(row: LinkHost, *, store: Store, now: datetime, resolver: Resolver | None = None, ask: Ask | None = None) -> list[Finding]:
    """Look at a host and keep what is found; return it. Call it outside a transaction: it waits for others.

    ask: the guarded way out, unless a test has names of its own. A name server that does not answer changes nothing about a host that was
    good: only what is seen to be wrong stops its use. From now on it is looked at again every few hours.
    """
    findings = _look(row, store=store, now=now, resolver=resolver or Resolver(), ask=ask or _fetched)
    StoreWork.ring(WORK, store_id=require_store_id(), due_at=now + LOOKED_AT_EVERY)
    return findings


def _look(row: LinkHost, *, store: Store, now: datetime, resolver: Resolver, ask: Ask) -> list[Finding]:
    """Look at a host and keep what is found."""

    def ask_seen(url: str) -> Answer:
        LinkHost.objects.filter(pk=row.pk).update(findings=[], checked_at=now)  # its records are there: it may have a certificate for this
        return ask(url)

    findings = findings_of(row.host, store=store, resolver=resolver, ask=ask_seen)
    wrong = any(one.severity == "must" for one in findings)
    unheard = any(one.severity == "unknown" for one in findings)
    with transaction.atomic():
        held = LinkHost.objects.select_for_update().get(pk=row.pk)
        was_good = held.is_good
        held.findings, held.checked_at = [one.as_json() for one in findings], now
        if wrong or (unheard and not was_good):
            held.is_good = False
        elif not unheard:
            held.is_good, held.proven_at = True, now
        held.broken_at = None if held.is_good else (now if was_good else held.broken_at)
        held.save(update_fields=["findings", "checked_at", "is_good", "proven_at", "broken_at"])
    _hosts.forget()
    return findings


def last_findings(row: LinkHost) -> list[Finding]:
    """Return what the last look found."""
    return [one for one in (read(part) for part in row.findings if isinstance(part, dict)) if one is not None]


def look_again(store: Store, *, now: datetime) -> datetime | None:
    """Look at every host of the active store that is due, and return when the next one is; None when none is watched."""
    for row in LinkHost.objects.watched().order_by("pk"):
        if row.checked_at is not None and row.checked_at + LOOKED_AT_EVERY <= now:
            _look(row, store=store, now=now, resolver=Resolver(), ask=_fetched)
    moments = LinkHost.objects.watched().exclude(checked_at=None).order_by("checked_at").values_list("checked_at", flat=True)
    first = moments.first()
    return None if first is None else first + LOOKED_AT_EVERY


def findings_of(host: str, *, store: Store, resolver: Resolver, ask: Ask) -> list[Finding]:
    """Return what is found about a host: its records, and then what it really answers."""
    try:
        missing = _missing_records(host, store=store, resolver=resolver)
    except NotHeard as silent:
        return [Finding("links", "not_heard", {"name": silent.name})]
    return missing or [_asked(host, ask)]


def _missing_records(host: str, *, store: Store, resolver: Resolver) -> list[Finding]:
    lead, proof = records_for(store, host)
    found = []
    if not resolver.addresses(host):
        found.append(Finding("links", "host_unknown", {"host": host}, lead))
    proofs = {_proof(store, host, key_id=key_id) for key_id, _key in site_ring().keys}  # a key that is being replaced still counts
    if proofs.isdisjoint(text.strip() for text in resolver.texts(proof[1])):
        found.append(Finding("links", "host_unproven", {"host": host}, proof))
    return found


def _fetched(url: str) -> Answer:
    return fetch(url, max_bytes=_LONGEST_ANSWER, seconds=ASK_SECONDS)


def _asked(host: str, ask: Ask) -> Finding:
    """Ask the host itself whether it leads here."""
    nonce, said = secrets.token_hex(16), {"host": host}
    try:
        answer = ask(f"{LinkHost(host=host).site}{ANSWER_PATH}{nonce}")
    except FetchFailed as failed:
        return Finding("links", {"tls": "host_without_certificate"}.get(failed.reason, "host_silent"), said)
    except FetchRefused:
        return Finding("links", "host_elsewhere", said)
    right = answer.status == 200 and hmac.compare_digest(answer.body.strip(), answer_for(host, nonce).encode())
    return Finding("links", "host_fine" if right else "host_elsewhere", said)
