"""Every playbook can be written on in the editor: it comes back from the tree as it was, and forms sent back as drawn change nothing."""

from typing import Any

import pytest
from django.http import QueryDict

from campaigns.journeys.definition import Definition, read_definition
from campaigns.journeys.editing.growing import grow
from campaigns.journeys.editing.shaping import PARTS
from campaigns.journeys.editing.tree import WAYS, Json, flatten, jump_problems, places
from campaigns.models import JourneyDraft
from campaigns.playbooks import PLAYBOOKS
from campaigns.playbooks.switching import add
from campaigns.views.editor.deeds import Known, Shown, act, kind_of
from campaigns.views.editor.drawing import Drawing, FormField
from campaigns.views.journey_words import names_of_store
from tests.campaigns.journeys.editing.test_tree import said, shape

pytestmark = pytest.mark.django_db
KEYS = [playbook.key for playbook in PLAYBOOKS]


def drawn(tree: Json, where: str) -> list[FormField]:
    """Return the form of a place as the page draws it."""
    return Drawing(tree, names_of_store(), shown=Shown(open=where)).fields(where)


def sent_back(field: FormField) -> list[str]:
    """Return what a browser sends of a question nobody touched; of a select it is one of its options, whatever stands in the tree."""
    options = [offer.value for offer in field.options]
    if field.ask.kind == "texts":
        return [one for one in options if one in field.values] if field.ask.choices else field.values or [""]
    if field.ask.kind in {"choice", "pick", "flag"}:
        return [field.value if field.value in options else options[0]]
    return [field.value]


def forms_of(tree: Json) -> list[str]:
    """Return every place of a tree that has a form."""
    ways = [f"{place}.{WAYS}.{number}" for place, node in places(tree) for number in range(len(node.get(WAYS, [])))]
    return [*PARTS, *(place for place, _node in places(tree)), *(place for place in ways if kind_of(tree, place))]


def meant(tree: Json) -> Definition:
    """Return what a tree says to the engine."""
    return read_definition(flatten(tree).data)


@pytest.mark.parametrize("key", KEYS)
def test_a_playbook_opened_in_the_editor_says_what_it_said(key: str, store: Any, now: Any) -> None:
    data = add(key, now=now).versions.get().definition
    before, tree = read_definition(data), grow(data)
    after = meant(tree)
    assert jump_problems(tree) == []
    assert (shape(after), said(after)) == (shape(before), said(before))
    assert (after.trigger, after.exits, after.people, after.again) == (before.trigger, before.exits, before.people, before.again)
    assert (after.stream, after.holdout_share, after.calm_minutes) == (before.stream, before.holdout_share, before.calm_minutes)
    for where in forms_of(tree):
        post = QueryDict(mutable=True)
        post.update({"do": "done", "open": where})
        for field in drawn(tree, where):
            if field.ask.kind != "rows":
                post.setlist(field.name, sent_back(field))
        draft = JourneyDraft(tree=tree)
        act(draft, post=post, shown=Shown(), known=Known([], names_of_store()))
        assert meant(draft.tree) == after, where
