"""The addresses of the segments floor, all in the dashboard."""

from django.urls import path

from segments.views import building, detail, listing, lists, postcodes

app_name = "segments"
urlpatterns = [
    path("s/<slug:store_slug>/segments/", listing.segment_list, name="list"),
    path("s/<slug:store_slug>/segments/library/", listing.library, name="library"),
    path("s/<slug:store_slug>/segments/new/", building.new_segment, name="new"),
    path("s/<slug:store_slug>/segments/new-list/", lists.new_list, name="new_list"),
    path("s/<slug:store_slug>/segments/count/", building.count, name="count"),
    path("s/<slug:store_slug>/segments/postcodes/", postcodes.postcode_table, name="postcodes"),
    path("s/<slug:store_slug>/segments/postcodes/remove/", postcodes.remove_country, name="postcodes_remove"),
    path("s/<slug:store_slug>/segments/overlap/", lists.overlap, name="overlap"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/", detail.segment_detail, name="detail"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/edit/", building.edit_segment, name="edit"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/people/", lists.edit_list, name="edit_list"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/reach/", detail.reach, name="reach"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/why/", detail.why, name="why"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/members.csv", lists.export_members, name="export"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/archive/", detail.archive, name="archive"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/restore/", detail.restore, name="restore"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/duplicate/", detail.duplicate, name="duplicate"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/freeze/", detail.freeze, name="freeze"),
    path("s/<slug:store_slug>/segments/<uuid:public_id>/discard/", detail.discard, name="discard"),
]
