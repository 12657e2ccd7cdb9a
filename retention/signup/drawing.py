"""A form's steps with what was filled in and what is wrong with it, for a page that is drawn without a script."""

from collections.abc import Mapping, Sequence
from typing import Any


def drawn_steps(steps: Sequence[Mapping[str, Any]], *, values: Mapping[str, Any], faults: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the described steps, each input with its value, its choices marked and its fault."""
    return [dict(step) | {"inputs": [_input(one, values, faults) for one in step["inputs"]]} for step in steps]


def _input(one: Mapping[str, Any], values: Mapping[str, Any], faults: Mapping[str, str]) -> dict[str, Any]:
    value = values.get(one["name"], "")
    chosen = {str(part) for part in (value if isinstance(value, list) else [value])}
    return dict(one) | {
        "value": value if isinstance(value, str) else "",
        "options": [{"value": key, "label": label, "chosen": key in chosen} for key, label in one["options"]],
        "fault": faults.get(one["name"], ""),
    }
