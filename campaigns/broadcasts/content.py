"""What a campaign says: a template of the store, or plain words written in a few fields; fixed as a version when it starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.db.models import Q

from campaigns.models import Campaign, CampaignVariant, SendRule, Template, TemplateVersion
from campaigns.personalization.checking import findings_of, must_mend
from campaigns.personalization.framing import FOOT_MJML
from campaigns.personalization.kinds import compile_wording
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.render import check
from campaigns.personalization.vocabulary import words_of_store
from campaigns.personalization.wording import Content, Wording, content_of
from campaigns.truth.codes import code_fault
from retention.kit.words import Phrase, gettext_noop

_MAIL = """<mjml>
  <mj-head>
    <mj-title>{{ shop.name }}</mj-title>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1f2a30" />
      <mj-button background-color="{{ shop.color }}" color="#ffffff" border-radius="6px" font-size="16px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4f6f7" width="600px">
    <mj-section background-color="#ffffff" padding="24px 16px">
      <mj-column>
        <mj-text font-size="14px" color="#5b6b73">{{ shop.name }}</mj-text>
        <mj-text font-size="24px" font-weight="700">[[heading]]</mj-text>
        [[text]]
        [[button]]
      </mj-column>
    </mj-section>
[[foot]]  </mj-body>
</mjml>
""".replace("[[foot]]", FOOT_MJML)

_CHOOSES = re.compile(
    r"\{%-?\s*(?:liquid|if|unless|case|for|tablerow|assign|capture)\b"
    r"|\{\{[^{}]*\|\s*(?:default|replace\w*|remove\w*|where|find\w*|slice|truncate\w*)\b"
)
"""What may make other words for one person than for the next, beyond a name that stands in its place."""


@dataclass(frozen=True)
class Words:
    """A plain message. text: in a mail paragraphs with an empty line between them; Liquid may stand in it. url: where button or click lead.

    An SMS is its text alone; what browsers show is its text and where it leads, under the variant's subject as its title.
    """

    heading: str = ""
    text: str = ""
    button: str = ""
    url: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> "Words":
        """Return stored words; what is missing is empty."""
        return cls(*(str(stored.get(name) or "") for name in ("heading", "text", "button", "url")))

    def lacks(self, channel: str, *, subject: str) -> bool:
        """Say whether something that a channel cannot do without is missing."""
        needed = {"email": (subject, self.heading, self.text), "sms": (self.text,)}.get(channel, (subject, self.text, self.url))
        return not all(one.strip() for one in needed)


def plain(channel: str, *, subject: str, words: Words) -> tuple[Wording, str]:
    """Return plain words as what is compiled, with the kind of its source."""
    if channel == "sms":
        return Wording("", "", words.text.strip()), "text"
    if channel in ("push", "onsite"):
        return Wording(subject, "", str(PushText(words.text, words.url))), "push"
    return Wording(subject, "", source_of(words)), "mjml"


def source_of(words: Words) -> str:
    """Return the MJML of a plain mail."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", words.text.replace("\r\n", "\n")) if part.strip()]
    text = "\n        ".join(f"<mj-text>{_as_html(part)}</mj-text>" for part in paragraphs)
    button = f'<mj-button href="{escape(words.url)}">{_as_html(words.button)}</mj-button>' if words.button and words.url else ""
    return _MAIL.replace("[[heading]]", _as_html(words.heading)).replace("[[text]]", text).replace("[[button]]", button)


def _as_html(text: str) -> str:
    """Return text as HTML; quotes stay, for Liquid needs them."""
    return escape(text, quote=False).replace("\n", "<br />")


def fault_of(variant: CampaignVariant, *, now: datetime) -> Phrase | str:
    """Return what keeps a variant from being sent, or nothing: "missing", or the worst the checks before sending find.

    A name nobody has would fail every single message, so it is said before the first of them.
    """
    if variant.template_id is not None:
        missing = live_version(variant.template) is None
    else:
        missing = Words.read(variant.words).lacks(variant.campaign.channel, subject=variant.subject)
    if missing:
        return "missing"
    wording, kind = wording_of(variant)
    worst = findings_of(Content(kind, wording), words=words_of_store())[:1]
    if not must_mend(worst):
        return _coupon_fault(variant, wording, now)
    return Phrase(gettext_noop("%(what)s %(hint)s"), {"what": worst[0].words, "hint": worst[0].hint}) if worst[0].hint else worst[0].words


def _coupon_fault(variant: CampaignVariant, wording: Wording, now: datetime) -> Phrase | str:
    """Say why no code could be shown where one is: every single message would be held back."""
    version = variant.version or live_version(variant.template)
    place = Q(campaign_id=variant.campaign_id) | Q(template__isnull=False, template_id=variant.template_id)
    texts = [wording.subject, wording.source] if version is None else version.texts()
    return code_fault(texts, place=place, now=now) or ""


