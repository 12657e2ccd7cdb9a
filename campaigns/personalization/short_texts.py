"""Texts that are no mail: an SMS is plain Liquid and nothing to compile; every fault is named before saving all the same."""

from campaigns.personalization.compiling import Compiled
from campaigns.personalization.render import TemplateFault, check

LONGEST_SOURCE = 5000


def compile_sms(source: str) -> Compiled:
    """Check the text of an SMS and return it as a version stores it; raises TemplateFault."""
    if not source.strip():
        raise TemplateFault("the text is empty")
    if len(source) > LONGEST_SOURCE:
        raise TemplateFault(f"the text is longer than {LONGEST_SOURCE} signs")
    check(source)
    return Compiled(html="", text=source.strip())
