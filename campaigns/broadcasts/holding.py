"""Which part of a campaign's people is held back to compare: what the merchant said, or by how many are chosen.

A campaign to a handful of people could show nothing whoever is held back, so there nobody is; from a hundred on a part is, as everywhere.
"""

from campaigns.broadcasts.audience import Audience
from campaigns.measurement.lots import FEW_A_MONTH, least_share
from campaigns.measurement.statistics import FEWEST_EACH
from campaigns.models import Campaign


def share_for(audience: Audience) -> float:
    """Return the part held back of so many people as are chosen now, 0 to 1."""
    count = len(audience.some(FEW_A_MONTH))
    return least_share(count) if count >= FEWEST_EACH else 0.0


def share_of(campaign: Campaign) -> float:
    """Return the part of a campaign's people that is, or would be, held back."""
    by_size = campaign.holdout_by_size and campaign.is_editable
    return share_for(Audience.of(campaign)) if by_size else campaign.holdout_share
