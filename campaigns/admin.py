"""Messages and what sends them, for staff: states and reasons, never what a person was written, never a provider's keys."""

from campaigns.models import (
    AccountPace,
    Assignment,
    Attribution,
    Brand,
    Campaign,
    CampaignSegment,
    CampaignTally,
    CampaignVariant,
    Click,
    Connection,
    ConnectionDay,
    ContactCap,
    ContactCount,
    Coupon,
    CouponPool,
    CreditRule,
    Decision,
    Departure,
    Enrollment,
    Experiment,
    Flight,
    Journey,
    JourneyAction,
    JourneyDraft,
    JourneyReplay,
    JourneyTally,
    JourneyVersion,
    LinkHost,
    LinkSet,
    Message,
    OnsiteMessage,
    Opening,
    ProviderReport,
    PushKeys,
    PushSubscription,
    RecoveryCell,
    RecoveryCellVersion,
    RecoveryGroup,
    RecoveryReplay,
    RecoveryStage,
    RecoveryWatch,
    Sender,
    SendingDomain,
    SendingStop,
    SendRule,
    ShadowNote,
    SourceRank,
    StorePhrase,
    Template,
    TemplateVersion,
    TestNumber,
    TurnedAway,
    Wave,
)
from retention.tenancy.staff import look_at

STORE = "=store__slug"

