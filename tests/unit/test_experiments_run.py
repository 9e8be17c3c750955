"""Whole experiments on a small raid."""

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace

import numpy as np
import psutil
import pytest

import raids
from openiads.catalogue import load_catalogue
from openiads.codes import Cause, LogCode, ObjectStatus
from openiads.errors import InputError, Interrupted, RunError
from openiads.experiments import backends
from openiads.experiments.backends import Backend
from openiads.experiments.replication import Chunk, Todo, Worker
from openiads.experiments.run import LoweredWorlds, Options, default_folder, run_experiment
from openiads.experiments.signals import stoppable
from openiads.experiments.uncertainty import Draws
from openiads.geodesy.ellipsoid import geodetic_to_ecef
from openiads.geodesy.geodesics import geodesic_direct
from openiads.models.motion.objects import object_position
from openiads.records import TABLES, load_record
from openiads.records.schema import FUNNEL
from openiads.reports import write_report
from openiads.scenario import load_scenario
from openiads.simulation import Session, lower
from openiads.simulation.outcome import OutcomeReader, event_log_hash, funnel
from openiads.simulation.tracks import object_positions, plane_positions
from openiads.state.layout import World

RAID = raids.small()
INLINE = Options(workers=1)
#: All limits but that of the link, which is perfect.
LIFTS_THERE = 5


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


@pytest.fixture(scope="module")
def lowered(catalogue):
    return lower(load_scenario(RAID, catalogue), catalogue)


@pytest.fixture(scope="module")
def record(tmp_path_factory, catalogue):
    return run_experiment(RAID, tmp_path_factory.mktemp("record"), INLINE, catalogue)


def _same(a, b):
    assert a.sha256 == b.sha256
    for name in TABLES:
        assert a.table(name).equals(b.table(name)), name
    assert a.data_lock == b.data_lock
    assert a.description == b.description
    assert a.scenario == b.scenario


# ------------------------------------------------------------------------------------------------- what a record says


def test_the_tables_say_the_same_as_the_summary(record):
    replicate = record.table("replicate").to_pandas()
    nominal = replicate[replicate.draw == -1]
    outcomes = record.summary["outcomes"]
    assert len(nominal) == 50
    assert list(nominal.replication) == list(range(50))
    assert nominal.leakers.mean() == pytest.approx(outcomes["leakers"]["mean"])
    assert sorted(nominal.leakers)[math.ceil(0.95 * 50) - 1] == outcomes["leakers"]["night_to_night"][1]
    causes = record.table("cause").to_pandas()
    by_replicate = causes.groupby(["draw", "replication"]).leakers.sum()
    assert (by_replicate == replicate.set_index(["draw", "replication"]).leakers).all()
    assert sum(c["mean"] for c in record.summary["causes"]) == pytest.approx(outcomes["leakers"]["mean"])
    groups = record.table("group").to_pandas()
    assert (groups.leaked + groups.killed + groups.expired == groups.threats).all()
    assert groups.groupby(["draw", "replication"]).shots.sum().eq(4).all()
    magazine = record.table("magazine").to_pandas()
    assert (magazine.shots + magazine.ready_left + magazine.held_left == 4).all()


def test_the_raid_means_what_it_should(record):
    summary = record.summary
    assert summary["threats"] == 8  # the decoy is not lethal
    assert summary["value_of_assets"] == 1470
    assert {a["asset"]: a["hit"]["value"] for a in summary["assets"]} == {
        "capital": 1.0,
        "airbase": pytest.approx(1.0, abs=0.1),
        "harbour": 0.0,
    }
    assert summary["groups"][2]["leakage"] is None
    assert summary["times"]["ready_gone"]["happens"]["value"] == 1.0
    assert summary["run"]["runs"] == 50
    assert record.chance_only is False
    assert "across values the public record allows" in summary["headline"]
    assert "value lost" not in json.dumps(summary)


def test_draws_number_their_replications_one_after_another(record):
    replicate = record.table("replicate").to_pandas()
    for d in range(4):
        assert list(replicate[replicate.draw == d].replication) == list(range(6 * d, 6 * d + 6))


