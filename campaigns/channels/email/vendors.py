"""The e-mail services reached through Anymail: what each is called, what it needs to know, and how it reports back.

A new one: a line here, its recorded answers and reports in the tests. Amazon SES has a provider of its own (`providers/ses.py`), for
Anymail would need Amazon's whole library and checks no signature of SNS. MailerSend takes headers of ours only in its larger plans; without
those it refuses the mail.
"""

from dataclasses import dataclass, field

from retention.kit.words import gettext_noop


@dataclass(frozen=True, eq=False)
class Vendor:
    """One service. backend, reports: classes of Anymail. secrets, settings: keyword of the backend and what a merchant calls it.

    proof: the keyword with which Anymail checks a report's signature; without one the address of our hook carries a secret in its
    Basic authorization; where it is one of the settings, that is compared and no secret is asked for. tagged: our key travels as a tag, for
    the service keeps nothing else. keyed: the service recognises `Idempotency-Key`, so an ambiguous answer may be repeated.
    """

    key: str
    label: str
    backend: str
    reports: str
    secrets: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)
    proof: str = ""
    keyed: bool = False
    tagged: bool = False


_KEY, _SECRET = gettext_noop("API key"), gettext_noop("secret key")

VENDORS: tuple[Vendor, ...] = (
    Vendor("brevo", "Brevo", "brevo", "brevo.BrevoTrackingWebhookView", {"api_key": _KEY}),
    Vendor(
        "mailersend",
        "MailerSend",
        "mailersend",
        "mailersend.MailerSendTrackingWebhookView",
        {"api_token": gettext_noop("API token")},
        proof="signing_secret",
        tagged=True,
    ),
    Vendor(
        "mailgun",
        "Mailgun",
        "mailgun",
        "mailgun.MailgunTrackingWebhookView",
        {"api_key": _KEY},
        {"sender_domain": gettext_noop("sending domain")},
        proof="webhook_signing_key",
    ),
    Vendor("mailjet", "Mailjet", "mailjet", "mailjet.MailjetTrackingWebhookView", {"api_key": _KEY, "secret_key": _SECRET}),
    Vendor(
        "postmark",
        "Postmark",
        "postmark",
        "postmark.PostmarkTrackingWebhookView",
        {"server_token": gettext_noop("server token")},
        {"message_stream": gettext_noop("message stream")},
    ),
    Vendor("resend", "Resend", "resend", "resend.ResendTrackingWebhookView", {"api_key": _KEY}, proof="signing_secret", keyed=True),
    Vendor("sendgrid", "SendGrid", "sendgrid", "sendgrid.SendGridTrackingWebhookView", {"api_key": _KEY}),
    Vendor("sparkpost", "SparkPost", "sparkpost", "sparkpost.SparkPostTrackingWebhookView", {"api_key": _KEY}),
)
SES = Vendor(
    "ses",
    "Amazon SES",
    "",
    "",
    {"access_key_id": gettext_noop("access key ID"), "secret_access_key": gettext_noop("secret access key")},
    {
        "region": gettext_noop("region, for example eu-central-1"),
        "configuration_set": gettext_noop("configuration set"),
        "topic_arn": gettext_noop("ARN of the SNS topic it reports to"),
    },
    proof="topic_arn",
)
SERVICES = (*VENDORS, SES)
BY_KEY = {vendor.key: vendor for vendor in SERVICES}
