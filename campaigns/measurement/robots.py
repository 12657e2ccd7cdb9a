"""Does a click look like a machine's? Mail scanners open every link; they are shown apart and never credited with an order."""

import re
from datetime import datetime, timedelta

# Apple's privacy protection loads every picture of every mail, read or not, and says no more than this of itself. The proxies of Gmail and
# Yahoo load when a person opens the mail; they only hide where.
APPLE_PRIVACY = "Mozilla/5.0"
TOO_FAST = timedelta(seconds=1)
MOST_AT_ONCE = 2
_AGENT = re.compile(
    r"bot\b|crawl|spider|scan|preview|proofpoint|mimecast|barracuda|safelinks|urldefense|symantec|trendmicro|curl/|wget/|python-|headless",
    re.IGNORECASE,
)


def suspicion_of_load(*, method: str, agent: str, sent_at: datetime | None, now: datetime) -> str:
    """Return why nobody need have looked at a mail whose picture was loaded, or nothing."""
    if agent.strip() == APPLE_PRIVACY:
        return "apple_privacy"
    return suspicion(method=method, agent=agent, sent_at=sent_at, others_just_now=0, now=now)


def suspicion(*, method: str, agent: str, sent_at: datetime | None, others_just_now: int, now: datetime) -> str:
    """Return why a click looks like a machine's, or nothing.

    others_just_now: clicks on other links of the same message in the last two seconds.
    """
    if method == "HEAD":
        return "head_request"
    if not agent or _AGENT.search(agent):
        return "agent"
    if sent_at is None or now - sent_at < TOO_FAST:
        return "too_fast"
    return "all_links" if others_just_now >= MOST_AT_ONCE else ""
