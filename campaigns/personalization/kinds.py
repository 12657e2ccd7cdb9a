"""One way from what is written to what is compiled, whatever kind of message it is. A new kind: a line here and in `wording.py`."""

from campaigns.personalization.compiling import Compiled, compile_mail
from campaigns.personalization.push_texts import compile_push
from campaigns.personalization.short_texts import compile_sms
from campaigns.personalization.wording import Wording


def compile_wording(wording: Wording, kind: str) -> Compiled:
    """Compile what is written; raises TemplateFault with the first thing that is wrong."""
    if kind == "text":
        return compile_sms(wording.source)
    if kind == "push":
        return compile_push(subject=wording.subject, source=wording.source)
    return compile_mail(subject=wording.subject, source=wording.source, preheader=wording.preheader, kind=kind)
