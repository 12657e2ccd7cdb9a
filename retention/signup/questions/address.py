"""Where may we write? The one question every form has: e-mail, phone, or both."""

from typing import Any, ClassVar

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.identifying import email_key
from retention.signup.questions.base import Asking, Fault, Input, NoAnswer, Question, Step, Text, Values, one_text

LONGEST_EMAIL, LONGEST_PHONE = 254, 40


class AddressQuestion(Question):
    """Asks for the address. It cannot be skipped; where both are asked for, the phone number can."""

    key: ClassVar[str] = "address"
    icon: ClassVar[str] = "mail"
    label: ClassVar[Text] = gettext_lazy("Address")
    title: ClassVar[Text] = gettext_lazy("Where may we write to you?")

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return an e-mail field, a phone field, or both."""
        found = []
        if asking.asks_email:
            found.append(Input("email", "email", _("E-mail"), required=True, autocomplete="email", longest=LONGEST_EMAIL))
        if asking.asks_phone:
            found.append(
                Input("phone", "tel", _("Mobile phone"), required=not asking.asks_email, autocomplete="tel", longest=LONGEST_PHONE)
            )
        return found

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return {"email": ..., "phone": ...}, each only if given."""
        answer = {}
        if asking.asks_email:
            answer["email"] = _email(values)
        if asking.asks_phone:
            phone = _phone(values, asking.country, required=not asking.asks_email)
            if phone:
                answer["phone"] = phone
        return answer

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say nothing: whose address it is, is decided where the sign-up is confirmed."""
        return {}


def _email(values: Values) -> str:
    try:
        text = one_text(values, "email", longest=LONGEST_EMAIL)
    except NoAnswer:
        raise Fault("email", _("Write your e-mail address.")) from None
    try:
        validate_email(text)
    except ValidationError:
        raise Fault("email", _("This is not an e-mail address. It looks like name@example.com.")) from None
    if not email_key(text):
        raise Fault("email", _("This is not an e-mail address. It looks like name@example.com."))
    return text


def _phone(values: Values, country: str, *, required: bool) -> str:
    try:
        text = one_text(values, "phone", longest=LONGEST_PHONE)
    except NoAnswer:
        if required:
            raise Fault("phone", _("Write your phone number.")) from None
        return ""
    return read_phone(text, country=country)


def read_phone(text: str, *, country: str) -> str:
    """Return a number that can get text messages as E.164; Fault for anything else. country: for numbers without a prefix."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        raise Fault("phone", _("This is not a phone number. Write it like +49 170 1234567.")) from None
    if not phonenumbers.is_valid_number(number):
        raise Fault("phone", _("No such phone number exists. Is a digit missing?"))
    if phonenumbers.number_type(number) not in _TEXTABLE:
        raise Fault("phone", _("This number cannot get text messages. Write a mobile number."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country_of_phone(phone: str) -> str:
    """Return the country a number in E.164 belongs to, or nothing."""
    return str(phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or "") if phone else ""


_TEXTABLE = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    phonenumbers.PhoneNumberType.UNKNOWN,
}
