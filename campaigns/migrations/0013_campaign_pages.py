"""Senders and sending domains, who waits for a yes, and variants by sender and hour."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0012_decisions"),
        ("stores", "0003_when_the_door_used_a_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SendingDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=253)),
                ("selectors", models.CharField(blank=True, max_length=300)),
                ("return_path", models.CharField(blank=True, max_length=253)),
                ("findings", models.JSONField(blank=True, default=list)),
                ("checked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "sending domain",
                "verbose_name_plural": "sending domains",
            },
        ),
        migrations.AddField(
            model_name="campaign",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="asked_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="delay_hours",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="templateversion",
            name="from_address",
            field=models.EmailField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="templateversion",
            name="from_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.CreateModel(
            name="Sender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("address", models.EmailField(max_length=254, verbose_name="address")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "sender",
                "verbose_name_plural": "senders",
            },
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="sender",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="campaigns.sender"
            ),
        ),
        migrations.AddConstraint(
            model_name="sender",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="sender_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.CheckConstraint(condition=models.Q(("delay_hours__lte", 72)), name="campaign_variant_delay_possible"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="sender", name="campaign_variant_sender_of_store"),
        ),
        migrations.AddField(
            model_name="sendingdomain",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="sender",
            constraint=models.UniqueConstraint(fields=("store", "public_id"), name="sender_public_id_once"),
        ),
        migrations.AddConstraint(
            model_name="sender",
            constraint=models.UniqueConstraint(fields=("store", "name", "address"), name="sender_once"),
        ),
        migrations.AddConstraint(
            model_name="sender",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("name", ""), _negated=True), models.Q(("address", ""), _negated=True)), name="sender_is_whole"
            ),
        ),
        migrations.AddConstraint(
            model_name="sender",
            constraint=retention.tenancy.constraints.StoreIsolation(name="sender_isolation"),
        ),
        migrations.AddConstraint(
            model_name="sendingdomain",
            constraint=models.UniqueConstraint(fields=("store", "domain"), name="sending_domain_once"),
        ),
        migrations.AddConstraint(
            model_name="sendingdomain",
            constraint=models.CheckConstraint(condition=models.Q(("domain", ""), _negated=True), name="sending_domain_named"),
        ),
        migrations.AddConstraint(
            model_name="sendingdomain",
            constraint=retention.tenancy.constraints.StoreIsolation(name="sending_domain_isolation"),
        ),
    ]
