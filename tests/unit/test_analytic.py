"""Closed forms against enumeration, exact fractions and arithmetic; the oracle files are run by tests/validation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from openiads.analytic import confirmation, distribution, filtering, intervals, magazine, queueing, salvo, saturation
from openiads.analytic.shoot_look_shoot import shoot_look_shoot
from openiads.errors import InputError


def exact_erlang_b(channels: int, load: Fraction) -> Fraction:
    terms = [load**k / math.factorial(k) for k in range(channels + 1)]
    return terms[-1] / sum(terms)


@pytest.mark.parametrize(("channels", "load"), [(1, Fraction(1, 2)), (7, Fraction(9, 4)), (36, Fraction(36)), (200, Fraction(150))])
def test_erlang_b_is_the_quotient_of_sums(channels: int, load: Fraction) -> None:
    exact = exact_erlang_b(channels, load)
    assert queueing.erlang_b(channels, float(load)) == pytest.approx(float(exact), rel=1e-12)
    assert queueing.mean_busy_channels(channels, float(load)) == pytest.approx(float(load * (1 - exact)), rel=1e-12)


def test_erlang_b_without_channels_blocks_everything_and_extreme_loads_do_not_overflow() -> None:
    assert queueing.erlang_b(0, 3.0) == 1.0
    assert queueing.erlang_b(5_000, 1.0) == 0.0
    assert queueing.erlang_b(1, 1e12) == pytest.approx(1.0)


def outcomes(threats: int, p_kill: list[float]) -> dict[int, float]:
    """Distribution of leakers over all 2^n ways in which independent threats fare."""
    found = dict.fromkeys(range(threats + 1), 0.0)
    for killed in itertools.product([True, False], repeat=threats):
        found[killed.count(False)] += math.prod(p if k else 1.0 - p for k, p in zip(killed, p_kill, strict=True))
    return found


@pytest.mark.parametrize(("threats", "rounds", "shots"), [(5, 7, 2), (4, 20, 3), (3, 0, 2), (6, 5, 1), (2, 3, 4)])
def test_fixed_salvo_gives_the_last_threat_what_is_left(threats: int, rounds: int, shots: int) -> None:
    fired, left = [], rounds
    for _ in range(threats):
        fired.append(min(shots, left))
        left -= fired[-1]
    expected = outcomes(threats, [1.0 - 0.3**n for n in fired])
    result = magazine.fixed_salvo(threats, rounds, shots, 0.7)
    assert result.leakers == pytest.approx(list(expected.values()), abs=1e-14)
    assert result.mean_rounds_left == left


def walk(threats: int, rounds: int, most: int, leaked: int = 0, shots: int = 0, p: float = 0.7) -> list[tuple[float, int, int]]:
    """Every story of single shots, as (probability, leakers, rounds left): shots already fired at the present threat are `shots`."""
    if threats == 0:
        return [(1.0, leaked, rounds)]
    if rounds == 0 or shots == most:
        return walk(threats - 1, rounds, most, leaked + 1)
    hit = [(p * q, n, r) for q, n, r in walk(threats - 1, rounds - 1, most, leaked)]
    miss = [((1 - p) * q, n, r) for q, n, r in walk(threats, rounds - 1, most, leaked, shots + 1)]
    return hit + miss


@pytest.mark.parametrize(("threats", "rounds", "most"), [(3, 4, 2), (4, 3, 3), (2, 9, 3), (3, 0, 2)])
def test_magazine_shoot_look_shoot_is_the_sum_over_all_stories(threats: int, rounds: int, most: int) -> None:
    stories = walk(threats, rounds, most)
    result = magazine.magazine_shoot_look_shoot(threats, rounds, most, 0.7)
    assert result.leakers == pytest.approx([sum(q for q, n, _ in stories if n == k) for k in range(threats + 1)], abs=1e-14)
    assert result.mean_rounds_left == pytest.approx(sum(q * r for q, _, r in stories))


def test_shoot_look_shoot_with_both_assessment_errors_by_hand() -> None:
    # sspk 1/2, salvos 1, 2, 1; after each of the first two: dead called alive 0.2, alive called dead 0.1.
    alive_1, dead_1 = 0.5, 0.5
    open_alive, open_dead = alive_1 * 0.9, dead_1 * 0.2
    alive_2, dead_2 = open_alive * 0.25, open_dead + open_alive * 0.75
    last_alive, last_dead = alive_2 * 0.9, dead_2 * 0.2
    leak = alive_1 * 0.1 + alive_2 * 0.1 + last_alive * 0.5
    fired = 1 + 2 * (open_alive + open_dead) + (last_alive + last_dead)
    result = shoot_look_shoot(0.5, [1, 2, 1], p_false_alive=0.2, p_false_kill=0.1)
    assert (result.p_leak, result.mean_interceptors) == pytest.approx((leak, fired), rel=1e-14)


def test_one_saturation_cycle_with_enough_channels_is_a_salvo() -> None:
    chain = saturation.saturation_cycles(threats=9, channels=20, cycles=1, shots=2, sspk=0.6)
    assert chain.leakers == pytest.approx(salvo.salvo_leakers(9, 2, 0.6))
    assert chain.mean_interceptors == 18


def test_saturation_of_two_threats_and_one_channel_by_hand() -> None:
    # Three cycles of one shot at 0.5: leakers 2 only if all miss; none only if at least two hit.
    chain = saturation.saturation_cycles(threats=2, channels=1, cycles=3, shots=1, sspk=0.5)
    assert chain.leakers == pytest.approx([4 / 8, 3 / 8, 1 / 8])
    assert chain.mean_interceptors == pytest.approx(1 + 1 + 0.75)


def test_layers_multiply_leakage_and_only_leakers_are_fired_at_again() -> None:
    layers = [salvo.Layer(0.5, 1), salvo.Layer(0.9, 2)]
    assert salvo.layered_leak_probability(layers) == pytest.approx(0.5 * 0.01)
    assert salvo.layered_interceptors(layers) == pytest.approx(1 + 0.5 * 2)


def test_barrage_is_the_least_that_meets_the_requirement() -> None:
    least = salvo.barrage(warheads=10, sspk=0.7, p_track=0.99, required_p_zero_leak=0.8)
    assert least.p_zero_leak == pytest.approx(0.99 * (1 - 0.3**least.shots_per_warhead) ** 10)
    assert least.p_zero_leak >= 0.8 > 0.99 * (1 - 0.3 ** (least.shots_per_warhead - 1)) ** 10
    assert least.total_interceptors == 10 * least.shots_per_warhead


def test_tiny_leakage_keeps_its_relative_precision() -> None:
    leakers = salvo.salvo_leakers(threats=100, shots=8, sspk=0.99)
    assert distribution.mean(leakers) == pytest.approx(100 * 0.01**8, rel=1e-10)


def test_moments_of_a_distribution() -> None:
    die = np.concatenate([[0.0], np.full(6, 1 / 6)])
    assert distribution.mean(die) == pytest.approx(3.5)
    assert distribution.sd(die) == pytest.approx(math.sqrt(35 / 12))


def test_mean_estimate_by_hand() -> None:
    # 1, 2, 3: mean 2, sd 1, t(0.975; 2) = 4.302653 (printed tables).
    assert intervals.mean_estimate([1.0, 2.0, 3.0]) == pytest.approx((2.0, 2 - 4.302653 / math.sqrt(3), 2 + 4.302653 / math.sqrt(3)))


def test_a_bounded_mean_is_students_interval_cut_to_its_bounds() -> None:
    low, high = 2 - 4.302653 / math.sqrt(3), 2 + 4.302653 / math.sqrt(3)
    assert intervals.bounded_mean_estimate([1.0, 2.0, 3.0], 10.0) == pytest.approx((2.0, 0.0, high))
    assert intervals.bounded_mean_estimate([8.0, 7.0, 9.0], 10.0) == pytest.approx((8.0, 6.0 + low, 10.0))


def test_replicates_that_are_all_alike_leave_room_for_one_that_is_not() -> None:
    # Clopper-Pearson for 0 of n in closed form: (1 - u)^n = 0.025, so u = 1 - 0.025^(1/n); 0.3085 for n = 10.
    same = 0.025 ** (1 / 10)
    assert 1 - same == pytest.approx(0.30849711, rel=1e-7)
    assert intervals.bounded_mean_estimate(np.zeros(10), 60.0) == pytest.approx((0.0, 0.0, 60 * (1 - same)))
    assert intervals.bounded_mean_estimate(np.full(10, 60.0), 60.0) == pytest.approx((60.0, 60 * same, 60.0))
    assert intervals.bounded_mean_estimate(np.full(10, 4.0), 60.0) == pytest.approx((4.0, 4 * same, 4 * same + 60 * (1 - same)))


def test_the_room_is_enough_for_the_worst_kind_of_replicate() -> None:
    # In a share q of replicates all 60 leak, else none. Ten alike hide it with (1 - q)^10: seldom enough wherever the interval misses 60 q.
    upper = intervals.bounded_mean_estimate(np.zeros(10), 60.0).upper
    missed = [q for q in np.linspace(0.0, 1.0, 1001) if 60 * q > upper]
    assert missed
    assert max((1 - q) ** 10 for q in missed) <= 0.025


def test_binomial_against_exact_integers() -> None:
    exact = [math.comb(60, k) * 3**k * 7 ** (60 - k) / 10**60 for k in range(61)]
    assert distribution.binomial(60, 0.3) == pytest.approx(exact, rel=1e-12)
    assert distribution.binomial(3, 0.0).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert distribution.binomial(3, 1.0).tolist() == [0.0, 0.0, 0.0, 1.0]


def test_ratio_with_equal_denominators_is_the_mean() -> None:
    leakers = np.array([3.0, 5.0, 4.0, 8.0])
    assert intervals.ratio_estimate(leakers, np.full(4, 10.0)) == pytest.approx(tuple(v / 10 for v in intervals.mean_estimate(leakers)))


def test_ratio_that_is_the_same_in_every_replicate_has_no_width() -> None:
    threats = np.array([10.0, 20.0, 35.0])
    assert intervals.ratio_estimate(0.3 * threats, threats) == pytest.approx((0.3, 0.3, 0.3))


def test_ratio_interval_covers_the_true_ratio_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(1_000):
        threats = rng.poisson(20, 60) + 1.0
        estimate = intervals.ratio_estimate(rng.binomial(threats.astype(int), 0.3).astype(float), threats)
        hits += estimate.lower <= 0.3 <= estimate.upper
    assert abs(hits - 950) <= 4 * math.sqrt(1_000 * 0.95 * 0.05)


@pytest.mark.parametrize("law", [intervals.wilson, intervals.clopper_pearson])
def test_proportion_intervals_mirror_and_reach_the_ends(law: Callable[[int, int], intervals.Interval]) -> None:
    low, high = law(3, 40), law(37, 40)
    assert (low.lower, low.upper) == pytest.approx((1 - high.upper, 1 - high.lower))
    assert law(0, 40).lower == 0.0
    assert law(40, 40).upper == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: queueing.erlang_b(-1, 2.0),
        lambda: queueing.erlang_b(2, 0.0),
        lambda: salvo.salvo_leakers(3, 1, 1.2),
        lambda: salvo.salvo_leakers(3, 1, math.nan),
        lambda: salvo.barrage(1, 0.7, 0.9, 0.9),
        lambda: salvo.barrage(1, 0.0, 1.0, 0.5),
        lambda: shoot_look_shoot(0.5, [0]),
        lambda: magazine.fixed_salvo(3, 10, 0, 0.5),
        lambda: saturation.saturation_cycles(3, -2, 1, 1, 0.5),
        lambda: intervals.wilson(5, 4),
        lambda: intervals.t_half_width(1, 1.0),
        lambda: intervals.bounded_mean_estimate([1.0], 2.0),
        lambda: intervals.bounded_mean_estimate([1.0, 3.0], 2.0),
        lambda: intervals.bounded_mean_estimate([1.0, -1.0], 2.0),
        lambda: intervals.ratio_estimate([1.0, 2.0], [1.0, 2.0, 3.0]),
        lambda: intervals.ratio_estimate([0.0, 0.0], [0.0, 0.0]),
        lambda: intervals.runs_needed(0.5, 0.0),
    ],
)
def test_impossible_arguments_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        call()


# --- tracking -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hits", "window", "pd"), [(1, 1, 0.3), (2, 3, 0.6), (3, 4, 0.8), (2, 5, 0.2), (4, 4, 0.9)])
def test_confirmation_is_the_sum_over_all_histories(hits: int, window: int, pd: float) -> None:
    scans = 9
    confirmed = np.zeros(scans + 1)
    for looks in itertools.product((0, 1), repeat=scans):
        p = math.prod(pd if hit else 1.0 - pd for hit in looks)
        first = next((k for k in range(1, scans + 1) if sum(looks[max(0, k - window) : k]) >= hits), None)
        if first is not None:
            confirmed[first:] += p
    assert confirmation.confirmed_by(hits, window, pd, scans) == pytest.approx(confirmed, abs=1e-12)
    far = confirmation.confirmed_by(hits, window, pd, 5000)
    assert confirmation.mean_scans_to_confirm(hits, window, pd) == pytest.approx(float((1.0 - far).sum()), rel=1e-9)


def test_confirmation_and_deletion_at_their_ends() -> None:
    assert confirmation.mean_scans_to_confirm(3, 3, 1.0) == 3.0
    assert confirmation.mean_scans_to_confirm(2, 3, 0.0) == math.inf
    assert confirmation.false_confirmation(2, 4, 0.1) == pytest.approx(1.0 - 0.9**3)
    assert (confirmation.mean_scans_to_deletion(3, 0.0), confirmation.mean_scans_to_deletion(3, 1.0)) == (3.0, math.inf)
    assert confirmation.mean_scans_to_deletion(1, 0.75) == pytest.approx(4.0)
    for wrong in ((0, 3, 0.5), (4, 3, 0.5), (2, 3, 1.5), (2, 40, 0.5)):
        with pytest.raises(InputError):
            confirmation.confirmed_by(*wrong, 5)


@pytest.mark.parametrize(("period_s", "acceleration", "sd_m"), [(0.5, 30.0, 10.0), (4.0, 1.0, 100.0), (10.0, 60.0, 50.0)])
def test_the_steady_state_solves_the_riccati_equation(period_s: float, acceleration: float, sd_m: float) -> None:
    from scipy.linalg import solve_discrete_are

    f, g = np.array([[1.0, period_s], [0.0, 1.0]]), np.array([[0.5 * period_s**2], [period_s]])
    before = solve_discrete_are(f.T, np.array([[1.0], [0.0]]), g @ g.T * acceleration**2, np.array([[sd_m**2]]))
    gain = before[:, 0] / (before[0, 0] + sd_m**2)
    found = filtering.alpha_beta(period_s, acceleration, sd_m)
    assert found.before == pytest.approx(before, rel=1e-6)
    assert (found.alpha, found.beta / period_s) == pytest.approx(tuple(gain), rel=1e-6)
    assert found.after == pytest.approx(before - np.outer(gain, before[0]), rel=1e-6)
    assert found.innovation_m2 == pytest.approx(before[0, 0] + sd_m**2, rel=1e-6)


def test_gates_and_bounds_hold_what_they_say() -> None:
    drawn = (np.random.default_rng(2).normal(size=(200_000, 3)) ** 2).sum(axis=1)
    assert (drawn <= filtering.gate_threshold(3, 0.9)).mean() == pytest.approx(0.9, abs=4.0 * math.sqrt(0.09 / 200_000))
    low, high = filtering.nees_bounds(4, 50)
    means = np.random.default_rng(3).chisquare(4 * 50, 100_000) / 50
    assert ((low < means) & (means < high)).mean() == pytest.approx(0.95, abs=4.0 * math.sqrt(0.0475 / 100_000))
    with pytest.raises(InputError):
        filtering.gate_threshold(2, 1.0)
