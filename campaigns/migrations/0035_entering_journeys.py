"""Who was turned away from a journey, and who enters by the calendar."""

import django.db.models.deletion
from django.db import migrations, models

import retention.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0034_actions_of_journeys"),
        ("customers", "0022_newest_buyers"),
        ("stores", "0004_writers"),
    ]

    operations = [
        migrations.CreateModel(
            name="TurnedAway",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(max_length=120)),
                ("reason", models.CharField(max_length=40)),
                ("until", models.DateTimeField()),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "turned away from a journey",
                "verbose_name_plural": "turned away from journeys",
            },
        ),
        migrations.CreateModel(
            name="Wave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
                ("zones", models.JSONField(default=list)),
                ("after_id", models.BigIntegerField(default=0)),
                ("entered_count", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "wave of a journey",
                "verbose_name_plural": "waves of journeys",
            },
        ),
        migrations.AddField(
            model_name="journey",
            name="waves_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="turnedaway",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AddField(
            model_name="turnedaway",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.journey"
            ),
        ),
        migrations.AddField(
            model_name="turnedaway",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="waves",
                to="campaigns.journey",
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.journeyversion",
            ),
        ),
        migrations.AddIndex(
            model_name="turnedaway",
            index=models.Index(fields=["store", "noted_at"], name="turned_away_age"),
        ),
        migrations.AddConstraint(
            model_name="turnedaway",
            constraint=models.UniqueConstraint(fields=("store", "customer", "journey", "about"), name="turned_away_once"),
        ),
        migrations.AddConstraint(
            model_name="turnedaway",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="turned_away_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="turnedaway",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="turned_away_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="turnedaway",
            constraint=retention.tenancy.constraints.StoreIsolation(name="turned_away_isolation"),
        ),
        migrations.AddIndex(
            model_name="wave",
            index=models.Index(condition=models.Q(("finished_at", None)), fields=["store", "at"], name="wave_waiting"),
        ),
        migrations.AddConstraint(
            model_name="wave",
            constraint=models.UniqueConstraint(fields=("store", "journey", "at", "day"), name="wave_once"),
        ),
        migrations.AddConstraint(
            model_name="wave",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="wave_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="wave",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="version", name="wave_version_of_store"),
        ),
        migrations.AddConstraint(
            model_name="wave",
            constraint=retention.tenancy.constraints.StoreIsolation(name="wave_isolation"),
        ),
    ]
