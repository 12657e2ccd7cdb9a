"""Connected shops and what they sent, for staff: read-only; secrets, addresses and bodies are nobody's business."""

from retention.intake.models import Delivery, DeliverySubject, ShopConnection
from retention.tenancy.staff import look_at

STORE = "=store__slug"

look_at(
    ShopConnection,
    columns=("name", "store", "kind", "state", "last_delivery_at", "created_at"),
    hidden=("token", "sealed", "previous_sealed"),
    search=(STORE, "=public_id"),
    filters=("kind", "state"),
)
look_at(
    Delivery,
    columns=("received_at", "store", "topic", "state", "attempts", "due_at", "reason"),
    hidden=("body", "outcome", "events"),
    search=(STORE, "=delivery_id", "=public_id"),
    filters=("state", "test"),
)
look_at(DeliverySubject, columns=("delivery", "store"), hidden=("digest",), search=(STORE,))
