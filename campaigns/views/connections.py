"""Settings, Channels: by which provider a store's messages leave, its secrets sealed, and a test with the provider's real answer."""

from typing import Any

from django.conf import settings
from django.contrib import messages as toasts
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.channels import Outcome
from campaigns.channels.email.reports import USER
from campaigns.channels.email.vendors import BY_KEY, SERVICES
from campaigns.forms import FORMS, ProviderForm
from campaigns.models import Campaign, Connection
from campaigns.sending import connecting, routing
from campaigns.sending.hearing import report_password
from campaigns.views.connection_shares import chosen, shown_share
from retention.customers.phones import read_phone
from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.stores import auditing
from retention.stores.limits import Limit, spend_or_local
from retention.stores.stepping_up import asks_for_mfa
from retention.stores.views.settings_tabs import settings_page

TAB = "campaigns:connections"
TESTS = Limit("connection-test", 10, 60)
NAMES = {"smtp": gettext_lazy("SMTP"), "twilio": "Twilio", "webpush": "Web Push", **{vendor.key: vendor.label for vendor in SERVICES}}
CHANNELS = {
    "email": ("mail", gettext_lazy("E-mail"), "ana@example.com"),
    "sms": ("message-2", gettext_lazy("SMS"), "+4915112345678"),
    "push": ("bell", gettext_lazy("Push"), gettext_lazy("address of a customer")),
}


@needs("connections.view")
@require_GET
def list_connections(request: Any) -> HttpResponse:
    """Show each channel with the provider its messages leave by."""
    may_edit = allows(request.role, capability="connections.edit")
    rows = [_row(request, channel, may_edit=may_edit) for channel in CHANNELS]
    return settings_page(request, "campaigns/connections.html", current=TAB, rows=rows, may_edit=may_edit)


@needs("connections.edit")
@asks_for_mfa
@require_http_methods(["GET", "POST"])
def edit_connection(request: Any, which: str) -> HttpResponse:
    """Ask for what a provider needs, and keep it. which: a connection's id, or a provider, whose connection is changed or made."""
    form_of, known = _place(which)
    provider, beside = form_of.provider, known is None and request.GET.get("beside") == "1"
    if known is None and not beside:
        known = connecting.in_use(form_of.channel, provider)
    if request.method == "GET":
        return _form_page(request, form_of.of(known) if known is not None else form_of(), which=which, beside=beside)
    form = form_of(request.POST, known=known)
    if not form.is_valid():
        return _form_page(request, form, which=which, beside=beside, status=422)
    try:
        _keep(request, form, known=known, beside=beside)
    except connecting.TooMany:
        toasts.error(request, _("Two providers are in use side by side already. Stop using one first."))
        return redirect(TAB, store_slug=request.store.slug)
    except connecting.SecretsWanted as error:
        for name in error.names:
            form.add_error(
                name, _("Enter it again. What is kept goes nowhere but to the server it was given for, and never less protected.")
            )
        return _form_page(request, form, which=which, beside=beside, status=422)
    except Connection.DoesNotExist:
        raise Http404 from None
    toasts.success(request, _("Kept. Send a test to see what the provider says."))
    return redirect(TAB, store_slug=request.store.slug)


def _keep(request: Any, form: ProviderForm, *, known: Connection | None, beside: bool) -> None:
    sender = {name: form.cleaned_data.get(name, "") for name in ("from_name", "from_address")}
    with transaction.atomic():
        saved = connecting.keep(
            form.channel,
            form.provider,
            name=form.cleaned_data.get("name") or str(NAMES[form.provider]),
            settings=form.settings(),
            secrets=form.new_secrets(),
            sender=sender,
            now=clock.now(),
            beside=beside,
            connection=known,
        )
        auditing.note(request, "connection.saved", target=f"connection:{saved.public_id}", details={"provider": form.provider})


