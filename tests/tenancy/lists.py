"""The tables that stand outside the store boundary, each with its reason. Everything else is StoreOwned, or a test fails."""

GLOBAL_MODELS: dict[str, str] = {
    "admin.LogEntry": "what operations staff did in the admin",
    "auth.Permission": "Django's own list",
    "auth.Group": "operations staff only",
    "auth.Group_permissions": "operations staff only",
    "contenttypes.ContentType": "Django's own list",
    "sessions.Session": "belongs to a browser; holds no store data",
    "account.EmailAddress": "belongs to a person, who may work in several stores",
    "account.EmailConfirmation": "belongs to a person",
    "mfa.Authenticator": "belongs to a person",
    "notices.Notice": "mail the product owes a person; claimed across stores by its own loop",
    "stores.Store": "the tenant itself; found by slug or key before its context opens",
    "stores.User": "a person may work in several stores",
    "stores.User_groups": "operations staff only",
    "stores.User_user_permissions": "operations staff only",
    "stores.PlatformState": "one row about the installation",
    "stores.SignIn": "a person's browser session, whichever store it looks at",
    "stores.Membership": "guarded by its own policy: the active store's team, or the signed-in person's own rows",
    "stores.StoreWork": "the doorbell board: no personal data, read across stores on purpose",
}

# Tables with a store_id and without the policy: they say why above.
WITHOUT_POLICY = {"stores_storework"}

# Unique keys of store-owned tables that leave the store out, with the reason. Random ids reveal nothing when they clash.
UNIQUE_WITHOUT_STORE: dict[str, str] = {}

# Further policies: which role may see every store's rows of which table, for which command.
ACROSS_STORES = {
    ("boomerang_ingest", "INSERT"): "one group commit holds events of many stores",
    ("boomerang_ingest", "SELECT"): "keys are looked up, and message ids compared, before a store is known",
    ("boomerang_ingest", "UPDATE"): "a key's last use is noted where it is looked up; the role may write that one column",
}

# Functions that run with the owner's rights, with the reason. Of each PUBLIC may nothing, and its path ends with pg_temp.
_KEY = "a foreign key's check and its cascade, which PostgreSQL runs as the owner too; answers with an error or nothing"
RUN_AS_OWNER: dict[str, str] = {
    "boomerang_know_table": "only ANALYZEs a table that is thought to be small; returns nothing of it",
    "boomerang_incoming": "only makes the caller's own, empty temporary table, always the same one; the caller may add rows and read them",
    **{
        f"{key}_{does}": _KEY
        for key in (
            *("order_line_order_of_store", "message_customer_of_store", "message_version_of_store"),
            "import_row_import_of_store",
        )
        for does in ("asks", "asks_again", "follows")
    },
}