def test_kept_replicates_have_their_story(record):
    kept = [k["replication"] for k in record.summary["kept"]]
    assert kept[0] == 0
    event = record.table("event").to_pandas()
    assert list(event.replication.unique()) == kept
    assert event.groupby("replication").time_s.is_monotonic_increasing.all()
    engagement = record.table("engagement").to_pandas()
    for k in kept:
        assert event[event.replication == k].code.isin(["launched", "launch failed"]).sum() == (engagement.replication == k).sum()
    timeline = record.table("timeline").to_pandas()
    leaked = timeline[timeline.end == "leaked"]
    assert leaked.cause.notna().all()
    assert timeline[timeline.end != "leaked"].cause.isna().all()
    assert len(record.table("shot")) == 4 * len(kept)


def test_a_round_flies_from_its_unit_to_its_target(record):
    track, shot = record.table("track").to_pandas(), record.table("shot").to_pandas()
    unit = record.description["units"][0]
    for _, row in shot[shot.range_m > 0].iterrows():
        here = track[track.replication == row.replication]
        flight = here[(here.entity == "shot") & (here.number == row.shot)]
        assert flight.iloc[0].time_s == row.launch_s
        assert np.hypot(flight.iloc[0].east_m - unit["east_m"], flight.iloc[0].north_m - unit["north_m"]) < 1.0
        assert flight.iloc[-1].time_s == row.end_s
        target = here[(here.entity == "object") & (here.number == row.object)]
        east_m, north_m = (np.interp(row.end_s, target.time_s, target[name]) for name in ("east_m", "north_m"))
        assert np.hypot(flight.iloc[-1].east_m - east_m, flight.iloc[-1].north_m - north_m) < 50.0


def test_the_lock_tells_assumptions_from_the_record(record):
    rows = {p["path"]: p for p in record.data_lock["parameters"]}
    sspk = rows["s400.msl_48n6e3.sspk_owa_drone"]
    assert sspk["standing"] == "our assumption"
    assert {s["id"] for s in record.data_lock["sources"]} >= set(sspk["sources"])
    assumed = sum(p["assumption"] for p in rows.values()) + len(record.data_lock["notes"])
    assert record.summary["assumptions"] == assumed
    assert set(record.data_lock["catalogue"]) >= {"s400", "threat_owa_drone", "threat_subsonic_cm"}


def test_the_resolved_scenario_runs_to_the_same_record(record, tmp_path, catalogue):
    _same(run_experiment(record.folder / "scenario.yaml", tmp_path / "again", INLINE, catalogue), record)


# ------------------------------------------------------------------------------------- outcomes against plain counting


def test_outcomes_are_what_counting_one_by_one_gives(lowered):
    session, reader = Session(lowered.world), OutcomeReader(lowered.world)
    for replication in range(3):
        state = session.run(3, replication)
        row = reader.row(state)[0]
        ends = [int(s) for s in state.objects["status"]]
        lethal = [bool(x) for x in lowered.world.objects["lethal"]]
        assert row["leakers"] == sum(e == ObjectStatus.LEAKED for e in ends)
        assert row["kills"] == sum(e == ObjectStatus.KILLED and x for e, x in zip(ends, lethal, strict=True))
        assert row["decoys_through"] + row["decoys_killed"] == 1
        launches = [r for r in state.log[: state.cursor[0]["log_count"]] if r["code"] in (LogCode.LAUNCHED, LogCode.LAUNCH_FAILED)]
        assert row["shots"] == len(launches)
        leak_times = [float(r["time_s"]) for r in state.log[: state.cursor[0]["log_count"]] if r["code"] == LogCode.LEAKED]
        assert row["first_leak_s"] == min(leak_times)
        assert row["group_cause"][:, Cause.NONE].sum() == 0
        assert row["group_cause"].sum() == row["leakers"]
        hit = {int(lowered.world.objects[i]["aim_asset"]) for i, e in enumerate(ends) if e == ObjectStatus.LEAKED}
        assert row["assets_hit"] == len(hit)
        assert row["value_of_assets_hit"] == sum(float(lowered.world.assets[a]["value"]) for a in hit)
        steps = [int((reached & np.array(lethal)).sum()) for reached in funnel(state)]
        assert steps == sorted(steps, reverse=True)
        assert len(steps) == len(FUNNEL)


