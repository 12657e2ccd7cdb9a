"""The pages about how often people are written to: the store's sending rules, the message calendar, and what people really got."""

from campaigns.views.contacts.frequency import show_frequency
from campaigns.views.contacts.planned import show_calendar
from campaigns.views.contacts.sending_rules import save_budget, save_ranks, show_rules

__all__ = ["save_budget", "save_ranks", "show_calendar", "show_frequency", "show_rules"]
