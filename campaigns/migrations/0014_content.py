"""The look of a store's mails, and versions that are a plain text."""

import django.db.models.deletion
import retention.tenancy.constraints
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0013_campaign_pages"),
        ("stores", "0003_when_the_door_used_a_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "font",
                    models.CharField(
                        choices=[
                            ("Helvetica, Arial, sans-serif", "Helvetica, plain"),
                            ("Verdana, Geneva, sans-serif", "Verdana, wide"),
                            ("'Trebuchet MS', Tahoma, sans-serif", "Trebuchet, friendly"),
                            ("Georgia, 'Times New Roman', serif", "Georgia, bookish"),
                            ("'Courier New', Courier, monospace", "Courier, typed"),
                        ],
                        default="Helvetica, Arial, sans-serif",
                        max_length=80,
                        verbose_name="letters",
                    ),
                ),
                (
                    "back_color",
                    models.CharField(
                        default="#f4f6f7",
                        max_length=7,
                        validators=[django.core.validators.RegexValidator("^#[0-9a-fA-F]{6}$")],
                        verbose_name="colour around the mail",
                    ),
                ),
                ("social", models.JSONField(blank=True, default=list, verbose_name="social links")),
            ],
            options={
                "verbose_name": "look of mails",
                "verbose_name_plural": "looks of mails",
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
                choices=[("mjml", "MJML"), ("html", "HTML"), ("text", "Text"), ("push", "Push message")],
                db_default="mjml",
                default="mjml",
                max_length=4,
            ),
        ),
        migrations.AddConstraint(
            model_name="templateversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["mjml", "html", "text", "push"])), name="template_version_kind_known"
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="store",
            field=models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.UniqueConstraint(fields=("store",), name="brand_once"),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(
                condition=models.Q(("back_color__regex", "^#[0-9a-fA-F]{6}$")), name="brand_back_color_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=retention.tenancy.constraints.StoreIsolation(name="brand_isolation"),
        ),
    ]