def test_a_leaker_without_a_cause_stops_the_run(lowered):
    session, reader = Session(lowered.world), OutcomeReader(lowered.world)
    state = session.run(3, 0)
    state.timeline["cause"] = 0
    with pytest.raises(RunError, match="a leaker without a cause"):
        reader.row(state)


def test_the_log_hash_sees_one_changed_bit_and_not_the_order_of_rows(lowered):
    state = Session(lowered.world).run(3, 0)
    n = state.cursor[0]["log_count"]
    before = event_log_hash(state)
    state.log[:n] = state.log[:n][::-1].copy()
    assert event_log_hash(state) == before
    state.log[n // 2]["time_s"] = np.nextafter(state.log[n // 2]["time_s"], np.inf)
    assert event_log_hash(state) != before


def test_positions_agree_with_the_compiled_law(lowered):
    session = Session(lowered.world)
    state = session.run(3, 1)
    for i in (0, 5, 7):
        times = np.linspace(float(state.objects[i]["origin_s"]), float(state.objects[i]["path_end_s"]), 7)
        ecef_m, alt_m = object_positions(lowered.world, state, i, times)
        for k, time_s in enumerate(times):
            assert (*ecef_m[k], alt_m[k]) == pytest.approx(object_position(lowered.world, state, i, float(time_s)), abs=1e-6)


@pytest.mark.parametrize(
    ("bearing_deg", "range_m", "alt_m"), [(0, 300e3, 0), (37, 250e3, 10e3), (90, 300e3, 50), (200, 35e3, 0), (315, 150e3, 40e3)]
)
def test_the_plane_keeps_true_bearing_and_ground_range(lowered, bearing_deg, range_m, alt_m):
    earth = lowered.plan.conditions.earth
    bearing = np.radians(bearing_deg)
    lat, lon, _ = geodesic_direct(0.0, 0.0, bearing, range_m, earth.a_m, earth.f)
    ecef_m = np.array([geodetic_to_ecef(lat, lon, alt_m, earth.a_m, earth.e2)])
    east_m, north_m = plane_positions(lowered.world, ecef_m, np.array([float(alt_m)]))
    assert east_m[0] == pytest.approx(range_m * np.sin(bearing), abs=5.0)
    assert north_m[0] == pytest.approx(range_m * np.cos(bearing), abs=5.0)


# ---------------------------------------------------------------------------------------------- the same, however run


def test_the_split_into_chunks_changes_nothing(record, tmp_path, catalogue, monkeypatch):
    monkeypatch.setattr(backends, "CHUNK_S", 1e-9)
    monkeypatch.setattr(backends, "_TIMED_S", 1e-9)
    _same(run_experiment(RAID, tmp_path, INLINE, catalogue), record)
    assert len(list((tmp_path / "journal").glob("*-*-*"))) == 50 + 24 + LIFTS_THERE * 50


@pytest.mark.slow
def test_two_workers_change_nothing(record, tmp_path, catalogue):
    _same(run_experiment(RAID, tmp_path, Options(workers=2, pool_from_s=0.0), catalogue), record)


def test_an_interrupted_run_ends_the_same_when_resumed(record, tmp_path, catalogue):
    def stop(section, done, total):
        if section == "draws" and done > 6:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=rf"{62 + LIFTS_THERE * 50} finished replicates are kept.*--resume"):
        run_experiment(RAID, tmp_path, INLINE, catalogue, stop)
    assert not (tmp_path / "summary.json").exists()
    with pytest.raises(InputError, match="--resume"):
        run_experiment(RAID, tmp_path, INLINE, catalogue)
    _same(run_experiment(RAID, tmp_path, Options(workers=1, resume=True), catalogue), record)


