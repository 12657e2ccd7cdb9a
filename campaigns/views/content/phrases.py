"""Content, fixed words: what stands at the foot and in other fixed places of every mail, in one language at a time."""

from typing import Any

from django.contrib import messages as toasts
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import StorePhrase
from campaigns.personalization.phrases import PHRASES, own_phrases, usual_text
from campaigns.personalization.wording import MOST_LANGUAGES, is_language
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.kit.languages import LANGUAGES
from retention.stores import auditing

LONGEST = 300


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_phrases(request: Any) -> HttpResponse:
    """Show every phrase in one language, and keep the store's own. Fields: language; a text by the key of each phrase, empty for ours."""
    asked = str((request.POST or request.GET).get("language", "")).strip().lower().replace("_", "-")
    if asked and not is_language(asked):
        toasts.error(request, _("Write a language by its short name: de, es, ja or pt-br."))
        asked = ""
    language = asked or request.store.locale.lower().replace("_", "-")
    if request.method != "POST" or not asked:
        return _page(request, language, typed={}, faults={})
    typed = {key: " ".join(request.POST.get(key, "").replace("\0", "").split()) for key in PHRASES}
    faults = {key: fault for key, text in typed.items() if (fault := _fault(text))}
    if faults:
        return _page(request, language, typed=typed, faults=faults, status=422)
    own = own_phrases()
    if any(typed.values()) and language not in _own_languages(own) and len(_own_languages(own)) >= MOST_LANGUAGES:
        toasts.error(request, _("%(most)s languages are the most.") % {"most": MOST_LANGUAGES})
        return _page(request, language, typed=typed, faults={}, status=422)
    with transaction.atomic():
        _keep(request, language, typed, own)
    toasts.success(request, _("Kept. The next mails say it so."))
    where = reverse("campaigns:phrases", kwargs={"store_slug": request.store.slug})
    return redirect(f"{where}?{urlencode({'language': language})}")


def _keep(request: Any, language: str, typed: dict[str, str], own: dict[tuple[str, str], str]) -> None:
    """Write what differs from what was there, in the caller's transaction; what says the same as ours is not kept."""
    changed = []
    for key, text in typed.items():
        wanted = "" if text == usual_text(key, language, store=request.store, own=own) else text
        if wanted == own.get((key, language), ""):
            continue
        changed.append(key)
        if wanted:
            StorePhrase.objects.update_or_create(key=key, language=language, defaults={"text": wanted})
        else:
            StorePhrase.objects.filter(key=key, language=language).delete()
    if changed:
        auditing.note(request, "phrases.changed", target=f"phrases:{language}", details={"phrases": changed})


def _fault(text: str) -> str:
    if len(text) > LONGEST:
        return _("%(most)s letters are the most.") % {"most": LONGEST}
    if "{{" in text or "{%" in text:
        return _("Plain words only; {shop} stands for the name of the shop.")
    return ""


def _page(request: Any, language: str, *, typed: dict[str, str], faults: dict[str, str], status: int = 200) -> HttpResponse:
    own = own_phrases()
    rows = [
        {
            "key": key,
            "label": phrase.label.render(_),
            "usual": usual_text(key, language, store=request.store, own=own),
            "text": typed.get(key, own.get((key, language), "")),
            "fault": faults.get(key, ""),
        }
        for key, phrase in PHRASES.items()
    ]
    context = {"language": language, "rows": rows, "languages": _languages(language, own), "longest": LONGEST}
    return render(request, "campaigns/content/phrases.html", context, status=status)


def _languages(language: str, own: dict[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Return the languages to choose from: those people speak, those with words of the store, and those we have; how many speak each."""
    spoken = Customer.objects.known().exclude(language="").values_list("language").annotate(people=Count("pk")).order_by("-people")
    people: dict[str, int] = {}
    for name, count in spoken[: 4 * MOST_LANGUAGES]:
        short = str(name).lower().replace("_", "-")
        people[short] = people.get(short, 0) + count
    mine = _own_languages(own)
    names = dict.fromkeys([language, *list(people)[:MOST_LANGUAGES], *sorted(mine), *LANGUAGES])
    return [
        {"key": name, "name": name_of(name), "people": people.get(name, 0), "own": name in mine, "here": name == language} for name in names
    ]


def name_of(language: str) -> str:
    """Return what a language calls itself, or nothing where that is not known."""
    try:
        return str(get_language_info(language)["name_local"])
    except KeyError:
        return ""


def _own_languages(own: dict[tuple[str, str], str]) -> set[str]:
    return {language for _key, language in own}