def live_version(template: Template | None) -> TemplateVersion | None:
    """Return the version of a template that is in use."""
    if template is None or template.live_number is None:
        return None
    found: TemplateVersion | None = template.versions.filter(number=template.live_number).first()
    return found


def wording_of(variant: CampaignVariant, language: str = "") -> tuple[Wording, str]:
    """Return what a variant says: as it was fixed at the start, before it as it stands; and the kind of its source.

    language: one of `languages_of`; "" is everybody's.
    """
    base = variant.version or live_version(variant.template)
    if base is None:
        return plain(variant.campaign.channel, subject=variant.subject, words=Words.read(variant.words))
    found = content_of(base).in_language(language)
    own = "" if language or variant.version is not None else variant.subject
    return Wording(own or found.subject, found.preheader, found.source), base.kind


def languages_of(variant: CampaignVariant) -> list[str]:
    """Return the further languages a variant is written in."""
    base = variant.version or live_version(variant.template)
    return sorted(base.languages) if base is not None else []


def language_read(variant: CampaignVariant, language: str) -> str:
    """Return which language of a variant somebody reads who speaks `language`; "" is everybody's."""
    base = variant.version or live_version(variant.template)
    return base.parts_for(language)[0] if base is not None else ""


def sources_of(variant: CampaignVariant) -> list[tuple[str, str]]:
    """Return (language, source) of everything a variant says, in every language; the language is "" for everybody's."""
    return [(language, "\n\n".join(filter(None, parts))) for language, parts in _texts_of(variant)]


def choosing(variant: CampaignVariant) -> list[tuple[str, str]]:
    """Return those sources that say different things to different people: conditions, loops, words put in place of others.

    One person's preview shows one of the ways it may read; the source shows all of them.
    """
    return [(language, "\n\n".join(filter(None, parts))) for language, parts in _texts_of(variant) if any(map(_CHOOSES.search, parts))]


def _texts_of(variant: CampaignVariant) -> list[tuple[str, list[str]]]:
    base = variant.version or live_version(variant.template)
    if base is None:
        return [("", [variant.subject, *vars(Words.read(variant.words)).values()])]
    return [
        (language, [(not language and variant.subject) or one.subject, one.preheader, one.source])
        for language, one in content_of(base).texts()
    ]


def fix(campaign: Campaign, *, now: datetime) -> None:
    """Give every variant the version it will be sent by, in the caller's transaction; raises TemplateFault."""
    for variant in campaign.variants.select_related("template", "sender").order_by("letter"):
        variant.version = _version(campaign, variant, now=now)
        variant.save(update_fields=["version"])


def _version(campaign: Campaign, variant: CampaignVariant, *, now: datetime) -> TemplateVersion:
    base = live_version(variant.template)
    sender = variant.sender
    if base is not None and variant.subject in ("", base.subject) and sender is None:
        return base
    subject = variant.subject or (base.subject if base is not None else "")
    if base is not None:
        check(subject)
        made = {name: getattr(base, name) for name in ("preheader", "kind", "languages", "source", "html", "text")}
    else:
        wording, kind = plain(campaign.channel, subject=subject, words=Words.read(variant.words))
        compiled = compile_wording(wording, kind)
        made = {"kind": kind, "source": wording.source, "html": compiled.html, "text": compiled.text}
    if sender is not None:
        made |= {"from_name": sender.name, "from_address": sender.address}
    template, _made = Template.objects.get_or_create(
        key=f"campaign-{campaign.pk}-{variant.letter}",
        defaults={
            "name": f"{campaign.name[:110]} {variant.letter.upper()}",
            "channel": campaign.channel,
            "created_at": now,
            "archived_at": now,
        },  # of no use elsewhere
    )
    if base is not None:
        _keep_rule(base, template, now=now)
    number = (template.live_number or 0) + 1
    version: TemplateVersion = TemplateVersion.objects.create(template=template, number=number, subject=subject, created_at=now, **made)
    Template.objects.filter(pk=template.pk).update(live_number=number)
    return version


def _keep_rule(base: TemplateVersion, template: Template, *, now: datetime) -> None:
    """Let a template made for one campaign keep to the rule of the one it was made from, pool and all, as it stands at the start."""
    rule = SendRule.objects.filter(template_id=base.template_id).first()
    if rule is not None:
        told = {name: getattr(rule, name) for name in ("pool_id", "sold_out", "dearer", "fallback")}
        SendRule.objects.update_or_create(template=template, defaults=told | {"changed_at": now})
