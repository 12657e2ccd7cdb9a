"""Did this person say no before? A form then grants nothing by itself: the second yes of the address's owner is asked for first.

Asked of the addresses that were typed and of the person they lead to, who may be known by an older address, an earlier sign-up or their
browser.
"""

from django.db.models import Q

from retention.customers.consent import is_suppressed
from retention.customers.identifying import email_key
from retention.customers.models import Consent, Customer
from retention.customers.profile import is_public_word
from retention.signup.models import Preference, Signup


def needs_second_yes(signup: Signup, customer: Customer) -> bool:
    """Say whether one yes is not enough for this person, wherever they are from.

    A no of theirs, a blocked address, or an address that is not the one we write to them at: then a stranger may have typed it.
    """
    addresses = addresses_of(signup)
    if any(is_suppressed(address, channel=channel) for channel, address in addresses.items()):
        return True
    return _is_elsewhere(signup, customer) or _refused(signup, customer, list(addresses))


def addresses_of(signup: Signup) -> dict[str, str]:
    """Return what was typed, by channel."""
    return {channel: address for channel, address in (("email", signup.email), ("sms", signup.phone)) if address}


def reached_by(signup: Signup, customer: Customer, *, by_stranger: bool = False) -> list[str]:
    """Return the channels on which the address that was typed is the one we write to this person at.

    by_stranger: whoever typed it may be anybody, who could have told us the person's number by the shop's page just before.
    """
    number_fits = customer.phone == signup.phone and not (by_stranger and is_public_word(customer, "phone"))
    same = {"email": customer.email_key == email_key(signup.email), "sms": number_fits}
    return [channel for channel in addresses_of(signup) if same[channel]]


def _is_elsewhere(signup: Signup, customer: Customer) -> bool:
    return bool(signup.email and customer.email_key and customer.email_key != email_key(signup.email))


def _refused(signup: Signup, customer: Customer, channels: list[str]) -> bool:
    """Say whether the person, or whoever else has the number, refused one of the channels, or the person the form's topic on one."""
    whose = Q(customer=customer) | Q(channel="sms", customer__phone=signup.phone)
    if Consent.objects.filter(whose, channel__in=channels, status="refused").exists():
        return True
    unwanted = Preference.objects.filter(customer=customer, topic_id=signup.form.topic_id, channel__in=channels, wanted=False)
    return signup.form.topic_id is not None and bool(unwanted.exists())
