"""DKIM keys and DMARC policies of one domain.

Source: RFC 6376, 3.6.1; RFC 8301 (at least 1024 bits); RFC 7489, with its successor's walk up the names in place of a list of suffixes.
"""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from campaigns.connecting.asking import Resolver
from campaigns.connecting.judging import Finding

FEWEST_BITS, USUAL_BITS = 1024, 2048
_MOST_STEPS = 8


def tags_of(record: str) -> dict[str, str]:
    """Return the tags of a record like `v=DKIM1; p=...`, names in lower case; the first of two counts."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        name, sign, value = part.partition("=")
        if sign:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def check_dkim(domain: str, selector: str, resolver: Resolver) -> list[Finding]:
    """Return what is found about one key of a domain; raises NotHeard."""
    name = f"{selector}._domainkey.{domain}"
    found = [tags for tags in map(tags_of, resolver.texts(name)) if "p" in tags]
    if not found:
        return [Finding("dkim", "dkim_missing", {"name": name, "selector": selector})]
    tags = found[0]
    said = {"selector": selector}
    if not tags["p"]:
        return [Finding("dkim", "dkim_revoked", said)]
    findings = [_strength(tags, said)]
    if "y" in tags.get("t", "").split(":"):
        findings.append(Finding("dkim", "dkim_testing", said))
    return findings


def _strength(tags: dict[str, str], said: dict[str, str]) -> Finding:
    try:
        raw = base64.b64decode("".join(tags["p"].split()), validate=True)
        if tags.get("k", "rsa").lower() == "ed25519":
            return Finding("dkim", "dkim_fine" if len(raw) == 32 else "dkim_unreadable", said | {"strength": "Ed25519"})
        key = load_der_public_key(raw)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return Finding("dkim", "dkim_unreadable", said)
    if not isinstance(key, RSAPublicKey):
        return Finding("dkim", "dkim_unreadable", said)
    bits = said | {"bits": str(key.key_size), "strength": f"RSA {key.key_size}"}
    if key.key_size < FEWEST_BITS:
        return Finding("dkim", "dkim_weak", bits)
    return Finding("dkim", "dkim_short" if key.key_size < USUAL_BITS else "dkim_fine", bits)


class Policy:
    """The DMARC record that holds for a domain: its own, or that of the nearest name above. `home`: where it stands."""

    def __init__(self, home: str, records: list[str]) -> None:
        self.home = home
        self.records = records
        self.tags = tags_of(records[0]) if records else {}


def policy_of(domain: str, resolver: Resolver) -> Policy:
    """Return the policy that holds for a domain, walking up name by name; raises NotHeard."""
    labels = domain.split(".")
    names = [domain, *(".".join(labels[start:]) for start in range(1, len(labels) - 1))][:_MOST_STEPS]
    for name in names:
        records = [text for text in resolver.texts(f"_dmarc.{name}") if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if records:
            return Policy(name, records)
    return Policy(names[-1], [])


def check_dmarc(domain: str, policy: Policy, *, return_path: str) -> list[Finding]:
    """Return what is found about the policy that holds for a domain, and whether a mail of ours can pass it."""
    name = f"_dmarc.{policy.home}"
    if not policy.records:
        record = ("TXT", name, f"v=DMARC1; p=none; rua=mailto:dmarc@{policy.home}")
        return [Finding("dmarc", "dmarc_missing", {"domain": domain}, record)]
    if len(policy.records) > 1:
        return [Finding("dmarc", "dmarc_twice", {"name": name, "count": str(len(policy.records))})]
    tags = policy.tags
    wanted = (tags.get("sp") if domain != policy.home else None) or tags.get("p", "")
    if wanted.lower() not in ("none", "quarantine", "reject"):
        return [Finding("dmarc", "dmarc_broken", {"name": name, "part": policy.records[0][:80]})]
    code = {"none": "dmarc_only_watching", "quarantine": "dmarc_quarantine", "reject": "dmarc_reject"}[wanted.lower()]
    findings = [Finding("dmarc", code, {"name": name})]
    if not tags.get("rua"):
        findings.append(Finding("dmarc", "dmarc_no_reports", {"name": name}))
    strict = tags.get("aspf", "r").lower() == "s" and return_path != domain
    if strict:
        findings.append(Finding("dmarc", "dmarc_not_aligned", {"domain": domain, "return_path": return_path}))
    elif belongs(return_path, policy.home):
        findings.append(Finding("dmarc", "dmarc_aligned"))
    return findings


def belongs(name: str, home: str) -> bool:
    """Say whether a name is a domain or stands below it."""
    return name == home or name.endswith(f".{home}")
