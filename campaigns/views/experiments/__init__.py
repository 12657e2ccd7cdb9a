"""The pages about what messages really bring in: the result of one experiment, and what the store measures by."""

from campaigns.views.experiments.listing import list_experiments
from campaigns.views.experiments.measuring import begin_anew, measuring, save_holdout, save_windows
from campaigns.views.experiments.results import show_campaign_result, show_journey_result, show_store_result

__all__ = [
    "begin_anew",
    "list_experiments",
    "measuring",
    "save_holdout",
    "save_windows",
    "show_campaign_result",
    "show_journey_result",
    "show_store_result",
]
