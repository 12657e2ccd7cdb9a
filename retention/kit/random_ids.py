"""Public ids for many rows at once: PostgreSQL opens the system's source of chance anew for each, which costs more than the row."""

import os
from uuid import UUID


def random_ids(count: int) -> list[str]:
    """Return so many random UUIDs of version 4, as text."""
    digits = os.urandom(16 * count).hex()
    each = (digits[place : place + 32] for place in range(0, 32 * count, 32))
    return [f"{one[:8]}-{one[8:12]}-4{one[13:16]}-a{one[17:20]}-{one[20:]}" for one in each]


def read_id(text: str) -> UUID | None:
    """Return the id a text is, or None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
