import math

import numpy as np
import pytest

from openiads.codes import Cause
from openiads.metrics import spreads, words
from openiads.metrics.summary import headline
from openiads.metrics.words import CAUSE_MEANING, CAUSE_WORDS, plain


def test_three_spreads_by_hand():
    found = spreads.spread([1, 2, 3, 4, 5], [[0, 2], [4, 6]])
    assert found["mean"] == 3.0
    # t(0.975, 4) = 2.7764451 (tables), sd = sqrt(2.5)
    assert found["simulation_error"] == pytest.approx(2.7764451 * math.sqrt(2.5) / math.sqrt(5), rel=1e-7)
    assert found["night_to_night"] == pytest.approx([1.2, 4.8])
    # means 1 and 5: variance 8; within each draw variance 2, so noise 1 of 8
    low, high = 3 - 2 * math.sqrt(7 / 8), 3 + 2 * math.sqrt(7 / 8)
    assert found["not_publicly_known"] == pytest.approx([low + 0.05 * (high - low), low + 0.95 * (high - low)])


def test_noise_of_few_replicates_does_not_widen_what_is_not_known():
    rng = np.random.default_rng(1)
    truth = rng.normal(10.0, 2.0, 4000)
    draws = truth[:, None] + rng.normal(0.0, 6.0, (4000, 9))  # noise of a mean: 6 / 3 = 2, so half of the variance
    assert draws.mean(axis=1).std() == pytest.approx(math.sqrt(8.0), rel=0.05)
    assert spreads.shrunk_means(draws).std() == pytest.approx(2.0, rel=0.05)
    assert spreads.inner_noise_share(draws) == pytest.approx(0.5, abs=0.05)


def test_without_draws_nothing_is_said_about_what_is_not_known():
    assert spreads.spread([1, 2], None)["not_publicly_known"] is None
    assert spreads.not_publicly_known([[1, 2]]) is None


def test_draws_without_difference_and_single_replicates():
    assert spreads.not_publicly_known(np.full((3, 4), 7)) == [7.0, 7.0]
    assert spreads.not_publicly_known([[1], [3]]) == pytest.approx([1.1, 2.9])
    assert spreads.spread([4], None)["simulation_error"] is None


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
    assert spreads.leakage([3], 24, None) == {"value": 0.125, "low": None, "high": None, "not_publicly_known": None}


def test_times_that_may_never_come():
    found = spreads.time_spread(np.array([10.0, np.nan, 30.0, 20.0]), np.array([[1.0, 1.0], [np.nan, np.nan]]))
    assert found["happens"]["value"] == 0.75
    assert found["mean_s"] is None
    assert found["median_s"] == 20.0
    assert found["night_to_night_s"] == [10.0, None]
    assert found["not_publicly_known_s"] == [1.0, None]
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
    ("mean", "known", "said"),
    [
        (31.0, [17.2, 48.1], "31 of 90 get through; 17 to 48 across values the public record allows."),
        (0.0, [0.0, 0.0], "0 of 90 get through; 0 across values the public record allows."),
        (5.0, [4.0, 4.0], "5 of 90 get through; 4 across values the public record allows."),
        (31.0, None, "31 of 90 get through; chance only, at nominal values."),
    ],
)
def test_the_headline_of_the_terminal(mean, known, said):
    assert headline({"threats": 90, "outcomes": {"leakers": {"mean": mean, "not_publicly_known": known}}}) == said
