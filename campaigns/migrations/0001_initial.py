"""The tables of the campaigns floor."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("orders", "0001_initial"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("channel", models.CharField(max_length=10)),
                ("provider", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("settings", models.JSONField(blank=True, default=dict)),
                ("sealed", models.TextField(blank=True, editable=False)),
                ("from_name", models.CharField(blank=True, max_length=120, verbose_name="sender's name")),
                ("from_address", models.EmailField(blank=True, max_length=254, verbose_name="sender's address")),
                ("active", models.BooleanField(default=True, verbose_name="in use")),
                ("resting_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="connection_of_store"),
                    models.UniqueConstraint(fields=("store", "public_id"), name="connection_public_id_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("active", True)), fields=("store", "channel"), name="connection_active_once"
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="connection_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Journey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("playbook", models.CharField(blank=True, editable=False, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("paused", "Paused"), ("ended", "Ended")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("live_number", models.PositiveIntegerField(editable=False, null=True)),
                ("launched_at", models.DateTimeField(editable=False, null=True)),
                ("paused_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "journey",
                "verbose_name_plural": "journeys",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="journey_of_store"),
                    models.UniqueConstraint(fields=("store", "public_id"), name="journey_public_id_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("playbook", ""), _negated=True), fields=("store", "playbook"), name="journey_playbook_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "live", "paused", "ended"])), name="journey_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "live"), _negated=True),
                            models.Q(("launched_at__isnull", False), ("live_number__isnull", False)),
                            _connector="OR",
                        ),
                        name="journey_live_has_version",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="journey_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="JourneyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("definition", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "journey",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="campaigns.journey"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "journey version",
                "verbose_name_plural": "journey versions",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="journey_version_of_store"),
                    models.UniqueConstraint(fields=("store", "journey", "number"), name="journey_version_once"),
                    retention.tenancy.constraints.StoreIsolation(name="journey_version_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="journey", name="journey_version_journey_of_store"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Enrollment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("occurrence", models.CharField(max_length=120)),
                ("trigger_event_id", models.BigIntegerField(null=True)),
                ("trigger_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Inside"), ("finished", "Went through"), ("stopped", "Stopped")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=40)),
                ("due_at", models.DateTimeField(null=True)),
                ("held_out", models.BooleanField(default=False)),
                ("entered_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=40)),
                (
                    "cart",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="enrollments",
                        to="orders.cart",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="enrollments",
                        to="customers.customer",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="enrollments", to="campaigns.journey"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrollments",
                        to="campaigns.journeyversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "enrollment",
                "verbose_name_plural": "enrollments",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="enrollment_of_store"),
                    models.UniqueConstraint(fields=("store", "journey", "occurrence"), name="enrollment_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "finished", "stopped"])), name="enrollment_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("ended_at__isnull", True), ("state", "running")),
                            models.Q(models.Q(("state", "running"), _negated=True), ("due_at__isnull", True), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="enrollment_running_is_due",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="enrollment_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="journey", name="enrollment_journey_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="version", name="enrollment_version_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="enrollment_customer_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="cart", name="enrollment_cart_of_store"),
                ],
                "indexes": [
                    models.Index(condition=models.Q(("state", "running")), fields=["store", "due_at", "id"], name="enrollment_due"),
                    models.Index(fields=["store", "customer", "state"], name="enrollment_of_customer"),
                    models.Index(fields=["store", "journey", "state"], name="enrollment_of_journey"),
                    models.Index(condition=models.Q(("cart__isnull", False)), fields=["store", "cart"], name="enrollment_of_cart"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("key", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("channel", models.CharField(default="email", max_length=10)),
                ("live_number", models.PositiveIntegerField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="template_of_store"),
                    models.UniqueConstraint(fields=("store", "key"), name="template_key_once"),
                    models.UniqueConstraint(fields=("store", "public_id"), name="template_public_id_once"),
                    retention.tenancy.constraints.StoreIsolation(name="template_isolation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TemplateVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("subject", models.CharField(max_length=300, verbose_name="subject")),
                ("source", models.TextField()),
                ("html", models.TextField()),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="campaigns.template"
                    ),
                ),
            ],
            options={
                "verbose_name": "template version",
                "verbose_name_plural": "template versions",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="template_version_of_store"),
                    models.UniqueConstraint(fields=("store", "template", "number"), name="template_version_once"),
                    retention.tenancy.constraints.StoreIsolation(name="template_version_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="template", name="template_version_template_of_store"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("source_kind", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=40)),
                ("occurrence", models.CharField(max_length=120)),
                ("channel", models.CharField(max_length=10)),
                (
                    "stream",
                    models.CharField(
                        choices=[("marketing", "Marketing"), ("transactional", "Transactional")], default="marketing", max_length=15
                    ),
                ),
                ("address_digest", models.CharField(blank=True, max_length=64)),
                ("subject", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("ready", "Waiting"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("unknown", "Unknown"),
                            ("suppressed", "Held back"),
                            ("skipped", "Too late"),
                            ("quarantined", "Set aside"),
                        ],
                        default="ready",
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("token", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("holder", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("planned_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("first_attempt_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("clicked_at", models.DateTimeField(null=True)),
                ("bounced_at", models.DateTimeField(null=True)),
                ("provider_message_id", models.CharField(blank=True, max_length=200)),
                ("provider_key", models.CharField(blank=True, max_length=100)),
                (
                    "cart",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="orders.cart",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="campaigns.connection",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="customers.customer"
                    ),
                ),
                (
                    "enrollment",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="campaigns.enrollment",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "template_version",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="campaigns.templateversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "id"), name="message_of_store"),
                    models.UniqueConstraint(fields=("store", "public_id"), name="message_public_id_once"),
                    models.UniqueConstraint(
                        fields=("store", "source_kind", "source_id", "step", "occurrence", "customer", "channel"), name="message_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["planned", "ready", "sending", "sent", "failed", "unknown", "suppressed", "skipped", "quarantined"],
                            )
                        ),
                        name="message_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True),
                            models.Q(("lease_until__isnull", False), ("token__gt", 0)),
                            _connector="OR",
                        ),
                        name="message_sending_is_leased",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at__isnull", False), _connector="OR"),
                        name="message_sent_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["suppressed", "skipped", "failed", "unknown", "quarantined"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="message_refusal_has_reason",
                    ),
                    models.CheckConstraint(condition=models.Q(("stream__in", ["marketing", "transactional"])), name="message_stream_known"),
                    retention.tenancy.constraints.StoreIsolation(name="message_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="message_customer_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="enrollment", name="message_enrollment_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="cart", name="message_cart_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="template_version", name="message_version_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="connection", name="message_connection_of_store"),
                ],
                "indexes": [
                    models.Index(condition=models.Q(("state", "ready")), fields=["store", "due_at", "id"], name="message_ready"),
                    models.Index(condition=models.Q(("state", "sending")), fields=["lease_until"], name="message_leased"),
                    models.Index(fields=["store", "customer", "-planned_at", "-id"], name="message_of_customer"),
                    models.Index(fields=["store", "source_kind", "source_id", "-planned_at", "-id"], name="message_of_source"),
                    models.Index(
                        condition=models.Q(("state__in", ["sending", "sent", "unknown"])),
                        fields=["store", "customer", "-first_attempt_at"],
                        name="message_contacts",
                    ),
                    models.Index(
                        condition=models.Q(("enrollment__isnull", False)), fields=["store", "enrollment"], name="message_of_enrollment"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Click",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("method", models.CharField(max_length=7)),
                ("agent", models.CharField(blank=True, max_length=300)),
                ("suspected", models.CharField(blank=True, max_length=40)),
                ("noted_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="clicks", to="campaigns.message"
                    ),
                ),
            ],
            options={
                "verbose_name": "click",
                "verbose_name_plural": "clicks",
                "constraints": [
                    retention.tenancy.constraints.StoreIsolation(name="click_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="message", name="click_message_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="click_customer_of_store"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("suspected", "")), fields=["store", "customer", "-at", "-id"], name="click_of_customer"
                    ),
                    models.Index(fields=["store", "message", "at"], name="click_of_message"),
                    models.Index(condition=models.Q(("noted_at", None)), fields=["store", "id"], name="click_to_note"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attribution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.CharField(default="last_click", max_length=20)),
                ("window_days", models.PositiveSmallIntegerField()),
                ("clicked_at", models.DateTimeField()),
                ("credited_at", models.DateTimeField()),
                ("total_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="attributions", to="orders.order"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attributions",
                        to="campaigns.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "attribution",
                "verbose_name_plural": "attributions",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "order", "method"), name="attribution_once"),
                    retention.tenancy.constraints.StoreIsolation(name="attribution_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="order", name="attribution_order_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="message", name="attribution_message_of_store"),
                    retention.tenancy.constraints.StoreForeignKey(field="customer", name="attribution_customer_of_store"),
                ],
                "indexes": [
                    models.Index(fields=["store", "message"], name="attribution_of_message"),
                    models.Index(fields=["store", "-credited_at", "-id"], name="attribution_newest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("target", models.CharField(max_length=4000)),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="links", to="campaigns.message"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "constraints": [
                    models.UniqueConstraint(fields=("store", "message", "position"), name="message_link_once"),
                    models.CheckConstraint(
                        condition=models.Q(("target__startswith", "https://"), ("target__startswith", "http://"), _connector="OR"),
                        name="message_link_to_the_web",
                    ),
                    retention.tenancy.constraints.StoreIsolation(name="message_link_isolation"),
                    retention.tenancy.constraints.StoreForeignKey(field="message", name="message_link_message_of_store"),
                ],
            },
        ),
    ]
