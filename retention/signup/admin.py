"""Sign-up forms and what came in, for staff: read-only. Answers and texts of consent are not shown."""

from retention.signup.models import Confirmation, FormDay, Preference, Signup, SignupForm, Topic
from retention.tenancy.staff import look_at

look_at(Topic, columns=("name", "store", "created_at", "archived_at"), search=("=store__slug", "=public_id"))
look_at(
    SignupForm, columns=("name", "store", "kind", "state", "created_at"), search=("=store__slug", "=public_id"), filters=("state", "kind")
)
look_at(FormDay, columns=("form", "store", "day", "shown_count"), search=("=store__slug",))
look_at(
    Signup,
    columns=("public_id", "store", "state", "created_at", "confirmed_at"),
    hidden=("answers", "address_digest"),
    search=("=store__slug", "=public_id", "=email"),
    filters=("state",),
)
look_at(
    Confirmation, columns=("store", "mails_count", "last_mail_at", "silent_until"), hidden=("address_digest",), search=("=store__slug",)
)
look_at(Preference, columns=("customer", "store", "channel", "wanted", "changed_at"), search=("=store__slug",))
