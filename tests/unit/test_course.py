"""Bands over nights by hand, and the page that shows the defence over time."""

import numpy as np
import pytest

import raids
from openiads.experiments.run import Options, run_experiment
from openiads.metrics.course import course_lines
from openiads.records.cast import Cast, Magazine, Unit
from openiads.reports import course as page
from openiads.reports import report_html

CAST = Cast((), (Unit("u", 2), Unit("v", 3)), ("w",), (Magazine(0, 0, 4, 2),), ())


def test_bands_are_numbers_that_occurred_and_the_total_is_summed_night_by_night():
    counts = np.zeros((4, 6, 1), np.int32)
    counts[:, 0, 0], counts[:, 1, 0], counts[:, 5, 0] = [0, 1, 2, 0], [3, 2, 0, 0], [7, 7, 7, 8]
    lines = {(line.quantity, line.name): line for line in course_lines(counts, CAST)}
    assert list(lines) == [
        ("busy channels", None),
        ("busy channels", "u"),
        ("busy channels", "v"),
        ("ready rounds", "w"),
        ("rounds in store", None),
        ("threats with a track", None),
        ("leakers so far", None),
    ]
    total = lines["busy channels", None]  # 3, 3, 2, 0 on the four nights
    assert total.mean.tolist() == [2.0]
    assert total.bands[:, 0].tolist() == [0, 0, 2, 3, 3]  # nearest rank: 1st, 1st, 2nd, 3rd, 4th of 0, 2, 3, 3
    assert lines["leakers so far", None].mean.tolist() == [7.25]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return run_experiment(raids.small(), tmp_path_factory.mktemp("run") / "r", Options(runs=12, draws=0, workers=1))


def test_the_table_agrees_with_the_other_tables(record):
    course, replicate = record.table("course").to_pandas(), record.table("replicate").to_pandas()
    last = course[course.time_s == course.time_s.max()].set_index("quantity")
    assert last.loc["leakers so far", "mean"] == pytest.approx(replicate.leakers.mean())
    assert last.loc["rounds in store", "q50"] == 0
    assert last.loc["ready rounds", "mean"] == pytest.approx(4 - replicate.shots.mean())
    assert course[(course.quantity == "ready rounds") & (course.time_s == 0)][["name", "q05", "q95"]].to_numpy().tolist() == [
        ["48N6E3", 4, 4]
    ]
    busy = course[course.quantity == "busy channels"]
    assert busy[busy.name.isna()].q95.tolist() == busy[busy.name.notna()].q95.tolist()  # there is one fire unit
    bands = course[["q05", "q25", "q50", "q75", "q95"]].to_numpy()
    assert (np.diff(bands, axis=1) >= 0).all()


TIMES_S = np.array([0.0, 60.0, 120.0, 180.0])


@pytest.mark.parametrize(
    ("median", "said"),
    [
        ([8, 8, 8, 8], "w: all of its 8 ready rounds are left at every time."),
        ([8, 5, 3, 4], "w: never down to a quarter of its 8 ready rounds; least 3, at minute 2."),
        ([8, 2, 1, 4], "w: down to a quarter of its 8 ready rounds at minute 1; least 1."),
        ([8, 2, 1, 0], "w: down to a quarter of its 8 ready rounds at minute 1, used up at minute 3."),
        ([8, 3, 0, 0], "w: its 8 ready rounds are used up at minute 2."),
    ],
)
def test_when_a_weapon_runs_low_in_words(median, said):
    assert page._runs_low("w", 8, {"q50": np.array(median), "time_s": TIMES_S}) == said


@pytest.mark.parametrize(
    ("median", "said"),
    [
        ([0, 0, 0, 0], "At no time is a channel busy on half of the nights."),
        ([0, 2, 5, 1], "The median of busy channels is highest at minute 2, with 5 of 6."),
        ([0, 2, 6, 1], "On half of the nights or more, all 6 channels are busy at minute 2."),
        ([0, 6, 5, 6], "On half of the nights or more, all 6 channels are busy at times from minute 1 to 3."),
    ],
)
def test_how_near_the_channels_come_to_their_number_in_words(record, monkeypatch, median, said):
    line = {"q50": np.array(median), "time_s": TIMES_S}
    monkeypatch.setattr(page, "course_lines", lambda _: {("busy channels", None): line})
    assert record.summary["units"][0]["channels"] == 6
    assert page.channel_words(record) == said


def test_the_page_shows_both_with_the_words(record):
    html = report_html(record)
    assert page.channel_words(record) in html
    for sentence in page.magazine_words(record):
        assert f"<li>{sentence}</li>" in html
    assert html.index('id="figure-busy"') < html.index('id="figure-magazines"') < html.index("Channels: targets that a fire unit")


def test_a_defence_without_ready_rounds_has_no_magazines_to_draw(tmp_path):
    unloaded = raids.small().replace("ready: {48N6E3: 4}", "ready: {}")
    html = report_html(run_experiment(unloaded, tmp_path / "r", Options(runs=3, draws=0, workers=1)))
    assert "figure-busy" in html
    assert "figure-magazines" not in html
