"""SPF of one domain: one record, made of parts receivers understand, at most ten look-ups deep. Source: RFC 7208, 3.2, 4.5, 4.6.4."""

import re
from dataclasses import dataclass, field

from campaigns.connecting.asking import Resolver
from campaigns.connecting.judging import Finding

MOST_LOOKUPS = 10
_DEEPEST = 20  # of our own walk: deeper than ten is broken anyway, and nobody may keep us busy
_PART = re.compile(
    r"(?P<sign>[-+~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?P<rest>[:/].*)?|(?P<modifier>[a-z][a-z0-9_.-]*)=(?P<value>.*)",
    re.IGNORECASE,
)
_ASKS = frozenset({"include", "a", "mx", "ptr", "exists"})


@dataclass
class _Walk:
    """What one walk through a record and its includes has come to."""

    lookups: int = 0
    includes: set[str] = field(default_factory=set)
    fault: Finding | None = None


def records_of(name: str, resolver: Resolver) -> list[str]:
    """Return the SPF records of a name; raises NotHeard."""
    return [text for text in resolver.texts(name) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def check_spf(domain: str, resolver: Resolver, *, provider: str = "", include: str = "") -> list[Finding]:
    """Return what is found about a domain's SPF; raises NotHeard. include: what the provider wants to see in it, provider: its name."""
    found = records_of(domain, resolver)
    if not found:
        record = " ".join(part for part in ("v=spf1", f"include:{include}" if include else "mx", "~all") if part)
        return [Finding("spf", "spf_missing", {"domain": domain}, ("TXT", domain, record))]
    if len(found) > 1:
        return [Finding("spf", "spf_twice", {"domain": domain, "count": str(len(found))})]
    walk = _Walk()
    _follow(domain, found[0], resolver, walk, path=(domain,), top=domain)
    if walk.fault is not None:
        return [walk.fault]
    findings = []
    if walk.lookups > MOST_LOOKUPS:
        findings.append(Finding("spf", "spf_too_many", {"domain": domain, "lookups": str(walk.lookups)}))
    if include and include not in walk.includes:
        findings.append(Finding("spf", "spf_without_provider", {"domain": domain, "provider": provider, "include": include}))
    findings += _end(domain, found[0])
    return findings or [Finding("spf", "spf_fine", {"domain": domain, "lookups": str(walk.lookups)})]


def _end(domain: str, record: str) -> list[Finding]:
    parts = [part.lower() for part in record.split()[1:]]
    if "all" in parts or "+all" in parts:
        return [Finding("spf", "spf_all_welcome", {"domain": domain})]
    ended = any(part in ("-all", "~all") or part.startswith("redirect=") for part in parts)
    return [] if ended else [Finding("spf", "spf_no_end", {"domain": domain})]


def _follow(name: str, record: str, resolver: Resolver, walk: _Walk, *, path: tuple[str, ...], top: str) -> None:
    """Count the look-ups of a record and of everything it leads to; stops at the first fault."""
    for part in record.split()[1:]:
        match = _PART.fullmatch(part)
        if match is None or not _is_whole(match):
            walk.fault = Finding("spf", "spf_broken", {"domain": top, "part": part[:80]})
            return
        kind = (match["name"] or match["modifier"]).lower()
        walk.lookups += kind in _ASKS or kind == "redirect"
        target = _target(match)
        if kind not in ("include", "redirect") or "%" in target:
            continue
        walk.includes.add(target)
        if target in path:
            walk.fault = Finding("spf", "spf_loop", {"domain": top, "name": target})
        elif walk.lookups <= _DEEPEST:
            _enter(target, resolver, walk, path=(*path, target), top=top)
        if walk.fault is not None:
            return


def _enter(target: str, resolver: Resolver, walk: _Walk, *, path: tuple[str, ...], top: str) -> None:
    below = records_of(target, resolver)
    if len(below) != 1:
        walk.fault = Finding("spf", "spf_nothing_there", {"domain": top, "name": target})
        return
    _follow(target, below[0], resolver, walk, path=path, top=top)


def _target(match: re.Match[str]) -> str:
    return (match["value"] if match["modifier"] else (match["rest"] or "")[1:]).rstrip(".").lower()


def _is_whole(match: re.Match[str]) -> bool:
    """Say whether a part names what it needs: an include its domain, an ip4 its address."""
    name = (match["name"] or "").lower()
    return not (name in ("include", "exists", "ip4", "ip6") and not (match["rest"] or "").startswith(":"))
