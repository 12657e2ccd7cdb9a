"""The addresses of the customers room."""

from django.urls import path

from retention.customers.views import arriving, detail, editing, erasing, events, exporting, importing, joining, listing, saved

app_name = "customers"
_ONE = "s/<slug:store_slug>/customers/<uuid:public_id>/"
urlpatterns = [
    path("s/<slug:store_slug>/arriving/", arriving.arriving, name="arriving"),
    path("s/<slug:store_slug>/arriving/<int:arrival>/<uuid:public_id>/", events.event, name="event"),
    path("s/<slug:store_slug>/customers/", listing.customer_list, name="list"),
    path("s/<slug:store_slug>/customers/totals/", listing.customer_totals, name="totals"),
    path("s/<slug:store_slug>/customers/views/", saved.save_view, name="save_view"),
    path("s/<slug:store_slug>/customers/views/<uuid:public_id>/", saved.open_view, name="open_view"),
    path("s/<slug:store_slug>/customers/views/<uuid:public_id>/rename/", saved.rename_view, name="rename_view"),
    path("s/<slug:store_slug>/customers/views/<uuid:public_id>/delete/", saved.delete_view, name="delete_view"),
    path("s/<slug:store_slug>/customers/compare/", joining.compare, name="compare"),
    path(_ONE, detail.customer_detail, name="detail"),
    path("s/<slug:store_slug>/customers/<uuid:public_id>/file/", exporting.export_one, name="export_one"),
    path("s/<slug:store_slug>/customers/<uuid:public_id>/erase/", erasing.erase_customer, name="erase"),
    path("s/<slug:store_slug>/files/", exporting.export_list, name="exports"),
    path("s/<slug:store_slug>/files/make/", exporting.export_table, name="export"),
    path("s/<slug:store_slug>/files/<uuid:public_id>/", exporting.export_download, name="export_download"),
    path("s/<slug:store_slug>/imports/", importing.import_list, name="imports"),
    path("s/<slug:store_slug>/imports/new/", importing.import_new, name="import_new"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/", importing.import_detail, name="import"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/columns/", importing.import_map, name="import_map"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/run/", importing.import_run, name="import_run"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/pause/", importing.import_pause, name="import_pause"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/resume/", importing.import_resume, name="import_resume"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/cancel/", importing.import_cancel, name="import_cancel"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/left-out/", importing.import_report, name="import_report"),
    path("s/<slug:store_slug>/imports/<uuid:public_id>/changes/", importing.import_changes, name="import_changes"),
    path(f"{_ONE}edit/", editing.edit, name="edit"),
    path(f"{_ONE}save/", editing.save, name="save"),
    path(f"{_ONE}join/", joining.find_other, name="find_other"),
    path(f"{_ONE}join/<uuid:other>/", joining.join, name="join"),
]
