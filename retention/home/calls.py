"""The calls of the browser snippet, each with what it is for and an example, for the page that explains it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Example:
    """One call. code: as it stands in a shop's script."""

    name: str
    words: str
    code: str


def examples() -> list[Example]:
    """Return the calls in the order a shop needs them."""
    return [
        Example(
            "track",
            _("Something happened: the e-commerce names of Segment are understood."),
            'boomerang.track("Product Added", {product_id: "grinder", name: "Hand grinder", price: 89.00, quantity: 1, currency: "EUR"})',
        ),
        Example(
            "identify",
            _("Somebody signed in or gave an address: what they did before joins them."),
            'boomerang.identify("customer-7", {email: "ana@example.test", first_name: "Ana"})',
        ),
        Example(
            "cart",
            _("The whole basket, whenever it may have changed; null when it was emptied."),
            'boomerang.cart([{product_id: "grinder", price: 89.00, quantity: 1}], {currency: "EUR"})',
        ),
        Example("page", _("Another page, where the shop changes pages without loading them."), 'boomerang.page("Grinders")'),
        Example(
            "consent",
            _("What they allow. A “yes” to e-mail waits for your server or a confirmed mail; “no” to analytics forgets everything."),
            "boomerang.consent({analytics: true, email: true})",
        ),
        Example(
            "notifications",
            _("Ask whether they want push messages; your site needs the file boomerang-worker.js."),
            'boomerang.notifications({title: "Shall we tell you when something is new?", worker: "/boomerang-worker.js"})',
        ),
        Example("onsite", _("Show the message that waits for this visitor, if there is one."), 'boomerang.onsite({go: "Have a look"})'),
        Example("reset", _("They signed out: the next person at this computer is somebody else."), "boomerang.reset()"),
        Example(
            "ready",
            _("Once it is there: this browser's id, which your server sends along with the order."),
            "boomerang.ready(known => form.elements.browser.value = known.anonymousId())",
        ),
    ]
