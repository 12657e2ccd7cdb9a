"""What a ready-made journey is: a definition and the templates it names."""

from dataclasses import dataclass
from typing import Any

from retention.kit.words import Phrase


@dataclass(frozen=True)
class ReadyTemplate:
    """One template of a playbook: its key, name, subject and MJML with Liquid."""

    key: str
    name: str
    subject: str
    source: str


@dataclass(frozen=True)
class Playbook:
    """A journey one can switch on. `definition` is what a JourneyVersion stores."""

    key: str
    name: Phrase
    summary: Phrase
    definition: dict[str, Any]
    templates: tuple[ReadyTemplate, ...]
