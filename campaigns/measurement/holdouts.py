"""Who is written to and who is only measured: a share by hash, so that the same person always falls on the same side."""

import hashlib

BUCKETS = 10_000


def bucket_of(salt: str, *, store_id: int, customer_id: int) -> int:
    """Return a stable number from 0 to 9,999 for a person in one experiment."""
    digest = hashlib.blake2b(f"{store_id}:{salt}:{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def held_out(salt: str, *, store_id: int, customer_id: int, share: float) -> bool:
    """Say whether a person belongs to the part that gets nothing. share: 0 to 1."""
    return bucket_of(salt, store_id=store_id, customer_id=customer_id) < round(share * BUCKETS)
