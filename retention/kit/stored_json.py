"""JSON as PostgreSQL gives it back, read fast."""

import json
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def read_json(text: str) -> Any:
    """Return the value of a `jsonb` text, the same as `json.loads` does; that one also takes numbers beyond all machines."""
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return json.loads(text)
