"""Cache keys that carry the store, so that no value can be read from another store's context."""

from retention.tenancy.context import current_store_id


def key_of_store(key: str, key_prefix: str, version: int) -> str:
    """Return `prefix:version:store:key`; work outside any store uses `-` as its store."""
    store_id = current_store_id()
    return f"{key_prefix}:{version}:{'-' if store_id is None else store_id}:{key}"
