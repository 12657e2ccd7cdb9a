"""What is found about one record, in words people act on. A finding is stored as its code and values; its words are made when shown.

severity: must (mail is refused or lands in junk), should (better), fine, unknown (the DNS did not answer).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retention.kit.words import Phrase, gettext_noop

TOPICS = ("spf", "dkim", "dmarc", "return_path", "links")


@dataclass(frozen=True)
class Finding:
    """One thing found. add: a record to add, (kind, name, value), or nothing."""

    topic: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    add: tuple[str, str, str] | None = None

    @property
    def severity(self) -> str:
        """Return how bad it is."""
        return _CODES[self.code][0]

    @property
    def words(self) -> Phrase:
        """Return what is there."""
        return Phrase(_CODES[self.code][1], dict(self.values))

    @property
    def advice(self) -> Phrase | None:
        """Return what to do, where there is something to do."""
        text = _CODES[self.code][2]
        return Phrase(text, dict(self.values)) if text else None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"topic": self.topic, "code": self.code, "values": dict(self.values), "add": list(self.add) if self.add else None}


def read(stored: Mapping[str, Any]) -> Finding | None:
    """Read what `as_json` wrote; None for a code this release does not know."""
    if stored.get("code") not in _CODES:
        return None
    add = stored.get("add")
    values = {str(name): str(value) for name, value in (stored.get("values") or {}).items()}
    return Finding(str(stored.get("topic")), str(stored["code"]), values, tuple(add) if add else None)


# code -> severity, what is there, what to do.
_CODES: dict[str, tuple[str, str, str]] = {
    "not_heard": (
        "unknown",
        gettext_noop("The name server did not answer about %(name)s in time."),
        gettext_noop("Nothing is wrong with that alone. Check again in a minute."),
    ),
    "spf_fine": ("fine", gettext_noop("%(domain)s says who may send for it, with %(lookups)s of 10 look-ups."), ""),
    "spf_missing": (
        "must",
        gettext_noop("%(domain)s does not say who may send for it."),
        gettext_noop("Add this record where your domain is looked after. If other services send for you, put theirs into the same record."),
    ),
    "spf_twice": (
        "must",
        gettext_noop("%(domain)s has %(count)s SPF records, so receivers ignore all of them."),
        gettext_noop("Join them into one: everything between “v=spf1” and the “all” of each."),
    ),
    "spf_broken": (
        "must",
        gettext_noop("The SPF record of %(domain)s has a part no receiver understands: “%(part)s”."),
        gettext_noop("Mend or remove this part; until then the whole record counts as broken."),
    ),
    "spf_loop": (
        "must",
        gettext_noop("The SPF record of %(domain)s comes back to itself by way of %(name)s."),
        gettext_noop("Take the include out that leads back."),
    ),
    "spf_too_many": (
        "must",
        gettext_noop("The SPF record of %(domain)s needs %(lookups)s look-ups; receivers stop after 10 and count it as broken."),
        gettext_noop("Remove services you do not use any more, or let some of them send from a subdomain."),
    ),
    "spf_nothing_there": (
        "must",
        gettext_noop("The SPF record of %(domain)s includes %(name)s, which has no SPF record."),
        gettext_noop("Remove that part or correct its name; until then the whole record counts as broken."),
    ),
    "spf_all_welcome": (
        "must",
        gettext_noop("The SPF record of %(domain)s lets everybody send for it (“+all”)."),
        gettext_noop("End it with “~all” or “-all”."),
    ),
    "spf_no_end": (
        "should",
        gettext_noop("The SPF record of %(domain)s does not say what to do with everybody else."),
        gettext_noop("End it with “~all”."),
    ),
    "spf_without_provider": (
        "should",
        gettext_noop("The SPF record of %(domain)s does not name %(provider)s, by which your mails leave."),
        gettext_noop("Put “include:%(include)s” into it, before “all”, unless bounces go to a domain of the service itself."),
    ),
    "dkim_fine": ("fine", gettext_noop("The key “%(selector)s” is there, %(strength)s."), ""),
    "dkim_not_asked": (
        "should",
        gettext_noop("We do not know under which name your service keeps its key."),
        gettext_noop("Your service shows it as “selector” where it has you sign mails with DKIM. Enter it below and check again."),
    ),
    "dkim_missing": (
        "must",
        gettext_noop("There is no key under “%(name)s”."),
        gettext_noop("Switch DKIM on at your service and add the record it shows you under exactly this name."),
    ),
    "dkim_revoked": (
        "must",
        gettext_noop("The key “%(selector)s” is empty: it was taken back."),
        gettext_noop("Make a new key at your service and add its record."),
    ),
    "dkim_unreadable": (
        "must",
        gettext_noop("The record “%(selector)s” is there, and its key cannot be read."),
        gettext_noop("Copy it again from your service; often a part is lost or a quote too much."),
    ),
    "dkim_weak": (
        "must",
        gettext_noop("The key “%(selector)s” has %(bits)s bits; Gmail takes none below 1024."),
        gettext_noop("Make a new one with 2048 bits at your service."),
    ),
    "dkim_short": (
        "should",
        gettext_noop("The key “%(selector)s” has %(bits)s bits."),
        gettext_noop("2048 are usual today. Make a new one at your service when you can."),
    ),
    "dkim_testing": (
        "should",
        gettext_noop("The key “%(selector)s” says it is only being tried (t=y)."),
        gettext_noop("Take “t=y” out once mails arrive signed."),
    ),
    "dmarc_quarantine": ("fine", gettext_noop("The DMARC record at %(name)s asks receivers to put aside what is not from you."), ""),
    "dmarc_reject": ("fine", gettext_noop("The DMARC record at %(name)s asks receivers to refuse what is not from you."), ""),
    "dmarc_aligned": ("fine", gettext_noop("It fits the address your mails come from."), ""),
    "dmarc_missing": (
        "must",
        gettext_noop("%(domain)s has no DMARC record. Gmail and Yahoo ask everybody who sends much for one."),
        gettext_noop("Add this record. It changes nothing for your mails, and tells you who sends in your name."),
    ),
    "dmarc_twice": (
        "must",
        gettext_noop("%(name)s has %(count)s DMARC records, so receivers ignore all of them."),
        gettext_noop("Keep one."),
    ),
    "dmarc_broken": (
        "must",
        gettext_noop("The DMARC record at %(name)s is not valid: “%(part)s”."),
        gettext_noop("It begins with “v=DMARC1; p=none” (or quarantine, or reject)."),
    ),
    "dmarc_only_watching": (
        "should",
        gettext_noop("The DMARC record at %(name)s only watches (p=none). That is enough for Gmail and Yahoo."),
        gettext_noop("Once its reports show no mail of yours failing, make it “p=quarantine”: then nobody can write in your name."),
    ),
    "dmarc_no_reports": (
        "should",
        gettext_noop("Nobody gets the reports of the DMARC record at %(name)s."),
        gettext_noop("Add “rua=mailto:” and an address of yours, so that you see who sends in your name."),
    ),
    "dmarc_not_aligned": (
        "must",
        gettext_noop(
            "DMARC asks for the very domain of your address, and bounces go to %(return_path)s, which is another; DKIM must match."
        ),
        gettext_noop("Let your service sign with %(domain)s itself, or take “aspf=s” out of the DMARC record."),
    ),
    "return_path_fine": (
        "fine",
        gettext_noop("Mails that come back go to %(return_path)s, which takes mail and belongs to your domain."),
        "",
    ),
    "return_path_unknown": (
        "must",
        gettext_noop("%(return_path)s, where mails would come back to, does not exist."),
        gettext_noop("Correct its name below, or add the records your service shows for it."),
    ),
    "return_path_no_mail": (
        "should",
        gettext_noop("%(return_path)s takes no mail, so nobody hears of addresses that do not exist."),
        gettext_noop("Add an MX record there; your service says which."),
    ),
    "return_path_foreign": (
        "should",
        gettext_noop("Mails come back to %(return_path)s, which is not part of %(domain)s, so SPF says nothing for DMARC."),
        gettext_noop("DKIM must then sign with your domain. Better: set up a return path below your own domain at your service."),
    ),
    "links_host": ("fine", gettext_noop("Links in mails lead through %(host)s, your own host."), ""),
    "links_own": ("fine", gettext_noop("Links in mails lead through %(host)s, which belongs to your domain."), ""),
    "links_other": (
        "fine",
        gettext_noop(
            "Links in mails lead through %(host)s, the address of this product, to your shop. It answers, and needs nothing of you."
        ),
        "",
    ),
    "host_fine": ("fine", gettext_noop("%(host)s leads here, and its certificate is good. Links in new messages use it."), ""),
    "host_unknown": (
        "must",
        gettext_noop("The name servers do not know %(host)s yet."),
        gettext_noop("Add this record where your domain is looked after. It can take an hour until it is seen everywhere."),
    ),
    "host_unproven": (
        "must",
        gettext_noop("The record that says %(host)s is yours is not there yet."),
        gettext_noop("Add this record too. Without it another shop could take your name."),
    ),
    "host_without_certificate": (
        "must",
        gettext_noop("%(host)s leads somewhere that has no good certificate for it, so mail programs would warn people."),
        gettext_noop("One is made some minutes after the record is seen. Check again then; if it stays so, ask whoever runs this product."),
    ),
    "host_silent": (
        "must",
        gettext_noop("%(host)s did not answer."),
        gettext_noop("Check that its record leads to the name shown above, then check again."),
    ),
    "host_elsewhere": (
        "must",
        gettext_noop("%(host)s leads somewhere else, not here."),
        gettext_noop("Remove any other record of this name. If a service stands in between, it must pass the name of the host on."),
    ),
    "links_unknown": (
        "must",
        gettext_noop("Links in mails lead through %(host)s, which the name servers do not know."),
        gettext_noop("Whoever runs this product sets its address right; until then nobody can follow a link."),
    ),
}
