"""Start-up of the campaigns floor."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The campaigns floor."""

    name = "campaigns"
