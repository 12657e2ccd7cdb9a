"""The one door for templates: make, draft, save as a version, go back to an old one, copy, put away.

Every change of a draft says what it was made from (`Basis`); nobody writes over what they have not seen.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from campaigns.models import Template, TemplateVersion
from campaigns.personalization.kinds import compile_wording
from campaigns.personalization.render import TemplateFault
from campaigns.personalization.wording import Content, Wording, content_of, read_content
from retention.kit.words import fold

_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")
LONGEST_KEY = 60


class Newer(Exception):
    """Somebody else changed the template meanwhile; nothing was written. `template` is how it stands now."""

    def __init__(self, template: Template) -> None:
        super().__init__("is_newer")
        self.template = template


class Basis(NamedTuple):
    """What a change was made from: the number of the live version and the count of the draft."""

    live: int = 0
    draft: int = 0

    @classmethod
    def of(cls, template: Template) -> "Basis":
        """Return what stands now."""
        return cls(template.live_number or 0, template.draft_number)

    @classmethod
    def read(cls, text: str) -> "Basis | None":
        """Read what `str` wrote; None for anything else."""
        found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", text)
        return cls(int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        """Return it as a page carries it."""
        return f"{self.live}:{self.draft}"


def create(name: str, *, content: Content, user_id: int | None, now: datetime, channel: str = "email") -> Template:
    """Make a template with a draft and no version yet; its key is made from the name and is its own."""
    with transaction.atomic():
        template = Template(key=free_key(name), name=name, channel=channel, created_at=now)
        template.draft, template.draft_number, template.draft_saved_at, template.draft_by_id = content.as_json(), 1, now, user_id
        template.save()
    return template


def free_key(name: str) -> str:
    """Return a key from a name that no template of the store has."""
    stem = _NOT_IN_KEYS.sub("-", fold(name)).strip("-")[: LONGEST_KEY - 6] or "template"
    taken = set(Template.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(key for key in [stem, *(f"{stem}-{number}" for number in range(2, 99_999))] if key not in taken)


def latest_version(template: Template) -> TemplateVersion | None:
    """Return the live version, or None before the first."""
    found: TemplateVersion | None = TemplateVersion.objects.filter(template=template, number=template.live_number).first()
    return found


def written(template: Template) -> Content:
    """Return what the editor opens: the draft, else what the live version was made from."""
    if template.draft is not None:
        return read_content(template.draft)
    version = latest_version(template)
    return content_of(version) if version else Content()


def keep_draft(template: Template, content: Content, *, based_on: Basis, user_id: int | None, now: datetime) -> Template:
    """Keep what is being written, finished or not; raises Newer. What stands there already is no conflict: an answer may have been lost."""
    with transaction.atomic():
        kept = _locked(template, based_on=None)
        if written(kept) != content:
            if based_on != Basis.of(kept):
                raise Newer(kept)
            kept.draft, kept.draft_saved_at, kept.draft_by_id = content.as_json(), now, user_id
            kept.draft_number += 1
            kept.save()
    return kept


def drop_draft(template: Template, *, based_on: Basis) -> Template:
    """Let go of what was written and not saved; raises Newer. Before the first version nothing is done."""
    with transaction.atomic():
        kept = _locked(template, based_on=based_on)
        if kept.live_number is not None and kept.draft is not None:
            _clear(kept)
            kept.save()
    return kept


def save_version(
    template: Template,
    *,
    subject: str,
    source: str,
    preheader: str = "",
    kind: str = "mjml",
    languages: Mapping[str, Wording] | None = None,
    user_id: int | None = None,
    now: datetime,
    based_on: Basis | None = None,
) -> TemplateVersion:
    """Compile and store the next version, and make it the live one: the next message that is planned uses it.

    The same again is no new version. based_on: what it was made from. Raises TemplateFault (which language stands before its words) and
    Newer; then nothing changed.
    """
    content = Content(kind, Wording(subject, preheader, source), languages or {})
    compiled = {language: _compiled(content.kind, language, wording) for language, wording in content.texts()}
    with transaction.atomic():
        kept = _locked(template, based_on=based_on)
        live = latest_version(kept)
        if live is None or content_of(live) != content:
            live = _store(kept, content, compiled, user_id=user_id, now=now)
            kept.live_number = live.number
        _clear(kept)
        kept.save()
        template.live_number, template.draft, template.draft_number = kept.live_number, kept.draft, kept.draft_number
    return live


def restore(template: Template, version: TemplateVersion, *, user_id: int | None, now: datetime) -> TemplateVersion:
    """Make what an old version says the newest one; the old one stays where it is."""
    content = content_of(version)
    return save_version(template, **vars(content.main), kind=content.kind, languages=content.languages, user_id=user_id, now=now)


def duplicate(template: Template, *, name: str, user_id: int | None, now: datetime) -> Template:
    """Make a new template whose draft is what this one's editor shows."""
    return create(name, content=written(template), user_id=user_id, now=now, channel=template.channel)


def put_away(template: Template, *, at: datetime | None) -> None:
    """Take a template off the list (or back, with None); what names it goes on using it."""
    Template.objects.filter(pk=template.pk).update(archived_at=at)


def _compiled(kind: str, language: str, wording: Wording) -> dict[str, str]:
    try:
        made = compile_wording(wording, kind)
    except TemplateFault as fault:
        raise TemplateFault(f"{language}: {fault}" if language else str(fault)) from None
    return {**vars(wording), "html": made.html, "text": made.text}


def _store(
    template: Template, content: Content, compiled: Mapping[str, dict[str, Any]], *, user_id: int | None, now: datetime
) -> TemplateVersion:
    newest = TemplateVersion.objects.filter(template=template).order_by("-number").values_list("number", flat=True).first() or 0
    version = TemplateVersion(template=template, number=newest + 1, kind=content.kind, saved_by_id=user_id, created_at=now, **compiled[""])
    version.languages = {language: made for language, made in compiled.items() if language}
    version.save()
    return version


def _clear(template: Template) -> None:
    template.draft, template.draft_saved_at, template.draft_by_id = None, None, None
    template.draft_number += 1


def _locked(template: Template, *, based_on: Basis | None) -> Template:
    kept: Template = Template.objects.select_for_update().get(pk=template.pk)
    if based_on is not None and based_on != Basis.of(kept):
        raise Newer(kept)
    return kept