def test_an_interrupt_that_is_lost_on_its_way_still_stops_the_run(tmp_path, catalogue):
    def lose_one(section, done, total):
        if done == 4:
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.2)

    with pytest.raises(Interrupted, match="4 finished replicates are kept"):
        run_experiment(RAID, tmp_path, INLINE, catalogue, lose_one)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_can_grow_in_its_folder_and_never_shrinks(record, tmp_path, catalogue):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)
    again = run_experiment(RAID, folder, Options(workers=1, resume=True), catalogue, lambda _, done, total: _all_done(done, total))
    _same(again, record)
    grown = run_experiment(RAID, folder, Options(runs=70, draws=5, workers=1, resume=True), catalogue)
    _same(grown, run_experiment(RAID, tmp_path / "other", Options(runs=70, draws=5, workers=1), catalogue))
    for resume in (True, False):
        for less, said in ((Options(runs=69, draws=5), "70 runs, more than 69"), (Options(runs=70), "5 draws, more than 4")):
            with pytest.raises(InputError, match=f"holds the record of a run with {said}; ask for no fewer"):
                run_experiment(RAID, folder, replace(less, workers=1, resume=resume), catalogue, _never)
    with pytest.raises(InputError, match="70 runs, more than 64"):  # known only after the replicates that are there were looked at
        run_experiment(RAID, folder, Options(until_half_width=50.0, draws=5, workers=1, resume=True), catalogue)
    _same(load_record(folder), grown)
    assert (folder / "journal" / "nominal-00000000-00000000").is_dir()


def test_a_run_without_draws_can_get_some(record, tmp_path, catalogue):
    run_experiment(RAID, tmp_path, Options(draws=0, workers=1), catalogue)
    _same(run_experiment(RAID, tmp_path, Options(workers=1, resume=True), catalogue), record)


def test_a_run_that_grows_is_unfinished_until_it_is_done(record, tmp_path, catalogue):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)

    def stop(section, done, total):
        if done > 50:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run_experiment(RAID, folder, Options(runs=60, workers=1, resume=True), catalogue, stop)
    with pytest.raises(InputError, match="holds an unfinished run; add --resume"):
        run_experiment(RAID, folder, Options(runs=60, workers=1), catalogue)


def _all_done(done, total):
    assert done == total


def _never(*_):
    pytest.fail("something was run")


@pytest.mark.parametrize(
    ("raid", "options", "said"),
    [
        (RAID, Options(seed=4), "seed 3, not 4"),
        (RAID.replace("count: 6", "count: 7"), Options(), r"scenario\.red\[0\]\.count 6, not 7"),
    ],
)
def test_another_run_neither_continues_nor_replaces(record, tmp_path, catalogue, raid, options, said):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)
    for resume, words in (
        (True, "was begun with {}; --resume goes on only with the same"),
        (False, "holds the record of another run, with {};"),
    ):
        with pytest.raises(InputError, match=words.format(said)):
            run_experiment(raid, folder, replace(options, resume=resume), catalogue, _never)
    _same(load_record(folder), record)


def test_only_resuming_needs_the_same_replicates_per_draw_and_program(record, tmp_path, catalogue, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)
    with pytest.raises(InputError, match="begun with replicates per draw 6, not 7;"):
        run_experiment(RAID, folder, Options(replicates=7, resume=True), catalogue, _never)
    monkeypatch.setattr("openiads.experiments.run.core_digest", lambda: "another")
    with pytest.raises(InputError, match=r"begun with engine [0-9a-f]+, not another;"):
        run_experiment(RAID, folder, Options(resume=True), catalogue, _never)
    assert run_experiment(RAID, folder, Options(replicates=7, workers=1), catalogue).summary["run"]["replicates"] == 7


def test_a_damaged_record_can_be_made_again(record, tmp_path, catalogue):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)
    (folder / "data-lock.json").unlink()
    _same(run_experiment(RAID, folder, Options(workers=1, resume=True), catalogue), record)


