"""What goes first when several messages want the same person."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0041_contact_budget"), ("stores", "0004_writers")]

    operations = [
        migrations.CreateModel(
            name="SourceRank",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_kind", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(-1, "Lets others go first"), (0, "By what it brings in"), (1, "Goes before others")], default=0
                    ),
                ),
                ("guess", models.FloatField(null=True)),
                ("error", models.FloatField(null=True)),
                ("worth", models.FloatField(null=True)),
                ("people", models.PositiveIntegerField(default=0)),
                ("final", models.BooleanField(default=False)),
                ("counted_at", models.DateTimeField(null=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "rank of a source of messages",
                "verbose_name_plural": "ranks of sources of messages",
            },
        ),
        migrations.AddConstraint(
            model_name="sourcerank",
            constraint=models.UniqueConstraint(fields=("store", "source_kind", "source_id"), name="source_rank_once"),
        ),
        migrations.AddConstraint(
            model_name="sourcerank",
            constraint=models.CheckConstraint(
                condition=models.Q(("source_kind__in", ["journey", "cell", "campaign"])), name="source_rank_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcerank",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__gte", -1), ("priority__lte", 1)), name="source_rank_priority_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcerank",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("error", None), ("guess", None)), models.Q(("error__gte", 0), ("guess__isnull", False)), _connector="OR"
                ),
                name="source_rank_guess_has_error",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcerank",
            constraint=retention.tenancy.constraints.StoreIsolation(name="source_rank_isolation"),
        ),
    ]
