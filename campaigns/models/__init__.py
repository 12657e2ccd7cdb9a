"""The tables of the campaigns floor, one idea a file."""

from campaigns.models.attribution import Attribution
from campaigns.models.brand import Brand
from campaigns.models.campaign import Campaign, CampaignSegment, CampaignVariant
from campaigns.models.connection import Connection, ConnectionDay
from campaigns.models.contact import ContactCap, ContactCount, SourceRank
from campaigns.models.coupon import Coupon, CouponPool, SendRule
from campaigns.models.credit import CreditRule
from campaigns.models.decision import Decision
from campaigns.models.editing import JourneyDraft, JourneyReplay, ShadowNote
from campaigns.models.enrollment import Enrollment, JourneyAction, TurnedAway, Wave
from campaigns.models.experiment import Assignment, Experiment
from campaigns.models.flight import Flight
from campaigns.models.journey import Journey, JourneyVersion
from campaigns.models.link import Click
from campaigns.models.link_host import LinkHost
from campaigns.models.link_set import LinkSet
from campaigns.models.message import Message, versions_among
from campaigns.models.onsite import OnsiteMessage
from campaigns.models.opening import Opening
from campaigns.models.phrase import StorePhrase
from campaigns.models.push import PushKeys, PushSubscription
from campaigns.models.recovery import (
    Departure,
    RecoveryCell,
    RecoveryCellVersion,
    RecoveryGroup,
    RecoveryReplay,
    RecoveryStage,
    RecoveryWatch,
)
from campaigns.models.report import ProviderReport
from campaigns.models.sender import Sender, SendingDomain
from campaigns.models.stop import AccountPace, SendingStop
from campaigns.models.tally import CampaignTally, JourneyTally
from campaigns.models.template import Template, TemplateVersion
from campaigns.models.test_number import TestNumber

__all__ = [
    "AccountPace",
    "Assignment",
    "Attribution",
    "Brand",
    "Campaign",
    "CampaignSegment",
    "CampaignTally",
    "CampaignVariant",
    "Click",
    "Connection",
    "ConnectionDay",
    "ContactCap",
    "ContactCount",
    "Coupon",
    "CouponPool",
    "CreditRule",
    "Decision",
    "Departure",
    "Enrollment",
    "Experiment",
    "Flight",
    "Journey",
    "JourneyAction",
    "JourneyDraft",
    "JourneyReplay",
    "JourneyTally",
    "JourneyVersion",
    "LinkHost",
    "LinkSet",
    "Message",
    "OnsiteMessage",
    "Opening",
    "ProviderReport",
    "PushKeys",
    "PushSubscription",
    "RecoveryCell",
    "RecoveryCellVersion",
    "RecoveryGroup",
    "RecoveryReplay",
    "RecoveryStage",
    "RecoveryWatch",
    "SendRule",
    "Sender",
    "SendingDomain",
    "SendingStop",
    "ShadowNote",
    "SourceRank",
    "StorePhrase",
    "Template",
    "TemplateVersion",
    "TestNumber",
    "TurnedAway",
    "Wave",
    "versions_among",
]
