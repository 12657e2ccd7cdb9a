"""What a segment is called that nobody called anything: as its rule says, unless that would write down who somebody is.

A name stays where forgetting somebody does not reach: in the audit log, in webhooks, in files somebody took along.
"""

import re

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from retention.kit.words import one_line
from segments.building.drawing import finished
from segments.models import Segment
from segments.rules.rearranging import clean_tree
from segments.rules.sentence import say_rule
from segments.rules.terms import Terms
from segments.rules.tree import Rule

LONGEST = 100
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
    return stem in {said, Truncator(said).chars(LONGEST)}


def is_renamed(segment: Segment, rule: Rule, terms: Terms) -> bool:
    """Say whether a segment still bears the name of the rule before, so that it is to be called by the one it gets now."""
    before, _problems = finished(segment.rule if segment.version else clean_tree(segment.draft), terms)
    return is_named_by(segment.name, before, terms) and not is_named_by(segment.name, rule, terms)


def _said(rule: Rule, terms: Terms) -> str:
    return one_line(say_rule(rule, terms).render(_).rstrip(". "))
