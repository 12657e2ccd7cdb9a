"""The pages of campaigns: the list, a draft, one campaign with its report, and its switches."""

from campaigns.views.broadcasts.showing import list_campaigns, preview_campaign, show_campaign, show_progress
from campaigns.views.broadcasts.switching import (
    archive_campaign,
    cancel_campaign,
    duplicate_campaign,
    pause_campaign,
    resume_campaign,
    start_campaign,
    write_campaign_again,
)
from campaigns.views.broadcasts.writing import edit_campaign, new_campaign, show_reach

__all__ = [
    "archive_campaign",
    "cancel_campaign",
    "duplicate_campaign",
    "edit_campaign",
    "list_campaigns",
    "new_campaign",
    "pause_campaign",
    "preview_campaign",
    "resume_campaign",
    "show_campaign",
    "show_progress",
    "show_reach",
    "start_campaign",
    "write_campaign_again",
]
