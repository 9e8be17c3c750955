"""Rings of the map and the closed-form check, on small numbers that can be done by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from openiads.records import TABLES
from openiads.records.tables import Names, make_table
from openiads.reports import coverage
from openiads.reports.closed_form import kill_laws, raid_check
from openiads.reports.coverage_maps import _outline, square_km
from openiads.reports.geography import Path, Scene, _names
from openiads.reports.svg import ACCENT, draw


def _radar(**changes):
    base = {"east_m": 0.0, "north_m": 0.0, "alt_m": 24.0, "range_max_m": 300e3, "facing_rad": 0.0, "azimuth_half_width_rad": math.pi}
    return base | changes


def test_horizon_of_the_textbook():
    # 4.12 km (sqrt h1 + sqrt h2), the handbook form: 24 m and 50 m give 49.3 km
    assert coverage.reach_m(_radar(), 50.0) == pytest.approx(4121.9 * (math.sqrt(24.0) + math.sqrt(50.0)), rel=1e-4)
    assert coverage.reach_m(_radar(), 50.0) == pytest.approx(49.3e3, abs=100.0)
    assert coverage.reach_m(_radar(), 10_000.0) == 300e3


def test_a_union_of_rings_and_a_sector():
    east = _radar(facing_rad=math.radians(90.0), azimuth_half_width_rad=math.radians(45.0))
    depth = coverage.inside_m([east], 10_000.0, np.array([100e3, 100e3, 0.0, -100e3, 299e3]), np.array([0.0, 99e3, 100e3, 0.0, 0.0]))
    assert depth[0] == pytest.approx(100e3 * math.sin(math.radians(45.0)))  # distance to the edge of the sector
    assert depth[1] > 0.0 > depth[2]
    assert depth[3] < 0.0
    assert depth[4] == pytest.approx(1e3)
    both = coverage.inside_m([east, _radar(east_m=-500e3)], 10_000.0, np.array([-500e3]), np.array([0.0]))
    assert both == pytest.approx([300e3])


def _signed_area(path):
    """Counterclockwise counts as positive."""
    polygons = [p[:-1] for p in path.to_polygons(closed_only=True)]
    return sum(0.5 * float((p[:, 0] * np.roll(p[:, 1], -1) - np.roll(p[:, 0], -1) * p[:, 1]).sum()) for p in polygons)


def test_the_outline_of_an_area_is_a_ring_or_a_sector():
    bearing_rad = np.radians(np.arange(2.5, 360.0, 5.0))
    far, none = np.full(72, 100.0), np.full(72, np.nan)
    circle = 36.0 * math.sin(math.radians(5.0)) * 100.0**2  # of 72 corners
    # the inner ring runs the other way round, so that its inside is a hole by the rule of non-zero winding
    assert _signed_area(_outline(bearing_rad, far, 0.5 * far)) == pytest.approx(-0.75 * circle)
    assert _signed_area(_outline(bearing_rad, far, 0.0 * far)) == pytest.approx(-circle)
    north = np.where((bearing_rad < math.radians(45.0)) | (bearing_rad > math.radians(315.0)), 100.0, np.nan)
    sector = _outline(bearing_rad, north, 0.2 * north)
    polar = [(math.radians(b), r) for b, r in ((0.0, 50.0), (44.0, 99.0), (-44.0, 21.0), (46.0, 50.0), (180.0, 50.0), (0.0, 19.0))]
    found = sector.contains_points([(r * math.sin(b), r * math.cos(b)) for b, r in polar])
    assert found.tolist() == [True, True, True, False, False, False]
    assert _outline(bearing_rad, none, none) is None


def test_areas_have_three_digits():
    assert [square_km(x * 1e6) for x in (7.654, 99.4, 123.4, 76_543.0)] == ["7.65 km²", "99.4 km²", "123 km²", "76,500 km²"]


@pytest.mark.parametrize("bearing_deg", [75, 105, 255, 285])
def test_names_on_the_map_keep_off_the_tracks(bearing_deg):
    # 475 km wide on 6.6 inches: one point of print is one kilometre
    box = (-237.6e3, 237.6e3, -150e3, 150e3)
    slope = np.array([math.sin(math.radians(bearing_deg)), math.cos(math.radians(bearing_deg))])
    track = Path("x", np.array([0.0, 150e3]) * slope[0], np.array([0.0, 150e3]) * slope[1], "leaked")
    axes = Figure().subplots()
    assets = [{"east_m": 0.0, "north_m": 0.0}]
    _names(
        axes, Scene({"assets": assets, "units": []}, ("x",), (track,), 0, {}), [("capital", 0.0, 0.0, 0.0), ("s400", 0.0, 0.0, 0.0)], box
    )
    assert len({text.xyann for text in axes.texts}) == 2  # and off each other
    for text, letters in zip(axes.texts, (7, 4), strict=True):
        (right, up), wide = text.xyann, 4.0 * letters
        east = np.linspace(right, right + math.copysign(wide, right), 50)
        height = east * slope[1] / slope[0]  # of the track over the text, where it flies on that side
        assert (((height < up) | (height > up + 7.2)) | (east * slope[0] < 0.0)).all()


def test_names_on_the_map_stay_in_its_frame():
    axes = Figure().subplots()
    _names(axes, Scene({"assets": [], "units": []}, (), (), 0, {}), [("x" * 10, 60e3, 60e3, -98e3)], (-100e3, 100e3, -100e3, 100e3))
    right, up = axes.texts[0].xyann  # 2.4 points a kilometre: 95 to the right edge, 4.8 to the lower one; the text is over 40 wide
    assert right > 0.0
    assert up > -4.8
    _names(axes, Scene({"assets": [], "units": []}, (), (), 0, {}), [("x" * 10, 90e3, 90e3, 0.0)], (-100e3, 100e3, -100e3, 100e3))
    assert axes.texts[1].xyann[0] < 0.0


def _record(results, *, threats=1, rounds=1, channels=6, peak=1, p_kill=0.5, leakers=None, raid_effect_sd=0.0):
    """A record of replicates with one list of results per threat: `results[replicate][threat]`."""
    rows = [(r, t, result) for r, raid in enumerate(results) for t, shots in enumerate(raid) for result in shots]
    names = ["killed", "missed", "track lost"]
    replication, number = (np.array([row[k] for row in rows]) for k in (0, 1))
    index = np.array([names.index(row[2]) for row in rows])
    zeros, ones = np.zeros(len(rows)), np.ones(len(rows), np.int32)
    unit_and_weapon = {"unit": Names(0 * index, ["u"]), "weapon": Names(0 * index, ["w"])}
    common = {"replication": replication, "object": number, "launch_s": zeros, **unit_and_weapon}
    engagement = {"engagement": ones, "salvo": ones, "rounds": rounds * ones, "channel": ones, "last_intercept_s": zeros, "end_s": zeros}
    engagement |= {"result": Names(index, names), "called_killed": index == 0, "range_m": zeros}
    shot = {"shot": ones, "engagement": ones, "end_s": zeros, "range_m": zeros, "p_kill": p_kill + zeros, "result": Names(index, names)}
    n = len(results)
    if leakers is None:
        leakers = [sum("killed" not in shots for shots in raid) for raid in results]
    replicate = {column.name: np.zeros(n, np.int32) for column in TABLES["replicate"].columns}
    replicate |= {"draw": np.full(n, -1), "leakers": np.array(leakers)}
    unit = {"draw": np.full(n, -1), "replication": np.arange(n), "unit": Names(np.zeros(n, int), ["u"]), "channel_s": np.zeros(n)}
    unit |= {"engagements": np.ones(n, np.int32), "shots": np.ones(n, np.int32), "peak_channels": np.full(n, peak, np.int32)}
    same = Names(np.zeros(threats, int), ["x"])
    objects = {"object": np.arange(threats), "name": np.array(["t"] * threats), "group": same, "class": same, "side": same, "aim": same}
    tables = {
        "engagement": make_table("engagement", common | engagement),
        "shot": make_table("shot", common | shot),
        "replicate": make_table("replicate", replicate),
        "unit": make_table("unit", unit),
        "object": make_table("object", objects | {"lethal": np.ones(threats, bool)}),
    }
    summary = {
        "threats": threats,
        "classes": [{"class": "x"}],
        "groups": [{"lethal": True, "shots": {"mean": 1.0}}],
        "weapons": [{"weapon": "w", "ready": 9, "shots": {"mean": 1.0}}],
        "units": [{"unit": "u", "channels": channels}],
        "causes": [{"cause": "missed"}],
        "times": {"ready_gone": {"happens": {"value": 0.0}}},
    }
    return SimpleNamespace(summary=summary, description={"raid_effect_sd": raid_effect_sd}, table=tables.__getitem__)


K, M = "killed", "missed"


def test_the_kill_law_counts_single_rounds_at_living_targets():
    (law,) = kill_laws(_record([[[M, K]], [[K]], [[M, M]], [["track lost"]]]))
    assert (law.rounds, law.simulated, law.expected) == (5, 0.4, 0.5)
    # residuals of kills - 0.4 rounds: 0.2, 0.6, -0.8; t(0.975, 2) = 4.3026527; mean of rounds 5/3
    half = 4.3026527 * math.sqrt((0.04 + 0.36 + 0.64) / 2 / 3) / (5 / 3)
    assert law.high == pytest.approx(min(1.0, 0.4 + half))
    assert law.low == max(0.0, 0.4 - half)
    assert law.agrees


@pytest.mark.parametrize("results", [[[[M, K]]], [[[K]], [[K]]], [[[K], [M]], [[M, K], [K, M]]]])
def test_replicates_that_are_alike_give_no_interval(results):
    (law,) = kill_laws(_record(results, threats=2))
    assert (law.low, law.high) == (None, None)


def test_a_wrong_kill_law_is_seen():
    (law,) = kill_laws(_record([[[K]]] * 60 + [[[M]]] * 40, p_kill=0.3))
    assert not law.agrees  # 0.6 against 0.3 with a standard error of 0.046
    assert kill_laws(_record([[[K, M]]], rounds=2)) == []


def test_kill_probabilities_that_shift_from_night_to_night_have_no_formula():
    record = _record([[[K], [M, M, M]], [[M, K], [M, M, M]]], threats=2, raid_effect_sd=0.5)
    assert kill_laws(record) == []
    assert raid_check(record).against == ("kill probabilities shift from night to night",)


def test_shoot_look_shoot_for_the_whole_raid():
    check = raid_check(_record([[[K], [M, M, M]], [[M, K], [M, M, M]]], threats=2))
    assert check.applies
    assert (check.rounds, check.p_kill, check.expected) == (3, 0.5, 2 * 0.125)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"classes": [{"class": "f16"}, {"class": "f35a"}]}, "not one class of lethal threat but 2"),
        ({"weapons": [{"weapon": w, "ready": 9, "shots": {"mean": 1.0}} for w in "ab"]}, "several weapons fire in turn (a and b)"),
        ({"causes": [{"cause": "no_missile"}]}, "share a magazine that limits them (9 ready rounds)"),
        ({"causes": [{"cause": "no_channel"}]}, "wait for the 6 channels"),
        ({"groups": [{"lethal": False, "shots": {"mean": 2.0}}]}, "harmless objects"),
    ],
)
def test_conditions_that_a_raid_breaks_are_named(changes, reason):
    record = _record([[[K]], [[M, M]]])
    record.summary |= changes
    assert reason in " ".join(raid_check(record).against)


@pytest.mark.parametrize(("change", "error", "waited"), [(0.0, 0.0, False), (0.0, 0.1, True), (-1.0, 0.0, True)])
def test_full_channels_decide_nothing_where_more_of_them_change_no_night(change, error, waited):
    record = _record([[[K], [M, M, M]], [[M, K], [M, M, M]]], threats=2, peak=6)
    lifted = {"limit": "channels", "absent": None, "change": {"mean": change, "simulation_error": error}}
    record.summary["lifted"] = [lifted]
    assert raid_check(record).applies != waited
    assert ("threats wait for the 6 channels" in raid_check(record).against) == waited


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (_record([[[M]], [[M, M]]]), "between 1 and 2 rounds fit"),
        (_record([[[K]], [[K]]]), "no threat survives"),
        (_record([[[K]], [[M]]], peak=6), "all 6 channels are busy at times"),
        (_record([[[K]], [[M]]], rounds=2), "salvos of several rounds"),
        (_record([[[K]], [["track lost"]]]), "otherwise than in a hit or a miss (track lost)"),
        (_record([[[K]], [[M]]], leakers=[1, 1]), "leak without a shot"),
    ],
)
def test_conditions_that_the_tables_break_are_named(record, reason):
    check = raid_check(record)
    assert not check.applies
    assert reason in " ".join(check.against)


def test_figures_are_drawn_alike_whatever_the_users_settings():
    import matplotlib as mpl

    def paint(canvas):
        canvas.subplots().bar([0, 1], [1, 2], color=ACCENT)

    first = draw("name", "Title", "Words", (3.0, 2.0), paint)
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red"}):
        assert draw("name", "Title", "Words", (3.0, 2.0), paint) == first
    assert "var(--accent)" in first
    assert "#010105" not in first
