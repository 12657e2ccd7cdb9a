"""The pages of campaigns: the list, a draft, one campaign with its report, and its switches."""

from campaigns.views.broadcasts.reporting import export_figures, show_click_map, show_progress
from campaigns.views.broadcasts.reviewing import preview_campaign, show_campaign
from campaigns.views.broadcasts.showing import list_campaigns
from campaigns.views.broadcasts.switching import (
    archive_campaign,
    ask_campaign,
    cancel_campaign,
    duplicate_campaign,
    pause_campaign,
    resume_campaign,
    return_campaign,
    start_campaign,
    unarchive_campaign,
    write_campaign_again,
)
from campaigns.views.broadcasts.trying import try_campaign, try_template
from campaigns.views.broadcasts.writing import edit_campaign, new_campaign, show_reach

__all__ = [
    "archive_campaign",
    "ask_campaign",
    "cancel_campaign",
    "duplicate_campaign",
    "edit_campaign",
    "export_figures",
    "list_campaigns",
    "new_campaign",
    "pause_campaign",
    "preview_campaign",
    "resume_campaign",
    "return_campaign",
    "show_campaign",
    "show_click_map",
    "show_progress",
    "show_reach",
    "start_campaign",
    "try_campaign",
    "try_template",
    "unarchive_campaign",
    "write_campaign_again",
]
