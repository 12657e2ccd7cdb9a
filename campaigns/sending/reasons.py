"""What each stored reason means, in words people read. A reason is stored as its key and never changes.

Knows no database; the same words stand in lists, in the decision trace and in the API.
"""

from retention.kit.words import Phrase, gettext_noop

_WORDS: dict[str, str] = {
    "run_ended": gettext_noop("The journey had ended for this person"),
    "cart_closed": gettext_noop("The basket was bought"),
    "too_late": gettext_noop("Its moment was over"),
    "paused": gettext_noop("It is paused"),
    "no_address": gettext_noop("No e-mail address"),
    "no_consent": gettext_noop("No e-mail consent"),
    "on_break": gettext_noop("Asked for a break"),
    "suppressed": gettext_noop("Address blocked"),
    "frequency_cap": gettext_noop("Had enough messages lately"),
    "other_message_first": gettext_noop("Another message went first"),
    "channel_cap": gettext_noop("Had enough messages by this channel lately"),
    "outbid": gettext_noop("Another message to them was worth more"),
    "quiet_hours": gettext_noop("Quiet hours there"),
    "still_moving": gettext_noop("Still about in the shop"),
    "refused": gettext_noop("The mail server refused it"),
    "bad_address": gettext_noop("The address does not exist"),
    "refused_for_now": gettext_noop("The mail server asks to try later"),
    "not_sent": gettext_noop("No connection to the mail server"),
    "tried_too_often": gettext_noop("Tried too often"),
    "no_answer": gettext_noop("The line went dead before the mail server said yes"),
    "worker_lost": gettext_noop("The sending process ended in the middle"),
    "template_error": gettext_noop("The template has a mistake"),
    "template_variable": gettext_noop("The template uses a name that does not exist"),
    "template_too_big": gettext_noop("The template makes too much"),
    "template_too_slow": gettext_noop("The template takes too long"),
    "template_set_aside": gettext_noop("The template keeps ending the process that renders it"),
    "template_missing": gettext_noop("The template is gone"),
    "mail_refused": gettext_noop("Something in it cannot stand in a mail"),
    "unsubscribed": gettext_noop("They told the provider to stop"),
    "empty_text": gettext_noop("Nothing was left of the text"),
    "link_refused": gettext_noop("The link leads somewhere else than to the shop"),
    "push_too_long": gettext_noop("It is too long for a push message"),
    "sms_too_long": gettext_noop("The text is too long for an SMS"),
    "holdout": gettext_noop("Gets nothing, to compare with"),
    "store_holdout": gettext_noop("Gets no marketing at all, to compare with"),
    "called_off": gettext_noop("The campaign was called off"),
    "ordered": gettext_noop("They ordered meanwhile"),
    "changed": gettext_noop("What it shows changed; it is made again"),
    "sold_out": gettext_noop("What it shows is sold out"),
    "product_gone": gettext_noop("What it shows is no longer sold"),
    "price_changed": gettext_noop("What it shows costs more now"),
    "coupons_out": gettext_noop("No coupon code was left"),
    "coupon_expired": gettext_noop("The coupon's time is over"),
    "coupon_used": gettext_noop("They used their coupon already"),
    "coupon_missing": gettext_noop("No coupon pool is chosen for it"),
    "no_connection": gettext_noop("No provider is set up for this channel"),
    "unknown_provider": gettext_noop("This release does not know the provider that is set up"),
    "credentials_unreadable": gettext_noop("The provider's keys cannot be read; enter them again"),
    "warming_up": gettext_noop("The connection warms up; it goes tomorrow"),
    "number_on_its_way": gettext_noop("Another message to this number is on its way"),
    "same_number": gettext_noop("Somebody else at the same number gets it"),
    "not cart_open": gettext_noop("The basket was not open any more"),
    "not_meant": gettext_noop("They were not among those it is for"),
    "too_soon": gettext_noop("They had entered it not long before"),
    "merged": gettext_noop("They turned out to be somebody who was in it already"),
    "cell_ended": gettext_noop("Its cell of the recovery plan was taken out of use"),
    "taken_over": gettext_noop("They went further, and another cell took over"),
    "told_elsewhere": gettext_noop("A journey about what is back in stock has them, and goes first"),
    "no_date": gettext_noop("The date it waits for is not known of them"),
    "step_missing": gettext_noop("The step they stood at is gone"),
    "unreadable": gettext_noop("This release cannot read the version they were in"),
}


_ON_CHANNEL: dict[str, dict[str, str]] = {
    "sms": {
        "no_address": gettext_noop("No phone number"),
        "no_consent": gettext_noop("No SMS consent"),
        "suppressed": gettext_noop("Number blocked"),
        "refused": gettext_noop("The SMS provider refused it"),
        "bad_address": gettext_noop("The number takes no SMS"),
        "refused_for_now": gettext_noop("The SMS provider asks to try later"),
        "not_sent": gettext_noop("No connection to the SMS provider"),
        "no_answer": gettext_noop("The line went dead before the SMS provider said yes"),
    },
    "push": {
        "no_address": gettext_noop("No push subscription"),
        "no_consent": gettext_noop("No push consent"),
        "suppressed": gettext_noop("Browser blocked"),
        "refused": gettext_noop("The push service refused it"),
        "bad_address": gettext_noop("The browser takes no push messages any more"),
        "refused_for_now": gettext_noop("The push service asks to try later"),
        "not_sent": gettext_noop("No connection to the push service"),
        "no_answer": gettext_noop("The line went dead before the push service said yes"),
    },
}


def words_of(reason: str, *, channel: str = "email") -> Phrase:
    """Return what a reason means on a channel; one this release does not know stands for itself (an event's name ends runs)."""
    return Phrase(_ON_CHANNEL.get(channel, {}).get(reason) or _WORDS.get(reason, reason))
