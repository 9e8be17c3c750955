import math

import numpy as np
import pytest

from openiads.codes import Cause
from openiads.metrics import spreads, words
from openiads.metrics.summary import headline
from openiads.metrics.words import CAUSE_MEANING, CAUSE_WORDS, plain


def test_three_spreads_by_hand():
    found = spreads.spread([1, 2, 3, 4, 5], [[0, 2], [40, 42]])
    assert found["mean"] == 3.0
    # t(0.975, 4) = 2.7764451 (tables), sd = sqrt(2.5)
    assert found["simulation_error"] == pytest.approx(2.7764451 * math.sqrt(2.5) / math.sqrt(5), rel=1e-7)
    assert found["night_to_night"] == [1.0, 5.0]  # nearest rank: the 1st (0.25, rounded up) and the 5th (4.75) of 5
    # means 1 and 41: variance 800; within each draw variance 2, so noise 1 of 800
    low, high = 21 - 20 * math.sqrt(799 / 800), 21 + 20 * math.sqrt(799 / 800)
    assert low + 0.05 * (high - low) > 3.0  # so the nominal mean, which is allowed too, is the low end
    assert found["not_publicly_known"] == pytest.approx([3.0, low + 0.95 * (high - low)])


def test_noise_of_few_replicates_does_not_widen_what_is_not_known():
    rng = np.random.default_rng(1)
    truth = rng.normal(10.0, 2.0, 4000)
    draws = truth[:, None] + rng.normal(0.0, 6.0, (4000, 9))  # noise of a mean: 6 / 3 = 2, so half of the variance
    assert draws.mean(axis=1).std() == pytest.approx(math.sqrt(8.0), rel=0.05)
    assert spreads.shrunk_means(draws).std() == pytest.approx(2.0, rel=0.05)
    assert spreads.inner_noise_share(draws) == pytest.approx(0.5, abs=0.05)


def test_without_draws_nothing_is_said_about_what_is_not_known():
    assert spreads.spread([1, 2], None)["not_publicly_known"] is None
    assert spreads.unknown([1, 2], [[1, 2]]) == {"not_publicly_known": None, "may_be_chance": None}


def test_draws_without_difference_and_single_replicates():
    assert spreads.unknown([7, 7], np.full((3, 4), 7)) == {"not_publicly_known": [7.0, 7.0], "may_be_chance": False}
    single = spreads.unknown([2], [[1], [3]])
    assert single["not_publicly_known"] == pytest.approx([1.1, 2.9])
    assert single["may_be_chance"] is None
    assert spreads.spread([4], None)["simulation_error"] is None


def test_draws_that_chance_alone_may_explain_are_left_as_they_are():
    # means 1 and 5 with standard error 1: F = 8 of (1, 2) degrees of freedom, below 18.5 (tables)
    assert spreads.unknown([3, 3], [[0, 2], [4, 6]]) == {"not_publicly_known": pytest.approx([1.2, 4.8]), "may_be_chance": True}
    # means 1 and 11: F = 50
    assert spreads.unknown([3, 3], [[0, 2], [10, 12]])["may_be_chance"] is False


def test_a_range_reaches_to_the_nominal_mean_also_where_chance_may_explain_it():
    """Means of the draws 1 and 5, of the nominal nights 0.5 and 9: their 5 and 95 % quantiles are 1.2 and 4.8."""
    for nominal, ends in (([0, 1], [0.5, 4.8]), ([9, 9], [1.2, 9.0])):
        assert spreads.unknown(nominal, [[0, 2], [4, 6]])["not_publicly_known"] == pytest.approx(ends)


def test_shares_of_chance_and_of_what_is_not_known_by_hand():
    # means 1, 5, 12; within each draw variance 2, mean squares 2 x 31 = 62 between and 2 within: t2 = (62 - 2) / 2 = 30 beside s2 = 2
    found = spreads.spread_shares([[0, 2], [4, 6], [11, 13]])
    assert found["chance"] == pytest.approx(2 / 32)
    assert found["not_publicly_known"] == pytest.approx(30 / 32)
    # F = 31; F(2, 3) at 97.5 % is 16.0441, at 2.5 % 1 / F(3, 2) at 97.5 % = 1 / 39.1655 (tables)
    assert found["high"] == pytest.approx(1 / (1 + (31 / 16.0441 - 1) / 2), rel=1e-4)
    assert found["low"] == pytest.approx(1 / (1 + (31 * 39.1655 - 1) / 2), rel=1e-4)