@pytest.mark.parametrize("summary", ['{"openiads_record": 1}', '{"openiads_record": 1, "run": 5}', "[]", "{"])
def test_a_damaged_summary_can_be_made_again(record, tmp_path, catalogue, summary):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)
    (folder / "summary.json").write_text(summary)
    with pytest.raises(InputError, match=r"summary\.json: "):
        load_record(folder)
    _same(run_experiment(RAID, folder, Options(workers=1, resume=True), catalogue), record)


def test_a_table_of_another_run_is_refused(record, tmp_path, catalogue):
    folder = tmp_path / "run"
    shutil.copytree(record.folder, folder)
    other = run_experiment(RAID, tmp_path / "other", Options(seed=4, runs=20, draws=0, lift="none", workers=1), catalogue)
    for name in ("group", "replicate"):
        shutil.copy(other.folder / f"tables/{name}.parquet", folder / "tables")
    found = load_record(folder)
    for read in (lambda: found.table("group"), found.to_xarray, lambda: write_report(folder)):
        with pytest.raises(InputError, match=r"\.parquet: is not the table that this run wrote"):
            read()


def test_a_folder_is_held_until_the_record_is_finished_with(tmp_path, catalogue):
    def second(done):
        with pytest.raises(InputError, match="another run is using this folder"):
            run_experiment(RAID, tmp_path, Options(runs=2, draws=0, workers=1), catalogue)
        finished.append(done)

    finished = []
    options = Options(runs=2, draws=0, workers=1)
    done = run_experiment(RAID, tmp_path, options, catalogue, finish=second)
    assert finished == [done]
    _same(run_experiment(RAID, tmp_path, options, catalogue), done)


def test_chance_only_says_so(tmp_path, catalogue):
    found = run_experiment(RAID, tmp_path, Options(runs=5, draws=0, keep=0, workers=1), catalogue)
    assert found.chance_only
    assert found.summary["stamp"] == "chance only"
    assert found.summary["headline"].endswith("chance only, at nominal values.")
    assert found.summary["outcomes"]["leakers"]["not_publicly_known"] is None
    assert found.summary["kept"] == []
    assert found.table("track").num_rows == 0


def test_replicates_until_the_mean_is_known(tmp_path, catalogue):
    wide = run_experiment(RAID, tmp_path / "wide", Options(until_half_width=5.0, draws=0, keep=0, workers=1), catalogue)
    assert wide.summary["run"]["runs"] == 64
    error = wide.summary["outcomes"]["leakers"]["simulation_error"]
    narrow = run_experiment(RAID, tmp_path / "narrow", Options(until_half_width=0.75 * error, draws=0, keep=0, workers=1), catalogue)
    assert narrow.summary["run"]["runs"] in (128, 256)
    assert narrow.summary["outcomes"]["leakers"]["simulation_error"] <= 0.75 * error


def test_a_fault_of_the_catalogue_is_found_before_anything_is_run_or_written(tmp_path, catalogue, monkeypatch):
    def unknown(self, source_id):
        raise InputError(f"no source is called {source_id!r}")

    monkeypatch.setattr(type(catalogue), "source", unknown)
    with pytest.raises(InputError, match="no source"):
        run_experiment(RAID, tmp_path / "run", INLINE, catalogue, lambda *_: pytest.fail("something was run"))
    assert not (tmp_path / "run").exists()


def test_every_file_of_a_run_without_draws_says_chance_only(tmp_path, catalogue):
    found = run_experiment(RAID, tmp_path, Options(runs=3, draws=0, keep=1, workers=1), catalogue)
    files = [p for p in found.folder.rglob("*") if p.is_file() and "journal" not in p.parts]
    assert len(files) > 10
    unstamped = [p.name for p in files if b"chance only" not in p.read_bytes().lower()]
    assert unstamped == [] or set(unstamped) == {"report.html"}, unstamped


