"""Where a customer is reached on each channel. A new channel is a line here."""

from collections.abc import Callable

from campaigns.sending.browsers import browsers_of
from retention.customers.models import Customer
from retention.kit.register import Register

ADDRESSES: Register[Callable[[Customer], str]] = Register("kind of address")
ADDRESSES.add("email", lambda customer: str(customer.email))
ADDRESSES.add("sms", lambda customer: str(customer.phone))
ADDRESSES.add("onsite", lambda customer: str(customer.public_id))
ADDRESSES.add("push", lambda customer: next((browser.endpoint for browser in browsers_of(customer)), ""))


def address_of(customer: Customer, channel: str) -> str:
    """Return a customer's address on a channel, or nothing when they have none."""
    return ADDRESSES[channel](customer)
