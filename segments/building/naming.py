"""What a segment is called that nobody called anything: as its rule says, unless that would write down who somebody is.

A name stays where forgetting somebody does not reach: in the audit log, in webhooks, in files somebody took along.
"""

import re

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from retention.kit.words import one_line
from segments.rules.sentence import say_rule
from segments.rules.terms import Terms
from segments.rules.tree import Rule

LONGEST = 100
_CUT = "…"
_NUMBER = re.compile(r" \(\d+\)\Z")  # of a name that was taken


def name_by(rule: Rule | None, terms: Terms) -> str:
    """Return what a rule calls its segment, of at most LONGEST letters; nothing where there is none, or it may say who somebody is.

    An address may stand in any text, so one with an "@" is taken for one.
    """
    if rule is None or any(leaf.condition.is_personal for leaf in rule.leaves()):
        return ""
    said = _said(rule, terms)
    return "" if "@" in said else Truncator(said).chars(LONGEST)


def is_named_by(name: str, rule: Rule | None, terms: Terms) -> bool:
    """Say whether a segment has the name its rule gives, with or without a number behind it."""
    if rule is None:
        return False
    stem, said = _NUMBER.sub("", name), _said(rule, terms)
    return stem == said or (stem.endswith(_CUT) and said.startswith(stem.removesuffix(_CUT)))


def _said(rule: Rule, terms: Terms) -> str:
    return one_line(say_rule(rule, terms).render(_).rstrip(". "))
