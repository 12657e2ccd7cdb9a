"""The tables of the customers room, one idea a file."""

from retention.customers.models.consent import Consent, Suppression
from retention.customers.models.customer import Customer, Identity
from retention.customers.models.event import CustomerEvent, EventKey, Pending

__all__ = ["Consent", "Customer", "CustomerEvent", "EventKey", "Identity", "Pending", "Suppression"]
