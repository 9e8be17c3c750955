"""Where the time of leakers went, against sums done by hand; and the page that shows it."""

import csv
import io
import json
import math
import re
import shutil
from html import unescape
from urllib.parse import unquote

import numpy as np
import pytest

import raids
from openiads.codes import Cause
from openiads.experiments.run import Options, run_experiment
from openiads.metrics import time_budget
from openiads.metrics.budget import SEGMENTS, STEPS, segments_s
from openiads.records import load_record
from openiads.records.cast import Cast, Group
from openiads.reports import report_html
from openiads.reports.budget import COLOURS

NEVER = math.nan
CAST = Cast((Group("a", "x", "red", 2, True, (0, 0)), Group("b", "y", "red", 1, True, (0,))), (), (), (), ())
ROW = np.dtype([("replication", "i8"), ("object", "i4"), ("cause", "i4"), *((step, "f8") for step in STEPS)])


def way(*times):
    """Times of a leaker; what is left out never came, the last one is its end."""
    return (*times[:-1], *[NEVER] * (len(STEPS) - len(times)), times[-1])


def rows(*leakers):
    return np.array([(replication, i, cause, *way(*times)) for replication, i, cause, times in leakers], ROW)


def test_segments_lie_between_the_steps_and_the_last_one_lasts_to_the_end():
    found = segments_s(rows((0, 0, 1, (100, 130, 145, 150, 150, 162, 170, 200, 260, 290)), (0, 1, 1, (10, 40, 60)), (0, 2, 1, (10, 60))))
    assert found.tolist() == [[30, 15, 5, 0, 12, 8, 30, 60, 30], [30, 20, 0, 0, 0, 0, 0, 0, 0], [50, 0, 0, 0, 0, 0, 0, 0, 0]]
    assert len(SEGMENTS) == len(COLOURS) == len(STEPS) - 1


def test_means_are_ratios_over_replicates():
    leakers = rows(
        (0, 0, Cause.NOT_FIRM, (0, 10, 100)),
        (0, 1, Cause.NOT_FIRM, (0, 20, 100)),
        (2, 0, Cause.NOT_VISIBLE, (0, 100)),
        (2, 2, Cause.NOT_FIRM, (0, 30, 50)),
    )
    found = time_budget(leakers, 3, CAST)
    everybody = found["all"]
    assert (everybody["leakers"], everybody["flight"]["mean_s"]) == (4, 350 / 4)
    unseen, sought = everybody["segments"][:2]
    assert (unseen["name"], unseen["mean_s"], sought["mean_s"]) == ("out of sight", 40.0, 47.5)
    # sums 30, 0, 130 and counts 2, 0, 2: residuals -50, 0, 50 about 40; t(0.975, 2) = 4.3026527; mean count 4/3
    half_s = 4.3026527 * math.sqrt((50**2 + 50**2) / 2) / math.sqrt(3) / (4 / 3)
    assert unseen["simulation_error_s"] == pytest.approx(half_s, abs=1e-4)
    assert sum(s["mean_s"] for s in everybody["segments"]) == pytest.approx(everybody["flight"]["mean_s"])
    assert [(g["group"], g["leakers"]) for g in found["groups"]] == [("a", 3), ("b", 1)]
    assert [(c["cause"], c["leakers"]) for c in found["causes"]] == [("not_firm", 3), ("not_visible", 1)]
    assert found["groups"][1]["segments"][1] == {"name": "in sight, no firm track", "mean_s": 20.0, "simulation_error_s": None}


def test_flights_that_are_all_alike_have_no_error_from_rounding():
    alike = rows(*((r, 0, 1, (0.1 * r, 0.1 * r + 0.7)) for r in range(50)))
    assert time_budget(alike, 50, CAST)["all"]["flight"] == {"mean_s": pytest.approx(0.7), "simulation_error_s": 0.0}


def test_without_a_leaker_there_is_nothing_to_say():
    assert time_budget(np.zeros(0, ROW), 10, CAST) is None


def data(html, name):
    """The data of a figure or table, as a browser would save them."""
    uri = re.search(rf'href="data:text/csv;charset=utf-8,([^"]*)" download="{name}.csv"', html)[1]
    return list(csv.reader(io.StringIO(unquote(unescape(uri)))))


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return run_experiment(raids.small(), tmp_path_factory.mktemp("run") / "r", Options(runs=12, draws=0, workers=1))


