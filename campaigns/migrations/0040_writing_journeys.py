"""A journey while it is written: drafts, what a version in shadow would have done, replays of the last days."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0039_words_of_decisions_without_ladder"),
        ("customers", "0023_who_was_joined"),
        ("stores", "0005_message_months"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JourneyDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tree", models.JSONField()),
                ("before", models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("based_on", models.PositiveIntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "draft of a journey",
                "verbose_name_plural": "drafts of journeys",
            },
        ),
        migrations.CreateModel(
            name="JourneyReplay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("definition", models.JSONField()),
                ("days", models.PositiveSmallIntegerField()),
                ("reached", models.BigIntegerField(default=0)),
                ("people_count", models.PositiveIntegerField(default=0)),
                ("found", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "replay of a journey",
                "verbose_name_plural": "replays of journeys",
            },
        ),
        migrations.CreateModel(
            name="ShadowNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(max_length=40)),
                ("lap", models.PositiveIntegerField(default=0)),
                ("what", models.CharField(max_length=10)),
                ("words", models.CharField(blank=True, max_length=60)),
                ("may", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "what a journey in shadow would have done",
                "verbose_name_plural": "what journeys in shadow would have done",
            },
        ),
        migrations.AddField(
            model_name="journey",
            name="shadow_of",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="shadows",
                to="campaigns.journey",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("shadow_of__isnull", False), ("state", "live")),
                fields=("store", "shadow_of"),
                name="journey_one_shadow",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="shadow_of", name="journey_shadow_of_store"),
        ),
        migrations.AddField(
            model_name="journeydraft",
            name="changed_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="journeydraft",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="drafts",
                to="campaigns.journey",
            ),
        ),
        migrations.AddField(
            model_name="journeydraft",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="journeyreplay",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.journey"
            ),
        ),
        migrations.AddField(
            model_name="journeyreplay",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="shadownote",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AddField(
            model_name="shadownote",
            name="enrollment",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.enrollment",
            ),
        ),
        migrations.AddField(
            model_name="shadownote",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.journey"
            ),
        ),
        migrations.AddField(
            model_name="shadownote",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="journeydraft",
            constraint=models.UniqueConstraint(fields=("store", "journey"), name="journey_draft_once"),
        ),
        migrations.AddConstraint(
            model_name="journeydraft",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="journey_draft_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="journeydraft",
            constraint=retention.tenancy.constraints.StoreIsolation(name="journey_draft_isolation"),
        ),
        migrations.AddIndex(
            model_name="journeyreplay",
            index=models.Index(condition=models.Q(("finished_at", None)), fields=["store", "asked_at"], name="journey_replay_waiting"),
        ),
        migrations.AddConstraint(
            model_name="journeyreplay",
            constraint=models.UniqueConstraint(fields=("store", "journey"), name="journey_replay_once"),
        ),
        migrations.AddConstraint(
            model_name="journeyreplay",
            constraint=models.CheckConstraint(condition=models.Q(("days__gte", 1), ("days__lte", 90)), name="journey_replay_days"),
        ),
        migrations.AddConstraint(
            model_name="journeyreplay",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="journey_replay_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="journeyreplay",
            constraint=retention.tenancy.constraints.StoreIsolation(name="journey_replay_isolation"),
        ),
        migrations.AddIndex(
            model_name="shadownote",
            index=models.Index(fields=["store", "journey", "-at", "-id"], name="shadow_note_of_journey"),
        ),
        migrations.AddIndex(
            model_name="shadownote",
            index=models.Index(fields=["store", "customer"], name="shadow_note_of_customer"),
        ),
        migrations.AddIndex(
            model_name="shadownote",
            index=models.Index(fields=["store", "at"], name="shadow_note_by_age"),
        ),
        migrations.AddConstraint(
            model_name="shadownote",
            constraint=models.UniqueConstraint(fields=("store", "enrollment", "step", "lap", "what"), name="shadow_note_once"),
        ),
        migrations.AddConstraint(
            model_name="shadownote",
            constraint=models.CheckConstraint(
                condition=models.Q(("what__in", ["email", "sms", "push", "onsite", "draw", "change", "call", "notify"])),
                name="shadow_note_what_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadownote",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="shadow_note_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="shadownote",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="enrollment", name="shadow_note_enrollment_of_store"),
        ),
        migrations.AddConstraint(
            model_name="shadownote",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="shadow_note_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="shadownote",
            constraint=retention.tenancy.constraints.StoreIsolation(name="shadow_note_isolation"),
        ),
    ]
