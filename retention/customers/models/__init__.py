"""The tables of the customers room, one idea a file."""

from retention.customers.models.attribute import Attribute, AttributeValue
from retention.customers.models.consent import Consent, ConsentRecord, Suppression
from retention.customers.models.counter import CustomerCounter, EventName
from retention.customers.models.customer import FOLDED_COPIES, Customer, Identity
from retention.customers.models.event import CustomerEvent, EventKey, Pending
from retention.customers.models.exporting import Erasure, Export, ExportChunk
from retention.customers.models.importing import Import, ImportChunk, ImportFault, ImportRow
from retention.customers.models.merge import CustomerMerge
from retention.customers.models.view import SavedView

__all__ = [
    "FOLDED_COPIES",
    "Attribute",
    "AttributeValue",
    "Consent",
    "ConsentRecord",
    "Customer",
    "CustomerCounter",
    "CustomerEvent",
    "CustomerMerge",
    "Erasure",
    "EventKey",
    "EventName",
    "Export",
    "ExportChunk",
    "Identity",
    "Import",
    "ImportChunk",
    "ImportFault",
    "ImportRow",
    "Pending",
    "SavedView",
    "Suppression",
]
