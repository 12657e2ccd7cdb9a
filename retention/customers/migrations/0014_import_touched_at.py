"""When something was last done with an import, so that a file nobody comes back for is let go."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0013_failures_of_imports")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="touched_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False
            ),
        ),
    ]