def test_shares_where_there_is_nothing_to_compare_and_where_chance_has_no_part():
    for draws in (None, [[1, 2, 3]], [[1], [2]], [[4, 4], [4, 4]]):
        assert spreads.spread_shares(draws) is None
    assert spreads.spread_shares([[1, 1], [2, 2]]) == {"chance": 0.0, "low": 0.0, "high": 0.0, "not_publicly_known": 1.0}
    alike = spreads.spread_shares([[0, 10], [10, 0], [1, 9]])  # means all 5: less than chance would give
    assert (alike["chance"], alike["high"]) == (1.0, 1.0)


def test_the_interval_of_the_share_of_chance_holds_what_it_says():
    rng = np.random.default_rng(5)
    found = [spreads.spread_shares(rng.normal(0, 1, (16, 1)) + rng.normal(0, 1.5, (16, 10))) for _ in range(1000)]
    covered = sum(f["low"] <= 2.25 / 3.25 <= f["high"] for f in found)
    assert abs(covered - 950) < 4 * math.sqrt(1000 * 0.95 * 0.05)


def test_a_ratio_of_sums_and_its_spreads():
    y, x = np.array([1.0, 3.0, 5.0]), np.array([2.0, 0.0, 2.0])
    drawn_y, drawn_x = np.array([[1.0, 1.0], [4.0, 4.0], [9.0, 9.0]]), np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    found = spreads.ratio_spread((y, drawn_y), (x, drawn_x))
    assert found["value"] == pytest.approx(9 / 4)
    assert found["low"] < 9 / 4 < found["high"]
    assert found["night_to_night"] == [0.5, 2.5]  # the night without a kill has no ratio
    assert found["not_publicly_known"] == pytest.approx([1.15, 3.85])  # of 1 and 4; the draw without a kill has none
    assert spreads.ratio_spread((y, None), (np.zeros(3), None)) is None
    assert spreads.ratio_spread((y[:1], None), (x[:1], None)) == {
        "value": 0.5,
        "low": None,
        "high": None,
        "night_to_night": [0.5, 0.5],
        "not_publicly_known": None,
    }


def test_rare_leakers_of_draws_that_are_all_alike_may_be_chance_and_their_range_holds_the_nominal_mean():
    rng = np.random.default_rng(3)
    found = [spreads.spread(rng.poisson(0.002, 1000), rng.poisson(0.002, (64, 50))) for _ in range(200)]
    chance = [f for f in found if f["may_be_chance"]]
    assert len(chance) > 170  # the test is at 5 %
    assert all(f["not_publicly_known"][0] <= f["mean"] <= f["not_publicly_known"][1] for f in chance)


def test_draws_that_differ_are_told_from_chance_also_where_most_show_nothing():
    draws = np.zeros((64, 50))
    draws[:14, ::2] = np.arange(1, 15)[:, None]
    found = spreads.spread(np.zeros(1000), draws)
    assert found["may_be_chance"] is False
    assert found["not_publicly_known"][0] == 0.0  # a draw without a leaker shows no noise and is not moved up


def test_draws_that_saw_nothing_may_be_too_few_nights_to_see_it():
    once = np.zeros(100)
    once[0] = 1.0
    assert spreads.unknown(once, np.zeros((5, 10)))["may_be_chance"] is True  # 0.99^50 = 0.6
    assert spreads.unknown(once, np.zeros((64, 50)))["may_be_chance"] is False  # 0.99^3200
    assert spreads.unknown(np.zeros(100), np.zeros((5, 10)))["may_be_chance"] is False


def test_wilson_for_one_yes_or_no_per_replicate():
    z = 1.959963984540054
    share = spreads.yes_share(np.zeros(10, bool), None)
    assert share["low"] == 0.0
    assert share["high"] == pytest.approx(z * z / (10 + z * z))


def test_leakage_is_a_ratio_over_replicates():
    found = spreads.leakage([1, 3], 4, None)
    assert found["value"] == 0.5
    assert (found["low"], found["high"]) == (0.0, 1.0)  # t(0.975, 1) = 12.7: wider than [0, 1]
    many = spreads.leakage([1, 3] * 50, 4, [[1, 1], [3, 3]])
    half = 1.9842169 * math.sqrt(100 / 99) / 10 / 4  # t(0.975, 99), sd of the leakers, root n, threats
    assert many["high"] - many["value"] == pytest.approx(half, rel=1e-6)
    assert many["not_publicly_known"] == pytest.approx([0.275, 0.725])