def test_nights_that_are_all_alike_do_not_stop_a_run_at_once(tmp_path, catalogue):
    unarmed = RAID.replace("{48N6E3: 4}", "{48N6E3: 0}")  # all 8 leak every night; 8 (1 - 0.025^(1/n)) is 0.45 for 64 and 0.23 for 128
    found = run_experiment(unarmed, tmp_path, Options(until_half_width=0.3, draws=0, keep=0, workers=1), catalogue)
    assert found.summary["outcomes"]["leakers"]["mean"] == 8.0
    assert found.summary["run"]["runs"] == 128


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(runs=0), "^runs: 0 must be at least 1"),
        (Options(draws=-1), "^draws: -1 must be at least 0"),
        (Options(draws=1), "^draws: one draw says nothing"),
        (Options(replicates=0), "^replicates: 0"),
        (Options(seed=2**32), "^seed: 4294967296 must be less than 4294967296"),
        (Options(workers=0), "^workers: 0 must be at least 1"),
        (Options(workers=10**6), "^workers: 1000000 must be at least 1 and at most 1024"),
        (Options(keep=-1), "^keep: -1 must be at least 0"),
        (Options(runs=1, until_half_width=1.0), "exclude each other"),
        (Options(until_half_width=float("nan")), "^until_half_width: nan must be greater than 0"),
        (Options(runs=10**20), "^runs: 100000000000000000000 must be less than 4294967296"),
        (Options(draws=9999999999), "^draws: 9999999999 must be at most 1048576"),
        (Options(runs=3.5), r"^runs: 3\.5 must be a whole number"),
        (Options(runs=True), "^runs: True must be a whole number"),
        (Options(workers="3"), "^workers: '3' must be a whole number"),
        (Options(workers=1.5), r"^workers: 1\.5 must be a whole number"),
        (Options(keep="x"), "^keep: 'x' must be a whole number"),
        (Options(until_half_width="x"), "^until_half_width: 'x' must be a number"),
        (Options(draws=4, replicates=2**30), "4 draws x 1,073,741,824 are 4,294,967,296 replicates"),
    ],
)
def test_bad_counts_are_refused_before_anything_is_read(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        options.require_usable()
    with pytest.raises(InputError, match=message):
        run_experiment(tmp_path / "no-such-file.yaml", tmp_path / "run", options)
    assert not (tmp_path / "run").exists()


def test_numbers_of_numpy_are_numbers():
    options = Options(runs=np.int64(3), seed=np.uint8(7), workers=np.int32(1), keep=np.int64(0), until_half_width=np.float32(0.5))
    assert options == Options(runs=3, seed=7, workers=1, keep=0, until_half_width=0.5)
    assert {type(value) for value in options.counts.values()} == {int}


def test_counts_of_the_file_are_refused_at_their_line(tmp_path, catalogue):
    with pytest.raises(InputError, match=r"<text>:39: run\.draws: 2000000 must be at most 1048576"):
        run_experiment(RAID.replace("draws: 4", "draws: 2000000"), tmp_path / "run", INLINE, catalogue)
    with pytest.raises(InputError, match=r"<text>:39: run: 4 draws x 1,073,741,824 are"):
        run_experiment(RAID, tmp_path / "run", Options(replicates=2**30), catalogue)
    with pytest.raises(InputError, match=r"^scenario: run: 4 draws x 1,073,741,824 are"):
        run_experiment(load_scenario(RAID, catalogue), tmp_path / "run", Options(replicates=2**30), catalogue)
    assert not (tmp_path / "run").exists()


def test_an_option_takes_the_place_of_a_bad_value_of_the_file(tmp_path, catalogue):
    bad = RAID.replace("draws: 4, replicates: 6, seed: 3, runs: 50", "draws: 1, replicates: 0, seed: -3, runs: many")
    options = Options(runs=5, draws=2, replicates=3, seed=3, workers=1)
    _same(run_experiment(bad, tmp_path / "a", options, catalogue), run_experiment(RAID, tmp_path / "b", options, catalogue))


def test_a_bad_scenario_leaves_no_folder(tmp_path, catalogue):
    with pytest.raises(InputError, match="count"):
        run_experiment(RAID.replace("count: 6", "count: -6"), tmp_path / "run", INLINE, catalogue)
    assert not (tmp_path / "run").exists()


def test_without_a_folder_another_run_gets_a_numbered_one(tmp_path, monkeypatch, catalogue):
    monkeypatch.chdir(tmp_path)
    few = Options(runs=4, draws=0, workers=1)
    folders = [run_experiment(text, None, few, catalogue).folder.name for text in (RAID, RAID, RAID.replace("count: 6", "count: 7"), RAID)]
    assert folders == ["scenario-3", "scenario-3", "scenario-3-2", "scenario-3"]
    assert run_experiment(RAID, None, Options(runs=3, draws=0, workers=1), catalogue).folder.name == "scenario-3-3"


def test_the_default_folder_is_named_after_file_and_seed():
    assert default_folder("examples/main.yaml", 7).as_posix() == "runs/main-7"


# -------------------------------------------------------------------------------------------------- workers that die


def _leave_the_rest_to_workers(backend):
    """This process runs chunks only until the first worker is there: wait for it."""
    if backend._lanes:
        backend._starter.join()


def _rows(results):
    return np.concatenate([r.outcomes for r in sorted(results, key=lambda r: r.chunk)])


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(lowered):
    draws = Draws(lowered.used, 3)
    wanted = [Chunk(-1, 0, 3000), Chunk(0, 0, 20), Chunk(1, 20, 40)]
    expected = _rows(Backend(Worker(LoweredWorlds(lowered, draws), 3), 1).run(Todo(wanted, [])))
    backend = Backend(Worker(LoweredWorlds(lowered, draws), 3), 2, pool_from_s=0.0)
    results, killed = [], []
    for result in backend.run(Todo(wanted, [])):
        results.append(result)
        _leave_the_rest_to_workers(backend)
        processes = [item for lane in backend._lanes if lane.flying for item in lane.pool._processes.items()]
        busy = [pid for pid, process in processes if pid not in killed and process.is_alive()]  # one killed before may still be listed
        if len(killed) < 2 and busy:
            os.kill(busy[0], signal.SIGKILL)
            killed.append(busy[0])
    backend.close()
    assert len(killed) == 2
    assert _rows(results).tobytes() == expected.tobytes()


@dataclass(frozen=True)
class DeadlyWorlds:
    """The world of draw 1 ends the process that asks for it, unless that is the parent."""

    inner: LoweredWorlds
    parent: int

    def world(self, draw: int) -> World:
        if draw == 1 and os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.inner.world(draw)


@pytest.mark.slow
def test_a_chunk_that_kills_its_worker_three_times_fails_and_the_rest_is_kept(lowered):
    draws = Draws(lowered.used, 3)
    worlds = DeadlyWorlds(LoweredWorlds(lowered, draws), os.getpid())
    backend = Backend(Worker(worlds, 3), 2, pool_from_s=0.0)
    finished = 0
    todo = Todo([Chunk(-1, 0, 2500), Chunk(1, 20, 25), Chunk(0, 0, 20)], [])
    results = backend.run(todo)
    with pytest.raises(RunError, match=r"draw 1, replicates 20 to 24: the worker process died 3 times"):  # noqa: PT012
        for result in results:
            finished += result.chunk.size
            _leave_the_rest_to_workers(backend)
    backend.close()
    assert finished >= 2500  # all that came before it, whichever worker it shared the pool with


@pytest.mark.slow
def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    scenario = tmp_path / "raid.yaml"
    scenario.write_text(RAID)
    code = (
        "import sys; from openiads.experiments.run import Options, run_experiment; "
        "run_experiment(sys.argv[1], sys.argv[2], Options(runs=10**6, draws=0, workers=2, pool_from_s=0.0))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(scenario), str(tmp_path / "run")])
    children: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + 120
        while len(children) < 4:  # the server of workers, the tracker of their resources, two workers
            assert parent.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
            children = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        parent.wait()
        _, alive = psutil.wait_procs(children, timeout=20)
        assert not alive
    finally:
        for process in (parent, *children):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def test_what_a_signal_left_half_built_says_nothing_when_it_is_deleted(monkeypatch):
    class HalfBuilt:
        def __del__(self):
            del self.never_set

    said = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    with stoppable():
        HalfBuilt()
        assert len(said) == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        HalfBuilt()
    assert len(said) == 1
    HalfBuilt()
    assert len(said) == 2
