"""Addresses of the stores room: `urlpatterns` for everybody, `store_urlpatterns` under `/s/<store>/` (namespace `settings`)."""

from django.urls import path

from retention.stores.views import (
    account,
    audit_settings,
    entrance,
    joining,
    key_settings,
    opening,
    security_settings,
    settings_tabs,
    store_settings,
    team_settings,
    visits,
)

app_name = "stores"
urlpatterns = [
    path("", entrance.entrance, name="entrance"),
    path("stores/new/", opening.shop, name="new"),
    path("stores/new/selling/", opening.selling, name="new_selling"),
    path("stores/new/selling/proposal/", opening.selling_proposal, name="new_selling_proposal"),
    path("stores/new/check/", opening.check, name="new_check"),
    path("stores/new/open/", opening.open_now, name="open"),
    path("join/<str:link>/", joining.join, name="join"),
    path("join/<str:link>/accept/", joining.join_now, name="join_now"),
    path("account/", account.account, name="account"),
    path("account/save/", account.save_account, name="save_account"),
    path("account/theme/", account.theme, name="theme"),
    path("account/second-factor/", account.second_factor, name="second_factor"),
    path("account/sign-ins/end/", account.end_all_sign_ins, name="end_all_sign_ins"),
    path("account/sign-ins/<int:number>/end/", account.end_sign_in, name="end_sign_in"),
    path("staff/impersonate/", visits.begin_visit, name="begin_visit"),
    path("staff/impersonate/end/", visits.end_visit, name="end_visit"),
]

store_urlpatterns = [
    path("settings/", settings_tabs.entrance, name="entrance"),
    path("settings/store/", store_settings.store_settings, name="store"),
    path("settings/store/save/", store_settings.save_store, name="save_store"),
    path("settings/team/", team_settings.team_settings, name="team"),
    path("settings/team/invite/", team_settings.invite, name="invite"),
    path("settings/team/leave/", team_settings.leave, name="leave"),
    path("settings/team/<int:number>/role/", team_settings.change_role, name="change_role"),
    path("settings/team/<int:number>/remove/", team_settings.remove, name="remove"),
    path("settings/team/invitations/<int:number>/withdraw/", team_settings.withdraw, name="withdraw"),
    path("settings/keys/", key_settings.key_settings, name="keys"),
    path("settings/keys/new/", key_settings.new_key, name="new_key"),
    path("settings/keys/make/", key_settings.make_key, name="make_key"),
    path("settings/keys/<int:number>/revoke/", key_settings.revoke_key, name="revoke_key"),
    path("settings/security/", security_settings.security_settings, name="security"),
    path("settings/audit/", audit_settings.audit_settings, name="audit"),
]
