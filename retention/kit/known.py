"""Settings that are asked for with every message: Django's own object looks at each name in Python before it answers, which adds up."""

from typing import Any

from django.conf import settings

_known: dict[str, Any] = vars(settings)  # where it keeps what was asked before; emptied, and never replaced, when a test changes one


def setting(name: str) -> Any:
    """Return a setting's value."""
    return _known[name] if name in _known else getattr(settings, name)
