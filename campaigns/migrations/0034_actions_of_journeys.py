"""What a run did beside messages, once for each step and lap."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0033_runs_remember"),
        ("stores", "0004_writers"),
    ]

    operations = [
        migrations.CreateModel(
            name="JourneyAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(max_length=40)),
                ("lap", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("draw", "Kept a coupon code"),
                            ("change", "Wrote something down"),
                            ("call", "Told a webhook"),
                            ("notify", "Told the team"),
                        ],
                        max_length=6,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=40)),
                ("done_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "action of a journey",
                "verbose_name_plural": "actions of journeys",
            },
        ),
        migrations.AddField(
            model_name="journeyaction",
            name="enrollment",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="actions",
                to="campaigns.enrollment",
            ),
        ),
        migrations.AddField(
            model_name="journeyaction",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.journey"
            ),
        ),
        migrations.AddField(
            model_name="journeyaction",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddIndex(
            model_name="journeyaction",
            index=models.Index(fields=["store", "journey", "step", "-done_at"], name="journey_action_of_step"),
        ),
        migrations.AddConstraint(
            model_name="journeyaction",
            constraint=models.UniqueConstraint(fields=("store", "enrollment", "step", "lap"), name="journey_action_once"),
        ),
        migrations.AddConstraint(
            model_name="journeyaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["draw", "change", "call", "notify"])), name="journey_action_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="journeyaction",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="enrollment", name="journey_action_enrollment_of_store"),
        ),
        migrations.AddConstraint(
            model_name="journeyaction",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="journey_action_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="journeyaction",
            constraint=retention.tenancy.constraints.StoreIsolation(name="journey_action_isolation"),
        ),
    ]
