"""One check of one domain a store sends from: every topic for itself, all within one deadline, kept with the moment it was made."""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels.email.vendors import BY_KEY
from campaigns.connecting.asking import NotHeard, Resolver
from campaigns.connecting.judging import Finding, read
from campaigns.connecting.keys import belongs, check_dkim, check_dmarc, policy_of
from campaigns.connecting.spf import check_spf
from campaigns.models import Connection, LinkHost, Sender, SendingDomain

# What each service wants in SPF, and under which names it usually keeps its keys. Source: their own set-up pages.
INCLUDES = {
    "brevo": "spf.brevo.com",
    "mailgun": "mailgun.org",
    "mailjet": "spf.mailjet.com",
    "postmark": "spf.mtasv.net",
    "sendgrid": "sendgrid.net",
    "sparkpost": "sparkpostmail.com",
}
SELECTORS = {
    "brevo": ("brevo1", "mail"),
    "mailgun": ("mx", "k1"),
    "mailjet": ("mailjet",),
    "resend": ("resend",),
    "sendgrid": ("s1", "s2"),
}


def domains_of_store() -> list[str]:
    """Return the domains the store's mails can come from: of its e-mail connection and of its senders."""
    addresses = list(
        Connection.objects.filter(channel="email", active=True).exclude(from_address="").values_list("from_address", flat=True)
    )
    addresses += Sender.objects.order_by("pk").values_list("address", flat=True)
    return list(dict.fromkeys(address.rpartition("@")[2].lower() for address in addresses))


def kept(domain: str) -> SendingDomain:
    """Return what is kept about a domain; a new row, not saved, when there is nothing."""
    found: SendingDomain = SendingDomain.objects.filter(domain=domain).first() or SendingDomain(domain=domain)
    return found


def check(row: SendingDomain, *, now: datetime, resolver: Resolver | None = None) -> list[Finding]:
    """Ask the DNS about a domain, keep what is found and return it. Call it outside a transaction: it waits for others."""
    findings = findings_of(row, resolver=resolver or Resolver())
    SendingDomain.objects.update_or_create(
        domain=row.domain,
        defaults={
            "selectors": row.selectors, "return_path": row.return_path,
            "findings": [one.as_json() for one in findings], "checked_at": now,
        },
    )  # fmt: skip
    return findings


def last_findings(row: SendingDomain) -> list[Finding]:
    """Return what the last check found."""
    stored = row.findings if isinstance(row.findings, list) else []
    return [one for one in (read(part) for part in stored if isinstance(part, dict)) if one is not None]


def findings_of(row: SendingDomain, *, resolver: Resolver) -> list[Finding]:
    """Return what the DNS says about a domain, topic by topic; one that does not answer says so and keeps no other from being asked."""
    domain = row.domain
    return_path = row.return_path or domain
    connection = Connection.objects.filter(channel="email", active=True).first()
    provider = connection.provider if connection is not None else ""
    name = BY_KEY[provider].label if provider in BY_KEY else connection.name if connection is not None else ""
    topics: dict[str, Callable[[], list[Finding]]] = {
        "spf": lambda: check_spf(return_path, resolver, provider=name, include=INCLUDES.get(provider, "")),
        "dkim": lambda: _keys(domain, row.selectors.split(), SELECTORS.get(provider, ()), resolver),
        "dmarc": lambda: check_dmarc(domain, policy_of(domain, resolver), return_path=return_path),
        "return_path": lambda: _return_path(domain, return_path, resolver),
        "links": lambda: _links(domain, resolver),
    }
    return [finding for topic, ask in topics.items() for finding in _heard(topic, ask)]


def _heard(topic: str, ask: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return ask()
    except NotHeard as silent:
        return [Finding(topic, "not_heard", {"name": silent.name})]


def _keys(domain: str, told: Sequence[str], usual: Sequence[str], resolver: Resolver) -> list[Finding]:
    """Check every key that was told; where none was, those the service usually has, of which one is enough."""
    if told:
        return [finding for selector in told for finding in check_dkim(domain, selector, resolver)]
    tried = [check_dkim(domain, selector, resolver) for selector in usual]
    there = [findings for findings in tried if findings[0].code != "dkim_missing"]
    if there:
        return [finding for findings in there for finding in findings]
    return tried[0] if tried else [Finding("dkim", "dkim_not_asked")]


def _return_path(domain: str, return_path: str, resolver: Resolver) -> list[Finding]:
    said = {"return_path": return_path, "domain": domain}
    servers = resolver.mail_servers(return_path)
    if not servers and not resolver.exists(return_path):
        return [Finding("return_path", "return_path_unknown", said)]
    findings = [] if servers else [Finding("return_path", "return_path_no_mail", said)]
    if not belongs(return_path, policy_of(domain, resolver).home):
        findings.append(Finding("return_path", "return_path_foreign", said))
    return findings or [Finding("return_path", "return_path_fine", said)]


def _links(domain: str, resolver: Resolver) -> list[Finding]:
    own = LinkHost.objects.good().first()
    if own is not None:
        return [Finding("links", "links_host", {"host": own.host})]
    host = urlsplit(settings.SITE_URL).hostname or ""
    if host != "localhost" and not resolver.addresses(host):
        return [Finding("links", "links_unknown", {"host": host})]
    return [Finding("links", "links_own" if belongs(host, domain) else "links_other", {"host": host})]
