"""What pages say of a journey beside its steps: who enters and when it ends, in sentences; and the live figures of its steps."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.journeys.counting import counts_lately
from campaigns.journeys.definition import Definition
from campaigns.journeys.editing.tree import Json
from campaigns.journeys.occasions import Occasion, people_words, read_people
from campaigns.journeys.triggers import read_again, read_trigger
from campaigns.journeys.versions import definitions_of
from campaigns.models import Journey, JourneyVersion
from campaigns.views.editor.drawing import Drawing, Figures
from campaigns.views.journey_words import Names, occasion_words, say, starts
from retention.kit.fields import Fields, Problem


@dataclass(frozen=True)
class PartLine:
    """One part of the journey around its steps: what is said of it in pieces, and what is wrong."""

    key: str
    icon: str
    head: str
    words: list[str]
    faults: list[str]


def part_lines(tree: Json, names: Names, drawing: Drawing) -> list[PartLine]:
    """Return who enters, how often and who is left out, and when it ends, as sentences."""
    exits = _exits(tree) or [_("nothing: it goes on to its last step")]
    return [
        PartLine("trigger", "login-2", _("Starts when"), [_trigger(tree, names)], drawing.faults("trigger")),
        PartLine("entry", "filter", _("Who and how often"), _entry(tree, names), drawing.faults("entry")),
        PartLine("exits", "logout", _("Ends at once when"), exits, drawing.faults("exits")),
    ]


def _trigger(tree: Json, names: Names) -> str:
    problems: list[Problem] = []
    trigger = read_trigger(Fields(tree.get("trigger") or {}, "trigger", problems))
    return starts(trigger, names) if not problems else _("something you have not chosen yet")


def _entry(tree: Json, names: Names) -> list[str]:
    problems: list[Problem] = []
    fields = Fields(tree, "journey", problems)
    usual = "never" if (tree.get("trigger") or {}).get("kind", "event") == "event" else "always"
    again = read_again(Fields(tree.get("again") or {"rule": usual}, "again", problems))
    said = [again.words().render(_)]
    people = read_people(fields, "people")
    if people and not problems:
        said.append(_("only if %(people)s") % {"people": say(people_words(people), names)})
    if "cart_open" in (tree.get("guards") or []):
        said.append(_("only while their basket is not bought"))
    calm = tree.get("calm_minutes") or 0
    if isinstance(calm, int) and calm:
        said.append(ngettext("after %(count)s minute of quiet", "after %(count)s minutes of quiet", calm) % {"count": calm})
    if tree.get("stream") == "transactional":
        said.append(_("its messages go out without consent, as part of an order"))
    share = tree.get("holdout_share") or 0
    if isinstance(share, int | float) and share:
        said.append(_("%(percent)s%% are held back to compare") % {"percent": round(share * 100)})
    return said


def _exits(tree: Json) -> list[str]:
    problems: list[Problem] = []
    found = [Occasion.read(Fields(one, "exits", problems)) for one in tree.get("exits") or []]
    return [occasion_words(one) for one in found if one.event]


def figures_of(journey: Journey, definition: Definition, version: JourneyVersion | None) -> Figures:
    """Return the figures of the steps of a definition, a minute old at most; none of a journey that was never live."""
    if version is None or journey.launched_at is None:
        return Figures()
    known = definitions_of([version.pk]).get(version.pk)
    counts, sent = counts_lately(journey, definition)
    return Figures(counts, sent, frozenset(known.places) if known is not None else None)
