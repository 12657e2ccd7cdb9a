"""Segments, for staff: read-only. Members and days have keys of several columns, which the admin does not show."""

from retention.tenancy.staff import look_at
from segments.models import Postcode, Segment, SegmentRun, SegmentVersion

look_at(
    Segment,
    columns=("name", "store", "kind", "state", "version", "members_count", "counted_at", "swept_until", "fault"),
    search=("=store__slug", "=public_id"),
    filters=("state", "kind"),
)
look_at(SegmentVersion, columns=("segment", "store", "number", "saved_at"), search=("=store__slug",))
look_at(
    SegmentRun,
    columns=("segment", "store", "cause", "began_at", "took_ms", "members_count", "entered_count", "left_count", "drift"),
    search=("=store__slug",),
    filters=("cause",),
)
look_at(
    Postcode,
    columns=("country", "postcode", "store", "latitude", "longitude"),
    search=("=store__slug", "=postcode"),
    filters=("country",),
)