def test_a_class_that_never_leaked_has_an_interval_with_a_width():
    never = spreads.leakage(np.zeros(1000), 24, None)
    assert (never["value"], never["low"]) == (0.0, 0.0)
    assert never["high"] == pytest.approx(1 - 0.025 ** (1 / 1000))  # 0.37 %: Clopper-Pearson for 0 of 1,000, each leaking all 24
    always = spreads.leakage(np.full(1000, 24), 24, None)
    assert (always["value"], always["high"]) == (1.0, 1.0)
    assert always["low"] == pytest.approx(0.025 ** (1 / 1000))
    nothing = {"low": None, "high": None, "not_publicly_known": None, "may_be_chance": None}
    assert spreads.leakage([3], 24, None) == {"value": 0.125, **nothing}


def test_times_that_may_never_come():
    found = spreads.time_spread(np.array([10.0, np.nan, 30.0, 20.0]), np.array([[1.0, 1.0], [np.nan, np.nan]]))
    assert found["happens"]["value"] == 0.75
    assert found["mean_s"] is None
    assert found["median_s"] == 20.0
    assert found["night_to_night_s"] == [10.0, None]
    assert found["not_publicly_known_s"] == [1.0, None]
    for nominal, ends in ((0.5, [0.5, 3.0]), (9.0, [1.0, 9.0]), (np.nan, [1.0, None])):  # it reaches to the nominal median
        one = spreads.time_spread(np.array([nominal, nominal]), np.array([[1.0, 1.0], [3.0, 3.0]]))
        assert one["not_publicly_known_s"] == ends
    always = spreads.time_spread(np.array([10.0, 20.0]), None)
    assert always["mean_s"] == 15.0
    assert always["not_publicly_known_s"] is None


def test_every_cause_has_words_of_its_own():
    causes = set(Cause) - {Cause.NONE}
    assert set(CAUSE_WORDS) == causes == set(CAUSE_MEANING)
    assert len(set(CAUSE_WORDS.values())) == len(causes)


@pytest.mark.parametrize(("value", "text"), [(31.04, "31"), (6.38, "6.4"), (9.97, "10"), (0.031, "0.031"), (2.0, "2"), (1400.0, "1,400")])
def test_counts_for_people(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ((17.2, 48.1), ("17", "48")),
        ((10.93, 11.2), ("10.9", "11.2")),
        ((0.0196, 0.0204), ("0.0196", "0.0204")),
        ((0.0, 0.06), ("0", "0.06")),
        ((4.0, 4.0), ("4", "4")),
        ((1399.2, 1399.4), ("1,399", "1,399")),
    ],
)
def test_ends_of_a_range_are_told_apart(ends, texts):
    assert words.plain_ends(*ends) == texts


def test_a_mean_has_the_decimals_that_its_error_deserves():
    assert (words.rounded(30.98, 0.21), words.error_words(0.21)) == ("31.0", "± 0.2")
    assert (words.rounded(1410.4, 5.3), words.error_words(5.3)) == ("1,410", "± 5")
    assert (words.rounded(0.104, 0.0598), words.error_words(0.0598)) == ("0.10", "± 0.06")
    assert (words.rounded(5.83, 1.52), words.error_words(1.52)) == ("5.8", "± 1.5")
    assert (words.rounded(1380.4, 15.3), words.error_words(15.3)) == ("1,380", "± 15")
    assert (words.rounded(2.0, 0.1), words.error_words(0.1)) == ("2.00", "± 0.10")
    assert (words.rounded(0.0312, 0.0034), words.error_words(0.0034)) == ("0.031", "± 0.003")


def test_means_without_an_error_do_not_claim_one():
    assert (words.rounded(4.0, 0.0), words.error_words(0.0)) == ("4", "every night")
    assert (words.rounded(4.0, None), words.error_words(None)) == ("4", "one run")


@pytest.mark.parametrize(
    ("mean", "known", "chance", "said"),
    [
        (31.0, [17.2, 48.1], False, "31 of 90 get through; 17 to 48 across values the public record allows."),
        (0.0, [0.0, 0.0], False, "0 of 90 get through; 0 across values the public record allows."),
        (5.0, [4.0, 4.0], False, "5 of 90 get through; 4 across values the public record allows."),
        (
            0.02,
            [0.0, 0.06],
            True,
            "0.02 of 90 get through; 0 to 0.06 across values the public record allows, which chance alone may explain.",
        ),
        (31.0, None, None, "31 of 90 get through; chance only, at nominal values."),
    ],
)
def test_the_headline_of_the_terminal(mean, known, chance, said):
    leakers = {"mean": mean, "not_publicly_known": known, "may_be_chance": chance}
    assert headline({"threats": 90, "outcomes": {"leakers": leakers}}) == said
