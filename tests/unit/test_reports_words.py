"""Numbers and sentences of the page, by hand."""

import pytest

from openiads.metrics.words import rounds_word
from openiads.reports import words


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (31 / 90, "About a third of this raid"),
        (0.5, "About half of this raid"),
        (0.7, "About two thirds of this raid"),
        (0.04, "About one in 25 of this raid"),
        (0.005, "Less than a hundredth of this raid"),
        (0.97, "Nearly all of this raid"),
        (1.0, "All of this raid"),
    ],
)
def test_shares_in_words(share, said):
    assert words.portion(share) == said


def _summary(threats, mean, known, chance=False):
    leakers = {"mean": mean, "not_publicly_known": known, "may_be_chance": chance}
    return {"threats": threats, "outcomes": {"leakers": leakers}, "run": {"runs": 1000}}


def test_headlines():
    assert words.headline(_summary(90, 31.04, [17.2, 48.1])) == (
        "About a third of this raid gets through (31 of 90). Public data cannot narrow that beyond 17 to 48."
    )
    assert words.headline(_summary(90, 31.0, None)).endswith("(31 of 90). Chance only: no disputed value was varied.")
    assert words.headline(_summary(90, 31.0, [31.0, 31.0])).endswith("Varying what is not publicly known leaves it at 31.")
    nothing = "Nothing of this raid gets through on any of 1,000 simulated nights (0 of 72)."
    assert words.headline(_summary(72, 0.0, None)).startswith(nothing)
    assert words.headline(_summary(1, 0.43, [0.2, 0.7])) == (
        "The one threat gets through on 43 % of nights. Public data cannot narrow that beyond 20 % to 70 %."
    )
    assert words.headline(_summary(1, 0.0, None)).startswith("The one threat gets through on none of 1,000 simulated nights.")
    assert words.headline(_summary(90, 0.02, [0.0, 0.06], True)).endswith("beyond 0 to 0.06; chance alone may explain that.")
    assert words.headline(_summary(1, 0.1127, [0.1121, 0.1133])).endswith("beyond 11.2 % to 11.3 %.")
    assert words.headline(_summary(0, 0.0, None)) == "This raid has no lethal threat, so nothing can leak."


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (1e-18, "0 %"),
        (1.0, "100 %"),
        (0.344, "34 %"),
        (0.034, "3.4 %"),
        (0.0004, "< 0.1 %"),
        (0.9999, "> 99.9 %"),
        (0.97, "97 %"),
        (0.963, "96.3 %"),
    ],
)
def test_shares_are_never_rounded_to_none_or_all(share, said):
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("share", "texts"),
    [
        ((0.1127, 0.1121, 0.1133), ("11.3 %", "11.2 %", "11.3 %")),
        ((0.1152, 0.11, 0.12), ("12 %", "11 %", "12 %")),
        ((0.0948, 0.0946, 0.0952), ("9.48 %", "9.46 %", "9.52 %")),
        ((0.0003, 0.0002, 0.0004), ("0.03 %", "0.02 %", "0.04 %")),
        ((0.0, 0.0, 0.0004), ("0 %", "0 %", "0.04 %")),
        ((1.0, 0.99996, 1.0), ("100 %", "99.996 %", "100 %")),
        ((0.5, 0.5, 0.5), ("50 %", "50 %", "50 %")),
    ],
)
def test_an_interval_has_the_digits_that_tell_its_ends_apart(share, texts):
    interval = dict(zip(("value", "low", "high"), share, strict=True))
    assert tuple(words.share_text(interval, key) for key in interval) == texts


def test_a_share_without_an_interval_is_a_plain_percentage():
    assert words.share_text({"value": 0.1152, "low": None, "high": None}) == "12 %"


def test_ranges_times_and_distances():
    assert words.unknown_span({"not_publicly_known": [0.0, 0.06], "may_be_chance": True}) == "0 to 0.06, may be chance"
    assert words.unknown_span({"not_publicly_known": [1.0, 2.0]}) == "1 to 2"  # a record of an earlier version
    assert words.span([17.2, 48.1]) == "17 to 48"
    assert words.span([4.0, 4.0]) == "4"
    assert words.span(None) == "not varied"
    assert (words.minute(4440.0), words.minute(None)) == ("74", "never")
    assert (words.km(49_314.0), words.km(1_260.0), words.height(50.0), words.height(1_500.0)) == ("49 km", "1.26 km", "50 m", "1.5 km")
    assert (words.millions(235_540_000.0), words.millions(2_345_000.0)) == ("236", "2.35")


def test_classes_and_lists():
    assert words.class_title("threat_owa_drone") == "one-way attack drone"
    assert words.class_title("threat_srbm_300") == "short-range ballistic missile (300 km)"
    assert (words.class_title("f16"), words.class_title("f35a"), words.class_title("s400")) == ("F-16", "F-35A", "S-400")
    assert (words.listed([]), words.listed(["a"]), words.listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert (words.amount_of(1, "draw"), words.amount_of(1000, "draw")) == ("1 draw", "1,000 draws")


def test_what_is_fired_is_called_missiles_unless_guns_fire_too() -> None:
    for names, word in ((["48N6E3", "9M96E2"], "missiles"), (["9M96E2", "guns/35mm"], "rounds"), (["35mm"], "rounds")):
        assert rounds_word({"weapons": [{"weapon": name} for name in names]}) == word
