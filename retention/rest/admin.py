"""Kept answers of the API, for staff: that there is one, never what it says."""

from retention.rest.models import KeptAnswer
from retention.tenancy.staff import look_at

look_at(
    KeptAnswer, columns=("created_at", "store", "status"), hidden=("body", "digest", "key"), search=("=store__slug",), filters=("status",)
)
