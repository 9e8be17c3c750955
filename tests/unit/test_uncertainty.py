"""Draws of the catalogue follow their laws, their ties and their keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from openiads.catalogue import Override, Parameter, load_catalogue
from openiads.errors import InputError
from openiads.experiments.uncertainty import draw_values, quantile_si

N = 4000


def row(path: str = "s.c.p", **fields: Any) -> Parameter:
    base = {"unit": "1", "kind": "quantity", "dist": "pert", "use": "input", "status": "assumed", "confidence": "our judgement"}
    return Parameter(**{"path": path, **base, **fields})


def column(draws: list[dict[str, float]], path: str) -> np.ndarray:
    return np.array([d[path] for d in draws])


def test_pert_is_the_scaled_beta_law():
    p = row(unit="km", nominal=10, low=8, high=20)
    u = np.linspace(0.001, 0.999, 41)
    a, b = 1 + 4 * (10 - 8) / 12, 1 + 4 * (20 - 10) / 12
    assert quantile_si(p, u) == pytest.approx(1000 * stats.beta(a, b, loc=8, scale=12).ppf(u), rel=1e-10)
    drawn = column(draw_values([p], N, 1), "s.c.p")
    mean = 1000 * (8 + 4 * 10 + 20) / 6  # the PERT mean
    assert abs(drawn.mean() - mean) < 4 * drawn.std() / np.sqrt(N)
    assert drawn.min() >= 8000
    assert drawn.max() <= 20000


def test_log_pert_is_pert_of_the_logarithm():
    p = row(dist="log_pert", nominal=0.05, low=0.02, high=0.2)
    u = np.linspace(0.001, 0.999, 41)
    low, mode, high = np.log([0.02, 0.05, 0.2])
    law = stats.beta(1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low), loc=low, scale=high - low)
    assert quantile_si(p, u) == pytest.approx(np.exp(law.ppf(u)), rel=1e-10)


def test_the_nominal_option_is_twice_as_likely():
    drawn = column(draw_values([row(dist="discrete", nominal=8, low=4, high=12, options=(4, 6, 8, 12))], N, 2), "s.c.p")
    observed = [int((drawn == o).sum()) for o in (4, 6, 8, 12)]
    assert stats.chisquare(observed, np.array([1, 1, 2, 1]) / 5 * N).pvalue > 1e-3


def test_what_is_fixed_or_a_choice_stays_at_its_nominal_value():
    rows = [
        row("s.c.fixed", dist="fixed", nominal=3, low=3, high=3),
        row("s.c.choice", dist="choice", nominal=0.5, low=0.5, high=0.9, options=(0.5, 0.9)),
        row("s.c.word", dist="choice", kind="category", nominal="X"),
        row("s.c.mine", unit="s", nominal=10, low=8, high=20).with_override(Override(value="30 s", why="test")),
    ]
    assert draw_values(rows, 2, 3) == [{"s.c.fixed": 3.0, "s.c.choice": 0.5, "s.c.mine": 30.0}] * 2


def test_a_version_is_drawn_as_one_tuple():
    s400 = load_catalogue().system("s400")
    tied = [p for p in s400.parameters.values() if p.version]
    draws = draw_values(tied, N, 7)
    seen = {tuple(d[p.path] for p in tied) for d in draws}
    assert seen == {tuple(p.version_value(v) for p in tied) for v in ("early", "late")}
    early = np.mean([d["s400.unit.targets_engaged_per_command_post"] == 36 for d in draws])
    assert abs(early - 2 / 3) < 4 * np.sqrt(2 / 9 / N)


def spearman_of(correlation: float) -> float:
    rows = [
        row(f"s.c.{name}", nominal=m, low=0.2, high=0.9, draw_group="k", correlation=correlation) for name, m in (("a", 0.5), ("b", 0.7))
    ]
    draws = draw_values(rows, N, 11)
    return float(stats.spearmanr(column(draws, "s.c.a"), column(draws, "s.c.b")).statistic)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.7, 1.0])
def test_a_family_has_the_stated_rank_correlation(correlation: float):
    assert spearman_of(correlation) == pytest.approx(correlation, abs=max(4 * (1 - correlation**2) / np.sqrt(N), 1e-9))


def test_a_correlated_row_keeps_its_own_law():
    p = row(nominal=0.5, low=0.2, high=0.9, draw_group="k", correlation=0.7)
    drawn = column(draw_values([p], N, 5), "s.c.p")
    law = stats.beta(1 + 4 * 0.3 / 0.7, 1 + 4 * 0.4 / 0.7, loc=0.2, scale=0.7)
    assert stats.kstest(drawn, law.cdf).pvalue > 1e-3


def test_draws_depend_on_nothing_but_seed_number_and_path():
    s400 = list(load_catalogue().system("s400").parameters.values())
    all_rows = draw_values(s400, 6, 7)
    alone = draw_values([p for p in s400 if p.name == "reaction_time"], 3, 7)
    assert [d["s400.unit.reaction_time"] for d in alone] == [d["s400.unit.reaction_time"] for d in all_rows[:3]]
    assert draw_values(s400[::-1], 6, 7) == all_rows
    assert draw_values(s400, 6, 8) != all_rows


def test_different_rows_are_independent():
    rows = [row("s.c.a", nominal=5, low=0, high=10), row("s.c.b", nominal=5, low=0, high=10)]
    draws = draw_values(rows, N, 13)
    assert abs(stats.spearmanr(column(draws, "s.c.a"), column(draws, "s.c.b")).statistic) < 4 / np.sqrt(N)


def test_every_draw_of_the_catalogue_lies_in_its_interval():
    catalogue = load_catalogue()
    rows = [
        p for name in ("s400", "threat_owa_drone", "network_integration") for p in catalogue.system(name).parameters.values() if p.is_number
    ]
    for draw in draw_values(rows, 40, 17):
        assert all(p.si_low() <= draw[p.path] <= p.si_high() for p in rows)


@pytest.mark.parametrize(("n", "seed"), [(1, -1), (1, 2**32), (-1, 0)])
def test_impossible_requests_are_refused(n: int, seed: int):
    with pytest.raises(InputError):
        draw_values([], n, seed)
