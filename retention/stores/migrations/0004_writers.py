"""A role that writes campaigns and asks before they leave."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0003_when_the_door_used_a_key"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="invitation",
            name="invitation_role_known",
        ),
        migrations.RemoveConstraint(
            model_name="membership",
            name="membership_role_known",
        ),
        migrations.AlterField(
            model_name="invitation",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "Owner"),
                    ("manager", "Manager"),
                    ("marketer", "Marketer"),
                    ("writer", "Writer"),
                    ("analyst", "Analyst"),
                    ("support", "Support"),
                ],
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "Owner"),
                    ("manager", "Manager"),
                    ("marketer", "Marketer"),
                    ("writer", "Writer"),
                    ("analyst", "Analyst"),
                    ("support", "Support"),
                ],
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "manager", "marketer", "writer", "analyst", "support"])),
                name="invitation_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "manager", "marketer", "writer", "analyst", "support"])),
                name="membership_role_known",
            ),
        ),
    ]
