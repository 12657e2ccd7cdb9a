"""Browsers that take push messages, a store's key pair for them, and templates of that kind."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0006_engine_fewer_indexes_of_messages"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("stores", "0003_when_the_door_used_a_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PushKeys",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_key", models.CharField(editable=False, max_length=100)),
                ("sealed", models.TextField(editable=False)),
                ("created_at", models.DateTimeField(editable=False)),
            ],
            options={
                "verbose_name": "push keys",
                "verbose_name_plural": "push keys",
            },
        ),
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("anonymous_id", models.CharField(max_length=200)),
                ("endpoint", models.CharField(max_length=2000)),
                ("endpoint_digest", models.CharField(max_length=64)),
                ("p256dh", models.CharField(max_length=100)),
                ("auth", models.CharField(max_length=30)),
                ("agent", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "push subscription",
                "verbose_name_plural": "push subscriptions",
            },
        ),
        migrations.RemoveConstraint(
            model_name="templateversion",
            name="template_version_kind_known",
        ),
        migrations.AlterField(
            model_name="templateversion",
            name="kind",
            field=models.CharField(
                choices=[("mjml", "MJML"), ("html", "HTML"), ("push", "Push message")], db_default="mjml", default="mjml", max_length=4
            ),
        ),
        migrations.AddConstraint(
            model_name="templateversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["mjml", "html", "push"])), name="template_version_kind_known"
            ),
        ),
        migrations.AddField(
            model_name="pushkeys",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="pushsubscription",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="push_subscriptions", to="customers.customer"
            ),
        ),
        migrations.AddField(
            model_name="pushsubscription",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="pushkeys",
            constraint=models.UniqueConstraint(fields=("store",), name="push_keys_once"),
        ),
        migrations.AddConstraint(
            model_name="pushkeys",
            constraint=retention.tenancy.constraints.StoreIsolation(name="push_keys_isolation"),
        ),
        migrations.AddIndex(
            model_name="pushsubscription",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", True)),
                fields=["store", "customer", "-seen_at", "-id"],
                name="push_subscription_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="pushsubscription",
            constraint=models.UniqueConstraint(fields=("store", "endpoint_digest"), name="push_subscription_once"),
        ),
        migrations.AddConstraint(
            model_name="pushsubscription",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="push_subscription_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="pushsubscription",
            constraint=retention.tenancy.constraints.StoreIsolation(name="push_subscription_isolation"),
        ),
    ]
