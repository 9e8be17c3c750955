"""Friendly and neutral aircraft in a record: table, summary, report, terminal; and nothing of it without them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from openiads.cli.transcript import transcript
from openiads.experiments.options import Options
from openiads.experiments.run import run_experiment
from openiads.records import Record
from openiads.reports.page import report_html
from openiads.scenario import load_scenario, scenario_text
from openiads.simulation import bind, lower
from openiads.simulation.lower.catalogue_values import Values
from openiads.simulation.lower.scenario import lower_with
from raids import small

TRAFFIC = """friendly:
  - {id: patrol, class: f16, count: 2, from: {bearing: 60 deg, range: 200 km}, to: {bearing: 250 deg, range: 150 km}, height: 8 km AMSL}
neutral:
  - {id: liner, class: neutral_airliner, from: {bearing: 10 deg, range: 250 km}, to: {bearing: 200 deg, range: 250 km}, height: 10 km AMSL}
"""


def text(*, traffic: bool) -> str:
    return small().replace("run:", f"{TRAFFIC}run:") if traffic else small()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Record]:
    folder = tmp_path_factory.mktemp("exposure")
    options = Options(runs=30, draws=2, replicates=3, lift="none", workers=1, keep=1)
    return {traffic: run_experiment(text(traffic=traffic), folder / str(traffic), options) for traffic in (True, False)}


def test_the_raid_is_the_same_with_and_without_traffic(records: dict[bool, Record]) -> None:
    """Its luck is its own, and places and channels are enough for all."""
    with_traffic, without = (records[traffic].summary for traffic in (True, False))
    for name in ("threats", "outcomes", "causes", "leakage", "assets", "classes"):
        assert with_traffic[name] == without[name], name
    groups = with_traffic["groups"]
    assert [g["group"] for g in groups] == ["drones", "cruise", "bait", "patrol", "liner"]
    for g in groups[3:]:
        assert (g["expired"]["mean"], g["killed"]["mean"], g["shots"]["mean"], g["lethal"]) == (g["threats"], 0.0, 0.0, False)
    objects = records[True].table("object").to_pylist()
    assert [(row["name"], row["side"], row["aim"]) for row in objects[-3:]] == [
        ("patrol-1", "blue", None),
        ("patrol-2", "blue", None),
        ("liner-1", "neutral", None),
    ]


def test_the_table_and_the_summary_agree(records: dict[bool, Record]) -> None:
    record = records[True]
    table = record.table("exposure").to_pandas()
    assert set(table["object"]) == {9, 10, 11}
    assert table["hits"].le(table["looks"]).all()
    aspects = ("nose", "side", "tail", "belly")
    for what in ("looks", "hits"):
        assert (table[[f"{what}_{a}" for a in aspects]].sum(axis=1) == table[what]).all()
    for group, objects in zip(record.summary["exposure"], ([9, 10], [11]), strict=True):
        assert group["aircraft"] == len(objects)
        for row in group["radars"]:
            mine = table[table["object"].isin(objects) & (table["radar"] == row["radar"])]
            nights = mine.groupby("replication")["hits"].sum().reindex(range(30), fill_value=0)
            assert row["hits"]["mean"] == pytest.approx(nights.mean())
            low, high = np.quantile(nights, (0.05, 0.95), method="inverted_cdf")
            assert row["hits"]["night_to_night"] == [low, high]
            assert row["track_s"]["mean"] == pytest.approx(mine["track_s"].sum() / 30)
            assert sum(row["looks_by_aspect"].values()) == pytest.approx(row["looks"]["mean"])
            assert row["hits"]["not_publicly_known"] is not None
        by_band = {b["band"]: b["looks"]["mean"] for b in group["bands"]}
        assert sum(by_band.values()) == pytest.approx(sum(r["looks"]["mean"] for r in group["radars"]))
        assert by_band["X"] == 0.0 < by_band["S"]


def test_the_page_and_the_terminal_show_it_only_where_somebody_flies_by(records: dict[bool, Record]) -> None:
    for traffic, record in records.items():
        page, said = report_html(record), transcript("small.yaml", record)
        assert ('<section aria-labelledby="exposure">' in page) == traffic
        assert ("radar hits on aircraft that fly by" in said) == traffic
        assert (record.table("exposure").num_rows > 0) == traffic
        assert bool(record.summary["exposure"]) == traffic
    lines = [line for line in transcript("small.yaml", records[True]).splitlines() if "patrol" in line]
    assert [line.partition(":")[0] for line in lines] == ["radar hits on aircraft that fly by, a night", "minutes in track, radar by radar"]


def test_draws_move_traffic_as_lowering_it_anew_does() -> None:
    lowered = lower(load_scenario(text(traffic=True)))
    drawn = {"f16.airframe.speed_cruise": 260.0, "f16.airframe.rcs_side_to_nose_ratio": 4.0, "neutral_airliner.airframe.rcs_x_nose": 60.0}
    bound = bind(lowered, drawn)
    anew = lower_with(lowered.scenario, Values(lowered.values.catalogue, drawn)).world
    assert (bound.rcs["aspects_m2"] == anew.rcs["aspects_m2"]).all()
    assert np.allclose(bound.objects["duration_s"], anew.objects["duration_s"], rtol=1e-12)
    assert not np.array_equal(bound.objects["duration_s"], lowered.world.objects["duration_s"])


def test_a_scenario_with_traffic_and_statements_survives_writing(tmp_path: Path) -> None:
    stated = """  sensing:
    - {radar: s400, silent: stored}
    - {radar: s400/91N6E, silent: [10 min, 20 min]}
    - {radar: s400/91N6E, range_factor: 60 %, sector: {from: 30 deg, to: 90 deg}, during: [0 min, 30 min], why: so}
    - {radar: s400/92N6E, least_radial_speed: 30 m/s, why: so}
"""
    scenario = load_scenario(text(traffic=True).replace("red:\n", f"{stated}red:\n", 1))
    assert load_scenario(scenario_text(scenario)) == scenario


def test_what_the_record_does_not_state_of_an_aspect_is_listed() -> None:
    notes = lower(load_scenario(text(traffic=True).replace("class: f16", "class: f35a"))).notes
    (missing,) = [note for note in notes if note.startswith("radar cross-section of f35a: no row")]
    assert "tail (nose), belly (side)" in missing
    assert any(note.startswith("radar cross-section of threat_owa_drone: that from the nose") for note in notes)
    f16 = lower(load_scenario(text(traffic=True))).notes
    assert not any(note.startswith("radar cross-section of f16: ") for note in f16)
