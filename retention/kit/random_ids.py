"""Public ids for many rows at once: PostgreSQL opens the system's source of chance anew for each, which costs more than the row."""

import os
from uuid import UUID

_OF_VERSION_4, _OF_VARIANT_1 = (bytes(byte & kept | told for byte in range(256)) for kept, told in ((0x0F, 0x40), (0x3F, 0x80)))


def random_id_bytes(count: int) -> list[bytes]:
    """Return so many random UUIDs of version 4, each as its 16 bytes."""
    chance = bytearray(os.urandom(16 * count))
    chance[6::16] = chance[6::16].translate(_OF_VERSION_4)
    chance[8::16] = chance[8::16].translate(_OF_VARIANT_1)
    found = bytes(chance)
    return [found[place : place + 16] for place in range(0, 16 * count, 16)]


def random_ids(count: int) -> list[str]:
    """Return so many random UUIDs of version 4, as text."""
    digits = b"".join(random_id_bytes(count)).hex()
    each = (digits[place : place + 32] for place in range(0, 32 * count, 32))
    return [f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}" for one in each]


def read_id(text: str) -> UUID | None:
    """Return the id a text is, or None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