def test_the_table_has_every_leaker_of_every_nominal_replicate(record):
    leakers, replicate = record.table("leaker").to_pandas(), record.table("replicate").to_pandas()
    assert leakers.groupby("replication").size().reindex(range(12), fill_value=0).tolist() == replicate.leakers.tolist()
    causes = record.table("cause").to_pandas().groupby("cause", observed=True).leakers.sum()
    assert leakers.cause.value_counts().loc[causes.index].tolist() == causes.tolist()
    assert leakers.first_launch_s.notna().tolist() == leakers.why_no_more.notna().tolist()
    kept = record.table("timeline").to_pandas()
    both = kept[kept.end == "leaked"].merge(leakers, on=["replication", "object"], suffixes=("", "_leaker"))
    assert len(both) == (kept.end == "leaked").sum() > 0
    for name in ("firm_s", "identified_s", "designated_s", "first_feasible_s", "first_launch_s", "end_s", "cause", "why_no_more", "unit"):
        assert both[name].astype(object).equals(both[f"{name}_leaker"].astype(object)), name
    assert (both.appeared_s == both.start_s).all()


def test_an_engagement_that_was_not_over_at_the_end_lasts_to_it(record):
    leakers, engagement = record.table("leaker").to_pandas(), record.table("engagement").to_pandas()
    both = engagement.merge(leakers, on=["replication", "object"], suffixes=("_shot", ""))
    running = both[both.end_s_shot.isna() | (both.end_s_shot > both.end_s)]
    assert running.last_end_s.isna().all()
    over = both.drop(running.index).groupby(["replication", "object"])[["end_s_shot", "last_end_s"]].max().dropna()
    assert (over.end_s_shot == over.last_end_s).all()


def test_the_summary_is_the_mean_of_the_table(record):
    leakers, found = record.table("leaker").to_pandas(), record.summary["time_budget"]["all"]
    assert found["leakers"] == len(leakers)
    assert found["flight"]["mean_s"] == pytest.approx((leakers.end_s - leakers.start_s).mean())
    assert found["segments"][0]["mean_s"] == pytest.approx((leakers.visible_s.fillna(leakers.end_s) - leakers.start_s).mean())
    assert list(record.description["names"]["segments"]) == [s["name"] for s in found["segments"]]


def test_the_page_lists_the_worst_night(record):
    html = report_html(record)
    nights = record.table("replicate").to_pandas().leakers
    section = html[html.index("The worst night, number") :]
    section = section[: section.index("</table>")]
    assert section.startswith(f"The worst night, number {nights.argmax()}:")
    bars = re.findall(r'<svg class="bar".*?</svg>', section)
    assert section.count("<tr>") - 1 == len(bars) == nights.max()
    for bar in bars:
        widths = [float(x) for x in re.findall(r' width="([\d.]+)"', bar)]
        assert sum(widths) == pytest.approx(100.0, abs=0.1)
        assert re.search(r'aria-label="(Out of|In) sight[\w ,-]* [\d,]+ s', bar)
    leakers = record.table("leaker").to_pandas()
    worst = leakers[leakers.replication == nights.argmax()]
    for cause in {*worst.cause, *worst.why_no_more.dropna()}:
        assert f"<td>{cause[0].upper()}{cause[1:]}</td>" in section


def test_the_data_under_the_chart_and_the_tables_are_those_of_the_record(record):
    html, summary = report_html(record), record.summary["time_budget"]
    groups = {row["group"]: row for row in (*summary["groups"], {"group": "all", **summary["all"]})}
    _, *bars = data(html, "budget")
    for name, row in groups.items():
        mine = {segment: float(mean) for group, _, segment, mean, _ in bars if group == name}
        assert mine.pop("flight") == pytest.approx(sum(mine.values())) == pytest.approx(row["flight"]["mean_s"])
    head, *segments = data(html, "budget-by-group")
    assert head == ["segment", *groups, *(f"cause: {row['name']}" for row in summary["causes"])]
    assert [row[0] for row in segments] == [*SEGMENTS, "flight"]
    leakers = record.table("leaker").to_pandas()
    for cause in summary["causes"]:
        mine = leakers[leakers.cause == cause["name"]]
        assert float(segments[-1][head.index(f"cause: {cause['name']}")]) == pytest.approx((mine.end_s - mine.start_s).mean())
    _, *ways = data(html, "worst-night-leakers")
    worst = leakers[leakers.replication == record.table("replicate").to_pandas().leakers.argmax()]
    assert sorted(float(row[-1]) for row in ways) == sorted(worst.end_s)


def test_long_nights_are_cut(record, monkeypatch):
    monkeypatch.setattr("openiads.reports.budget._MOST_LEAKERS", 1)
    nights = record.table("replicate").to_pandas().leakers
    assert f"the first 1 by time, {nights.max() - 1} more are in tables/leaker.parquet" in report_html(record)


def test_a_record_without_its_budget_is_damaged_and_one_without_leakers_is_not(record, tmp_path):
    folder = shutil.copytree(record.folder, tmp_path / "r")
    summary = json.loads((folder / "summary.json").read_text())
    summary |= {"time_budget": None, "causes": []}
    (folder / "summary.json").write_text(json.dumps(summary))
    html = report_html(load_record(folder))
    assert "Nothing leaked in any" in html
    assert "figure-budget" not in html