@needs("connections.edit")
@require_POST
def test_connection(request: Any, which: str) -> HttpResponse:
    """Send one message now and show the provider's own answer."""
    form_of, known = _place(which)
    connection = known or connecting.in_use(form_of.channel, form_of.provider)
    to = _address(request, form_of.channel)
    allowed = spend_or_local(TESTS, who=str(request.store.pk))
    if not to:
        toasts.error(request, _("Enter where the test shall go: an address for e-mail and push, a phone number with + for SMS."))
    elif not allowed.allowed:
        toasts.warning(request, _("Ten tests a minute are enough. Try again in %(seconds)d seconds.") % {"seconds": allowed.retry_after})
    else:
        text = _("This is a test from %(shop)s.") % {"shop": request.store.name}
        answer = connecting.send_test(request.store, channel=form_of.channel, to=to, text=text, now=clock.now(), connection=connection)
        if answer.outcome is Outcome.ACCEPTED:
            toasts.success(request, _("The provider took it: %(answer)s") % {"answer": answer.detail})
        else:
            toasts.error(request, _("It did not leave: %(answer)s") % {"answer": answer.detail})
    return redirect(TAB, store_slug=request.store.slug)


@needs("connections.edit")
@require_POST
def stop_connection(request: Any, which: str) -> HttpResponse:
    """Stop using a provider. Asks for no second factor: shutting must be quick."""
    form_of, known = _place(which)
    with transaction.atomic():
        stopped = connecting.stop_using(form_of.channel, form_of.provider, connection=known, now=clock.now())
        if stopped:
            auditing.note(request, "connection.stopped", target=f"connection:{which}", details={"provider": form_of.provider})
    other = connecting.in_use(form_of.channel) if stopped else None
    if other is not None:
        toasts.success(request, _("The provider is not used any more. Everything leaves by %(name)s.") % {"name": other.name})
    elif stopped:
        toasts.success(request, _("The provider is not used any more. Messages go to the test inbox."))
        going = Campaign.objects.filter(channel=form_of.channel, state__in=[Campaign.State.SCHEDULED, Campaign.State.SENDING])
        if going.filter(begun_inside=False).exists():
            toasts.warning(request, _("Campaigns on their way to real people are paused. Their pages say so and ask about the rest."))
    return redirect(TAB, store_slug=request.store.slug)


def _row(request: Any, channel: str, *, may_edit: bool) -> dict[str, Any]:
    """Return one channel with its connections, or with a place for one."""
    icon, word, example = CHANNELS[channel]
    connections = routing.connections_of(channel)
    providers = [(key, NAMES[key]) for key, form in FORMS.items() if form.channel == channel]
    taken = {one.provider for one in connections}
    return {
        "icon": icon,
        "channel": word,
        "example": example,
        "ways": [_way(one, may_edit=may_edit) | shown_share(request, one, connections) for one in connections]
        or [{"connection": None, "provider": providers[0][0], "which": providers[0][0]}],
        "connected": bool(connections),
        "others": [(key, name) for key, name in providers if key not in taken],
        "beside": providers,
        "may_add": channel == "email" and len(connections) == 1,
    }


def _way(connection: Connection, *, may_edit: bool) -> dict[str, Any]:
    return {
        "connection": connection,
        "which": str(connection.public_id),
        "provider": connection.provider,
        "service": NAMES.get(connection.provider, connection.name),
        "reports": _reports_url(connection) if may_edit else "",
    }


def _reports_url(connection: Connection) -> str:
    """Return the address a provider is told to report to, with a password where it signs nothing; a secret, so for editors only."""
    if connection.provider == "twilio":
        return f"{settings.SITE_URL}/hooks/twilio/{connection.public_id}/reply"
    vendor = BY_KEY.get(connection.provider)
    if vendor is None:
        return ""
    scheme, _sep, host = settings.SITE_URL.partition("://")
    sign = "" if vendor.proof else f"{USER}:{report_password(connection.public_id)}@"
    return f"{scheme}://{sign}{host}{reverse('email_reports', args=[connection.public_id])}"


def _place(which: str) -> tuple[type[ProviderForm], Connection | None]:
    """Return the form an address means, and the connection in use where it names one by its id."""
    known = chosen(which)
    provider = known.provider if known is not None else which
    if provider not in FORMS:
        raise Http404
    return FORMS[provider], known


def _address(request: Any, channel: str) -> str:
    to = str(request.POST.get("to", "")).strip()
    if channel == "sms":
        return read_phone(to, country=request.store.country)
    try:
        validate_email(to)
    except ValidationError:
        return ""
    return to


def _form_page(request: Any, form: ProviderForm, *, which: str, beside: bool, status: int = 200) -> HttpResponse:
    word, name = CHANNELS[form.channel][1], form.known.name if form.known is not None else NAMES[form.provider]
    return settings_page(
        request,
        "campaigns/connection.html",
        current=TAB,
        status=status,
        form=form,
        channel=word,
        name=name,
        which=which,
        beside=beside,
    )
