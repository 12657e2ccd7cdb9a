"""What the admin holds, said by hand: a model or page nobody decided on fails the test."""

# The admin: every model with pages there, and every page that is no model's own. All of it is for staff only.
ADMIN_MODELS: set[str] = {
    "account.EmailAddress", "account.EmailConfirmation", "admin.LogEntry", "auth.Group", "auth.Permission",
    "campaigns.AccountPace", "campaigns.Assignment", "campaigns.Attribution", "campaigns.Brand", "campaigns.Campaign",
    "campaigns.CampaignSegment", "campaigns.CampaignTally", "campaigns.CampaignVariant", "campaigns.Click",
    "campaigns.Connection", "campaigns.ConnectionDay", "campaigns.ContactCap", "campaigns.ContactCount",
    "campaigns.Coupon", "campaigns.CouponPool", "campaigns.CreditRule",
    "campaigns.Decision", "campaigns.Departure", "campaigns.Enrollment", "campaigns.Experiment", "campaigns.Flight", "campaigns.Journey",
    "campaigns.JourneyAction", "campaigns.JourneyDraft", "campaigns.JourneyReplay",
    "campaigns.JourneyTally", "campaigns.JourneyVersion", "campaigns.LinkHost", "campaigns.LinkSet",
    "campaigns.Message", "campaigns.OnsiteMessage", "campaigns.Opening", "campaigns.ProviderReport", "campaigns.PushKeys",
    "campaigns.PushSubscription", "campaigns.RecoveryCell", "campaigns.RecoveryCellVersion", "campaigns.RecoveryGroup",
    "campaigns.RecoveryReplay", "campaigns.RecoveryStage", "campaigns.RecoveryWatch", "campaigns.Sender", "campaigns.SendingDomain",
    "campaigns.SendRule", "campaigns.SendingStop", "campaigns.ShadowNote", "campaigns.SourceRank", "campaigns.StorePhrase",
    "campaigns.Template", "campaigns.TemplateVersion", "campaigns.TestNumber", "campaigns.TurnedAway", "campaigns.Wave",
    "catalog.Category",
    "catalog.PriceChange", "catalog.Product", "catalog.ProductNews", "catalog.StockLevel", "catalog.Variant",
    "contenttypes.ContentType", "customers.Attribute",
    "customers.AttributeValue", "customers.Consent", "customers.ConsentRecord", "customers.Customer", "customers.CustomerEvent",
    "customers.CustomerMerge", "customers.Erasure", "customers.EventName", "customers.Export", "customers.ExportChunk",
    "customers.Identity", "customers.Import", "customers.ImportChunk", "customers.ImportFault", "customers.ImportRow",
    "customers.Pending", "customers.SavedView", "customers.Suppression", "intake.Delivery", "intake.DeliverySubject",
    "intake.ShopConnection", "mfa.Authenticator", "notices.Notice", "orders.Cart", "orders.CartLine", "orders.CartSettings",
    "orders.Order", "orders.Refund", "orders.RefundLine", "orders.Return", "orders.ReturnLine", "rest.KeptAnswer",
    "segments.Postcode", "segments.Segment", "segments.SegmentRun", "segments.SegmentVersion",
    "sessions.Session", "signup.Confirmation", "signup.FormDay", "signup.Preference", "signup.Signup", "signup.SignupForm",
    "signup.Topic", "stores.ApiKey", "stores.AuditEntry", "stores.Invitation", "stores.Membership", "stores.PlatformState",
    "stores.SignIn", "stores.Store", "stores.StoreWork", "stores.User", "webhooks.Endpoint", "webhooks.OutgoingEvent",
    "webhooks.WebhookAttempt", "webhooks.WebhookDelivery",
}  # fmt: skip
ADMIN_PAGES: set[str] = {
    "admin:index", "admin:login", "admin:logout", "admin:password_change", "admin:password_change_done", "admin:autocomplete",
    "admin:jsi18n", "admin:view_on_site", "admin:app_list", "admin:search",
    "admin:operations", "admin:resume_sending", "admin:stores_apikey_revoke", "admin:stores_store_visit", "admin:stores_user_account",
    "admin:stores_user_factors", "admin:stores_user_sessions", "admin:stores_user_staff", "admin:table", "admin:tables",
}  # fmt: skip