look_at(
    Message,
    columns=("planned_at", "store", "channel", "state", "reason", "detail", "attempts", "due_at", "sent_at"),
    hidden=("subject", "provider_key", "holder"),
    search=(STORE, "=public_id", "=provider_message_id"),
    filters=("state", "channel", "stream", "reason"),
)
look_at(
    Connection,
    columns=("name", "store", "channel", "provider", "from_address", "active", "resting_until"),
    hidden=("sealed", "settings"),
    search=(STORE,),
    filters=("channel", "provider", "active"),
)
look_at(ConnectionDay, columns=("day", "store", "connection", "taken"), search=(STORE,))
look_at(ProviderReport, columns=("received_at", "store", "connection", "key"), search=(STORE, "=key"))
look_at(PushKeys, columns=("created_at", "store", "public_key"), hidden=("sealed",), search=(STORE,))
look_at(
    PushSubscription,
    columns=("created_at", "store", "seen_at", "gone_at"),
    hidden=("endpoint", "p256dh", "auth", "anonymous_id", "agent"),
    search=(STORE, "=endpoint_digest"),
)
look_at(
    Journey,
    columns=("name", "store", "state", "live_number", "launched_at", "paused_at", "shadow_of"),
    search=(STORE,),
    filters=("state",),
)
look_at(JourneyDraft, columns=("changed_at", "store", "journey", "revision", "based_on"), hidden=("tree", "before"), search=(STORE,))
look_at(
    JourneyReplay,
    columns=("asked_at", "store", "journey", "days", "reached", "people_count", "moved_at", "tries", "gave_up", "finished_at"),
    hidden=("definition", "found"),
    search=(STORE,),
)
look_at(ShadowNote, columns=("at", "store", "journey", "step", "lap", "what", "may"), hidden=("words",), search=(STORE,), filters=("what",))
look_at(JourneyVersion, columns=("journey", "store", "number", "created_at"), search=(STORE,))
look_at(
    Enrollment,
    columns=("public_id", "store", "journey", "state", "step", "due_at", "reason"),
    hidden=("memory",),
    search=(STORE, "=public_id"),
    filters=("state",),
)
look_at(
    JourneyAction,
    columns=("done_at", "store", "journey", "step", "lap", "kind", "detail"),
    search=(STORE,),
    filters=("kind", "detail"),
)
look_at(TurnedAway, columns=("noted_at", "store", "journey", "reason", "until"), hidden=("about",), search=(STORE,), filters=("reason",))
look_at(
    Wave,
    columns=("at", "store", "journey", "version", "day", "after_id", "entered_count", "finished_at"),
    hidden=("zones",),
    search=(STORE,),
)
look_at(Brand, columns=("store", "font", "back_color"), search=(STORE,))
look_at(Template, columns=("name", "store", "channel", "live_number"), search=(STORE,), filters=("channel",))
look_at(TemplateVersion, columns=("template", "store", "number", "created_at"), search=(STORE,))
look_at(
    Click, columns=("at", "store", "message", "position", "method", "suspected"), hidden=("agent",), search=(STORE,), filters=("suspected",)
)
look_at(LinkSet, columns=("id", "store", "digest"), search=(STORE,))
look_at(OnsiteMessage, columns=("kept_at", "store", "message", "shown_at", "closed_at", "until"), hidden=("content",), search=(STORE,))
look_at(Opening, columns=("at", "store", "message", "suspected"), hidden=("agent",), search=(STORE,), filters=("suspected",))
look_at(Attribution, columns=("credited_at", "store", "order", "method", "total_minor", "currency"), search=(STORE,), filters=("method",))
look_at(
    Campaign,
    columns=("name", "store", "state", "channel", "when", "starts_at", "opened_at", "planned_at", "seen_at", "pause_reason", "finished_at"),
    search=(STORE, "=public_id"),
    filters=("state", "channel", "when", "pause_reason"),
)
look_at(CampaignSegment, columns=("campaign", "store", "segment", "side"), search=(STORE,))
look_at(
    CampaignTally,
    columns=("id", "store", "campaign", "clicks_before", "noes_before"),
    hidden=("links", "bars", "noes", "report"),
    search=(STORE,),
)
look_at(JourneyTally, columns=("id", "store", "journey"), hidden=("states", "steps", "reasons", "credits"), search=(STORE,))
look_at(CampaignVariant, columns=("campaign", "store", "letter", "weight", "version"), hidden=("subject", "words"), search=(STORE,))
look_at(Sender, columns=("name", "store", "address", "created_at"), search=(STORE, "=address"))
look_at(
    SendingDomain, columns=("domain", "store", "selectors", "return_path", "checked_at"), hidden=("findings",), search=(STORE, "=domain")
)
look_at(
    LinkHost,
    columns=("host", "store", "is_good", "checked_at", "proven_at", "broken_at", "retired_at"),
    hidden=("findings",),
    search=(STORE, "=host"),
    filters=("is_good",),
)
look_at(
    CouponPool,
    columns=("name", "store", "benefit", "percent", "amount_minor", "currency", "endless", "valid_days", "expires_at", "warned_at"),
    search=(STORE, "=public_id"),
    filters=("benefit", "endless", "when_out"),
)
look_at(
    Coupon,
    columns=("id", "store", "pool", "kept_at", "drawn_at", "expires_at", "redeemed_at", "order_number"),
    hidden=("code", "code_key", "occasion"),
    search=(STORE,),
)
look_at(StorePhrase, columns=("key", "store", "language"), hidden=("text",), search=(STORE,))
look_at(TestNumber, columns=("id", "store", "user", "changed_at"), hidden=("phone",), search=(STORE,))
look_at(SendRule, columns=("id", "store", "template", "campaign", "journey", "step", "pool", "sold_out", "dearer"), search=(STORE,))
look_at(
    SendingStop,
    columns=("stopped_at", "store", "source_kind", "source_id", "channel", "why", "whole_channel", "tried", "bad", "ended_at"),
    search=(STORE,),
    filters=("why", "channel"),
)
look_at(Flight, columns=("begun_at", "store", "holder"), hidden=("message_ids",), search=(STORE,))
look_at(AccountPace, columns=("id", "store", "connection", "spent_to", "granted"), search=(STORE,))
look_at(
    Decision,
    columns=("last_at", "store", "message", "verdict", "reason", "answers", "until", "times"),
    hidden=("changes",),
    search=(STORE,),
    filters=("verdict", "reason"),
)
look_at(
    Experiment,
    columns=("key", "store", "started_at", "ended_at", "window_days", "planned_days"),
    search=(STORE, "=public_id", "=key"),
)
look_at(Assignment, columns=("assigned_at", "store", "experiment", "arm", "plan"), search=(STORE,), filters=("arm",))
look_at(CreditRule, columns=("changed_at", "store", "windows", "recounting_to", "recounted_to"), search=(STORE,))
look_at(RecoveryStage, columns=("name", "store", "ready", "position", "depth", "archived_at"), search=(STORE,))
look_at(
    RecoveryCell, columns=("id", "store", "stage", "group", "state", "number", "changed_at"), search=(STORE,), filters=("state", "group")
)
look_at(RecoveryCellVersion, columns=("id", "store", "cell", "number", "saved_at"), search=(STORE,))
look_at(
    Departure,
    columns=("left_at", "store", "stage", "group", "decision", "reached", "bought_at"),
    hidden=("source", "evidence"),
    search=(STORE, "=public_id"),
    filters=("decision", "group"),
)
look_at(RecoveryWatch, columns=("look_at", "store"), search=(STORE,))
look_at(RecoveryReplay, columns=("asked_at", "store", "days", "people_count", "finished_at"), search=(STORE,))
look_at(RecoveryGroup, columns=("id", "store", "group", "segment"), search=(STORE,))
look_at(ContactCap, columns=("id", "store", "channel", "per_day", "per_week", "changed_at"), search=(STORE,), filters=("channel",))
look_at(
    SourceRank,
    columns=("id", "store", "source_kind", "source_id", "priority", "worth", "people", "counted_at"),
    search=(STORE,),
    filters=("source_kind", "priority"),
)
look_at(ContactCount, columns=("id", "store", "begun_at", "reached", "counted_at"), hidden=("gathering", "figures"), search=(STORE,))
