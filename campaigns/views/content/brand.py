"""Settings, look of mails: colours, letters, logo, address and places elsewhere, with a mail that shows them."""

from typing import Any

from csp.decorators import csp, csp_update
from django import forms
from django.contrib import messages as toasts
from django.core.validators import RegexValidator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Brand
from campaigns.personalization.brands import brand_of, ready_words
from campaigns.personalization.ready import READY_MAILS, wording_of
from campaigns.views.frames import FRAME_POLICY, show_mail, shown
from campaigns.views.looking import look_at
from retention.dashboard.access import needs
from retention.stores import auditing
from retention.stores.forms.fields import WebAddressField
from retention.stores.models import Store
from retention.stores.views.settings_tabs import settings_page

TAB = "campaigns:brand"
PLACES = ("Instagram", "Facebook", "TikTok", "YouTube", "Pinterest", "LinkedIn")
OF_STORE = ("brand_color", "logo_url", "postal_address")
OF_BRAND = ("font", "back_color", "measure_opens")
_COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}$", gettext_lazy("Write it like #0b6674."))


class BrandForm(forms.Form):
    """The brand kit; the first three belong to the store and stand in its settings too."""

    brand_color = forms.CharField(label=gettext_lazy("Brand colour"), max_length=7, validators=[_COLOR])
    back_color = forms.CharField(label=gettext_lazy("Colour around the mail"), max_length=7, validators=[_COLOR])
    font = forms.ChoiceField(
        label=gettext_lazy("Letters"),
        choices=Brand.Font.choices,
        help_text=gettext_lazy("Only those every mail program has; others would fall back to these anyway."),
    )
    logo_url = WebAddressField(
        label=gettext_lazy("Logo address"),
        required=False,
        help_text=gettext_lazy("An image on the web, beginning with https. 72 pixels high looks sharp."),
    )
    postal_address = forms.CharField(
        label=gettext_lazy("Postal address"),
        max_length=500,
        help_text=gettext_lazy("Stands at the foot of every e-mail; the law asks for it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    measure_opens = forms.BooleanField(
        label=gettext_lazy("Measure who opens mails"),
        required=False,
        help_text=gettext_lazy("By a hidden picture. Without it no mail of the shop tells of an opening, and reports say so."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for place in PLACES:
            self.fields[place.lower()] = WebAddressField(label=place, required=False)

    def social(self) -> list[dict[str, str]]:
        """Return the places that were filled in, in their order."""
        return [{"name": place, "url": self.cleaned_data[place.lower()]} for place in PLACES if self.cleaned_data.get(place.lower())]


@needs("store.edit")
@csp_update({"frame-src": ["'self'"]})
@require_http_methods(["GET", "HEAD", "POST"])
def edit_brand(request: Any) -> HttpResponse:
    """Show and save the brand kit."""
    if request.method != "POST":
        return _page(request, BrandForm(initial=_values(request.store)))
    form = BrandForm(request.POST, initial=_values(request.store))
    if not form.is_valid():
        return _page(request, form, status=422)
    with transaction.atomic():
        store = Store.objects.select_for_update().get(pk=request.store.pk)
        before = _values(store)
        for name in OF_STORE:
            setattr(store, name, form.cleaned_data[name])
        store.save(update_fields=OF_STORE)
        own = {name: form.cleaned_data[name] for name in OF_BRAND} | {"social": form.social()}
        Brand.objects.update_or_create(store_id=store.pk, defaults=own)
        changed = [name for name, value in _values(store).items() if value != before.get(name)]
        if changed:
            auditing.note(request, "store.changed", target=f"store:{store.pk}", details={"fields": changed})
    toasts.success(request, _("Kept. The next mails look like this."))
    return redirect(TAB, store_slug=request.store.slug)


@needs("store.edit")
@require_safe
@csp(FRAME_POLICY)
@xframe_options_sameorigin
def preview_brand(request: Any) -> HttpResponse:
    """Show a ready-made mail in the look that is kept, for its frame."""
    wording = wording_of(READY_MAILS["welcome"], words=ready_words(request.store), locale=request.store.locale)
    made = look_at(request, wording, "mjml")
    return show_mail(request, shown(made, dark=request.GET.get("as") == "dark"))


def _page(request: Any, form: BrandForm, *, status: int = 200) -> HttpResponse:
    places = [form[place.lower()] for place in PLACES]
    return settings_page(request, "campaigns/content/brand.html", current=TAB, status=status, form=form, places=places)


def _values(store: Store) -> dict[str, Any]:
    brand = brand_of(store)
    places = {str(place["name"]).lower(): place["url"] for place in brand.social}
    return {name: getattr(store, name) for name in OF_STORE} | {name: getattr(brand, name) for name in OF_BRAND} | places
