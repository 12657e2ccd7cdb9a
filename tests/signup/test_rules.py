"""When a second yes is asked for, and that a shop's colour can always be read."""

import pytest

from retention.signup.branding import DARK_PAGE, LIGHT_PAGE, contrast, palette_of
from retention.signup.popups import PopupRules, rules_of
from retention.signup.rules import rule_of


@pytest.mark.parametrize(
    ("opt_in", "countries", "double", "forced"),
    [
        ("country", ("DE", ""), True, True),
        ("country", ("AT", ""), True, True),
        ("country", ("CH", ""), True, True),
        ("country", ("ES", ""), False, False),
        ("country", ("US", "DE"), True, True),
        ("always", ("US", ""), True, False),
        ("never", ("US", ""), False, False),
        ("never", ("DE", ""), True, True),
        ("never", ("ES", "AT"), True, True),
    ],
)
def test_the_strictest_country_decides(opt_in: str, countries: tuple[str, ...], double: bool, forced: bool) -> None:
    rule = rule_of(opt_in, countries=countries)
    assert (rule.double, rule.forced) == (double, forced)


@pytest.mark.parametrize("color", ["#0b6674", "#ffffff", "#000000", "#ffff00", "#ff0000", "#7f7f7f", "#00ff7f", "#123456"])
def test_any_colour_is_made_fit_to_read(color: str) -> None:
    found = palette_of(color)
    assert contrast(found.brand, LIGHT_PAGE) >= 4.5
    assert contrast(found.dark_brand, DARK_PAGE) >= 4.5
    assert contrast(found.on_brand, found.brand) >= 4.5
    assert contrast(found.on_dark_brand, found.dark_brand) >= 4.5


def test_a_pop_up_without_rules_has_the_usual_ones() -> None:
    assert rules_of({}) == PopupRules()
    assert rules_of(PopupRules(0, 70, False, 30).stored()) == PopupRules(0, 70, False, 30)
