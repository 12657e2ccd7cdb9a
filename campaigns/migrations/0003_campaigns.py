"""Campaigns, their segments and variants; what a message knows of them."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_channels"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("orders", "0006_narrower_lines_of_products"),
        ("segments", "0003_postcodes"),
        ("stores", "0003_when_the_door_used_a_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("ready_made", models.CharField(blank=True, editable=False, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("sending", "Sending"),
                            ("paused", "Paused"),
                            ("finished", "Sent"),
                            ("cancelled", "Called off"),
                            ("archived", "Put away"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("channel", models.CharField(default="email", max_length=10)),
                ("to_everyone", models.BooleanField(default=False)),
                (
                    "when",
                    models.CharField(
                        choices=[("now", "At once"), ("at", "At a time of the shop"), ("local", "At each person's own time")],
                        default="now",
                        max_length=5,
                    ),
                ),
                ("wall_day", models.DateField(null=True)),
                ("wall_time", models.TimeField(null=True)),
                ("ramp_hours", models.PositiveSmallIntegerField(null=True)),
                ("holdout_share", models.FloatField(default=0.0)),
                ("test_share", models.FloatField(null=True)),
                (
                    "decide_metric",
                    models.CharField(blank=True, choices=[("clicks", "Clicks"), ("orders", "Orders")], default="", max_length=6),
                ),
                ("decide_hours", models.PositiveSmallIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "winner",
                    models.CharField(
                        blank=True,
                        choices=[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"), ("f", "F")],
                        default="",
                        max_length=1,
                    ),
                ),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("starts_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("planned_to", models.BigIntegerField(default=0)),
                ("planned_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                (
                    "pause_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "Paused by a person"),
                            ("missed", "Its time was missed by more than two hours"),
                            ("segment", "A segment cannot be worked out"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
            },
        ),
        migrations.CreateModel(
            name="CampaignSegment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("side", models.CharField(choices=[("include", "gets it"), ("exclude", "does not get it")], max_length=7)),
            ],
            options={
                "verbose_name": "segment of a campaign",
                "verbose_name_plural": "segments of campaigns",
            },
        ),
        migrations.CreateModel(
            name="CampaignVariant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "letter",
                    models.CharField(choices=[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E"), ("f", "F")], max_length=1),
                ),
                ("weight", models.PositiveSmallIntegerField(default=1)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("words", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "variant of a campaign",
                "verbose_name_plural": "variants of campaigns",
            },
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_refusal_has_reason",
        ),
        migrations.AddField(
            model_name="message",
            name="variant",
            field=models.CharField(blank=True, db_default="", default="", max_length=1),
        ),
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
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
                    ("held_out", "Held back to compare"),
                ],
                default="ready",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["planned", "ready", "sending", "sent", "failed", "unknown", "suppressed", "skipped", "quarantined", "held_out"],
                    )
                ),
                name="message_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["suppressed", "skipped", "failed", "unknown", "quarantined", "held_out"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="message_refusal_has_reason",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="created_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="campaign",
            name="started_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="campaign",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="campaignsegment",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="segments", to="campaigns.campaign"
            ),
        ),
        migrations.AddField(
            model_name="campaignsegment",
            name="segment",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="segments.segment"
            ),
        ),
        migrations.AddField(
            model_name="campaignsegment",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="campaigns.campaign"
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="template",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.template"
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.templateversion",
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["store", "-created_at", "-id"], name="campaign_newest"),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(condition=models.Q(("state", "scheduled")), fields=["store", "starts_at"], name="campaign_due"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="campaign_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("store", "public_id"), name="campaign_public_id_once"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("name", ""), _negated=True), models.Q(("channel", ""), _negated=True)),
                name="campaign_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "scheduled", "sending", "paused", "finished", "cancelled", "archived"])),
                name="campaign_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("wall_day", None), ("wall_time", None), ("when", "now")),
                    models.Q(("wall_day__isnull", False), ("wall_time__isnull", False), ("when__in", ["at", "local"])),
                    _connector="OR",
                ),
                name="campaign_when_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ramp_hours", None),
                    models.Q(("ramp_hours__gte", 1), ("ramp_hours__lte", 168), models.Q(("when", "local"), _negated=True)),
                    _connector="OR",
                ),
                name="campaign_ramp_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("holdout_share__gte", 0), ("holdout_share__lte", 0.5)), name="campaign_holdout_possible"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decide_hours", None), ("decide_metric", ""), ("test_share", None)),
                    models.Q(
                        ("decide_hours__gte", 1),
                        ("decide_hours__lte", 168),
                        ("test_share__gte", 0.05),
                        ("test_share__lte", 0.9),
                        ("decide_metric__in", ["clicks", "orders"]),
                        ("ramp_hours", None),
                        models.Q(("when", "local"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="campaign_test_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("winner", ""), ("decided_at__isnull", False), _connector="OR"), name="campaign_winner_was_decided"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["scheduled", "sending", "paused", "finished"]), _negated=True),
                    models.Q(("confirmed_at__isnull", False), ("starts_at__isnull", False)),
                    _connector="OR",
                ),
                name="campaign_started_has_moments",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["sending", "finished"]), _negated=True),
                    models.Q(("opened_at__isnull", False), ("seen_at__isnull", False)),
                    _connector="OR",
                ),
                name="campaign_sending_is_looked_after",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "finished"), _negated=True),
                    models.Q(("finished_at__isnull", False), ("planned_at__isnull", False)),
                    _connector="OR",
                ),
                name="campaign_finished_is_planned",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paused_at__isnull", False), ("state", "paused"), models.Q(("pause_reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "paused"), _negated=True), ("pause_reason", "")),
                    _connector="OR",
                ),
                name="campaign_pause_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=retention.tenancy.constraints.StoreIsolation(name="campaign_isolation"),
        ),
        migrations.AddConstraint(
            model_name="campaignsegment",
            constraint=models.UniqueConstraint(fields=("store", "campaign", "segment"), name="campaign_segment_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignsegment",
            constraint=models.CheckConstraint(condition=models.Q(("side__in", ["include", "exclude"])), name="campaign_segment_side_known"),
        ),
        migrations.AddConstraint(
            model_name="campaignsegment",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="campaign", name="campaign_segment_campaign_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaignsegment",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="segment", name="campaign_segment_segment_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaignsegment",
            constraint=retention.tenancy.constraints.StoreIsolation(name="campaign_segment_isolation"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.UniqueConstraint(fields=("store", "campaign", "letter"), name="campaign_variant_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(("letter__in", ("a", "b", "c", "d", "e", "f"))), name="campaign_variant_letter_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gte", 1), ("weight__lte", 100)), name="campaign_variant_weight_possible"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="campaign", name="campaign_variant_campaign_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="template", name="campaign_variant_template_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="version", name="campaign_variant_version_of_store"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=retention.tenancy.constraints.StoreIsolation(name="campaign_variant_isolation"),
        ),
    ]
