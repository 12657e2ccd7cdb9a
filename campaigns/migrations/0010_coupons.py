"""Pools of coupon codes, the codes, and what messages do when what they show is no longer true."""

import django.db.models.deletion
import django.utils.timezone
import retention.tenancy.constraints
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0009_onsite"),
        ("customers", "0021_who_is_known_in_a_place"),
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="CouponPool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "benefit",
                    models.CharField(
                        choices=[("percent", "Percent off"), ("amount", "An amount off"), ("shipping", "Free shipping")],
                        default="percent",
                        max_length=8,
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(null=True)),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("endless", models.BooleanField(default=False)),
                ("prefix", models.CharField(blank=True, max_length=12)),
                ("length", models.PositiveSmallIntegerField(default=10)),
                ("valid_days", models.PositiveSmallIntegerField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "when_out",
                    models.CharField(
                        choices=[("hold", "Hold the message back"), ("fallback", "Send it with the other words")],
                        default="hold",
                        max_length=8,
                    ),
                ),
                ("fallback", models.CharField(blank=True, max_length=120)),
                ("warn_below", models.PositiveIntegerField(default=100)),
                ("warned_at", models.DateTimeField(null=True)),
                ("archived_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
            ],
            options={
                "verbose_name": "coupon pool",
                "verbose_name_plural": "coupon pools",
            },
        ),
        migrations.CreateModel(
            name="Coupon",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60)),
                ("code_key", models.CharField(max_length=60)),
                ("occasion", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("expires_at", models.DateTimeField(null=True)),
                ("kept_at", models.DateTimeField(null=True)),
                ("drawn_at", models.DateTimeField(null=True)),
                ("redeemed_at", models.DateTimeField(null=True)),
                ("order_number", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="coupons",
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
                    "pool",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="coupons",
                        to="campaigns.couponpool",
                    ),
                ),
            ],
            options={
                "verbose_name": "coupon",
                "verbose_name_plural": "coupons",
            },
        ),
        migrations.CreateModel(
            name="SendRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(blank=True, max_length=40)),
                (
                    "sold_out",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("leave_out", "Leave the product out"),
                            ("swap", "Show a similar product instead"),
                            ("fallback", "Leave it out and say the other words"),
                            ("block", "Do not send"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "dearer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("show", "Show the price of now"),
                            ("leave_out", "Leave the product out"),
                            ("fallback", "Leave it out and say the other words"),
                            ("block", "Do not send"),
                        ],
                        max_length=10,
                    ),
                ),
                ("fallback", models.CharField(blank=True, max_length=300)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.journey",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="rules",
                        to="campaigns.couponpool",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.template",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule of what is true",
                "verbose_name_plural": "rules of what is true",
            },
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="coupon_pool_of_store"),
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=models.UniqueConstraint(fields=("store", "public_id"), name="coupon_pool_public_id_once"),
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount_minor", None), ("benefit", "percent"), ("percent__gte", 1), ("percent__lte", 100)),
                    models.Q(("amount_minor__gte", 1), ("benefit", "amount"), ("percent", None), models.Q(("currency", ""), _negated=True)),
                    models.Q(("amount_minor", None), ("benefit", "shipping"), ("percent", None)),
                    _connector="OR",
                ),
                name="coupon_pool_is_worth_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_days", None), ("expires_at", None), _connector="OR"), name="coupon_pool_one_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=models.CheckConstraint(condition=models.Q(("length__gte", 8), ("length__lte", 24)), name="coupon_pool_length"),
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("when_out", "hold"), models.Q(("when_out", "fallback"), models.Q(("fallback", ""), _negated=True)), _connector="OR"
                ),
                name="coupon_pool_fallback_there",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponpool",
            constraint=retention.tenancy.constraints.StoreIsolation(name="coupon_pool_isolation"),
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(
                condition=models.Q(("drawn_at", None), ("kept_at__isnull", False)), fields=["store", "kept_at"], name="coupon_kept"
            ),
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(
                condition=models.Q(("occasion", ""), ("redeemed_at", None)), fields=["store", "pool", "id"], name="coupon_free"
            ),
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(fields=["store", "pool", "-drawn_at", "-id"], name="coupon_of_pool"),
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(condition=models.Q(("customer__isnull", False)), fields=["store", "customer"], name="coupon_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="coupon_of_store"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(fields=("store", "code_key"), name="coupon_code_once"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(
                condition=models.Q(("occasion", ""), _negated=True), fields=("store", "pool", "occasion"), name="coupon_once_an_occasion"
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(condition=models.Q(("code", ""), _negated=True), name="coupon_code_there"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(("drawn_at", None), models.Q(("occasion", ""), _negated=True), _connector="OR"),
                name="coupon_drawn_for_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order_number", ""), ("redeemed_at", None)),
                    models.Q(("redeemed_at__isnull", False), models.Q(("order_number", ""), _negated=True)),
                    _connector="OR",
                ),
                name="coupon_redeemed_by_an_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="pool", name="coupon_pool_of_same_store"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="customer", name="coupon_customer_of_store"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=retention.tenancy.constraints.StoreIsolation(name="coupon_isolation"),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.UniqueConstraint(fields=("store", "id"), name="send_rule_of_store"),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("template__isnull", False)), fields=("store", "template"), name="send_rule_of_template"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("campaign__isnull", False)), fields=("store", "campaign"), name="send_rule_of_campaign"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("journey__isnull", False)), fields=("store", "journey", "step"), name="send_rule_of_step"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("campaign", None), ("journey", None), ("step", ""), ("template__isnull", False)),
                    models.Q(("campaign__isnull", False), ("journey", None), ("step", ""), ("template", None)),
                    models.Q(("campaign", None), ("journey__isnull", False), ("template", None), models.Q(("step", ""), _negated=True)),
                    _connector="OR",
                ),
                name="send_rule_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("sold_out__in", ["", "leave_out", "swap", "fallback", "block"])), name="send_rule_sold_out_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("dearer__in", ["", "show", "leave_out", "fallback", "block"])), name="send_rule_dearer_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="template", name="send_rule_template_of_store"),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="campaign", name="send_rule_campaign_of_store"),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="journey", name="send_rule_journey_of_store"),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=retention.tenancy.constraints.StoreForeignKey(field="pool", name="send_rule_pool_of_store"),
        ),
        migrations.AddConstraint(
            model_name="sendrule",
            constraint=retention.tenancy.constraints.StoreIsolation(name="send_rule_isolation"),
        ),
    ]
