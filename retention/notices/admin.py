"""Mail the product owes someone, for staff: who, what and its state. The text, which may hold a link, is never shown."""

from retention.notices.models import Notice
from retention.tenancy.staff import look_at

look_at(
    Notice,
    columns=("created_at", "kind", "to", "state", "attempts", "due_at", "sent_at", "error"),
    hidden=("text", "html", "key"),
    search=("=to", "=kind"),
    filters=("state", "kind"),
)
