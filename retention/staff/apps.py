"""Start-up of the staff room, and the admin with our own site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffConfig(AppConfig):
    """The pages of operations staff; has no tables."""

    name = "retention.staff"


class StaffAdminConfig(AdminConfig):
    """Django's admin, with the site that staff sign in to."""

    default_site = "retention.staff.site.StaffSite"
