"""What a program gets from the public names: runs, changed scenarios, data frames, datasets, single replicates."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import raids
from openiads import Options, Session, coverage, example, load_record, load_scenario, lower, run_experiment, simulate
from openiads.codes import ObjectStatus
from openiads.engine.loop import replicate
from openiads.errors import InputError
from openiads.experiments import simulate as simulate_module
from openiads.records import Record, frames
from openiads.scenario import Scenario, examples
from openiads.simulation.coverage import coverage_task

ROOT = Path(__file__).parents[2]
RAID = raids.small()


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Record:
    return simulate(RAID, runs=9, workers=1, out=tmp_path_factory.mktemp("api") / "record")


def _other(scenario: Scenario, **update: object) -> Scenario:
    unit = scenario.blue.units[0].model_copy(update=update)
    return scenario.model_copy(update={"blue": scenario.blue.model_copy(update={"units": (unit,)})})


# ------------------------------------------------------------------------------------------------------------ simulate


def test_simulate_is_run_experiment_with_the_same_counts(record, tmp_path):
    same = run_experiment(load_scenario(RAID), tmp_path / "a", Options(runs=9, workers=1))
    assert record.sha256 == same.sha256
    assert (record.summary["run"]["runs"], record.summary["run"]["draws"]) == (9, 4)
    assert load_record(record.folder).sha256 == record.sha256


def test_without_a_folder_the_record_goes_with_its_last_reference(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = simulate(RAID, runs=3, draws=0, seed=5, workers=1)
    folder = found.folder
    assert len(found.to_pandas()) == 3
    assert found.summary["run"]["seed"] == 5
    assert repr(found) == f"Record({str(folder)!r}: {found.summary['headline']})"
    del found
    gc.collect()
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate_module.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InputError, match="runs: 0 must be at least 1"):
        simulate(RAID, runs=0)
    with pytest.raises(InputError, match="there is no system 's4000'"):
        simulate(RAID.replace("system: s400", "system: s4000"))
    assert list(tmp_path.iterdir()) == []


def test_a_changed_scenario_is_what_the_changed_text_is(tmp_path):
    by_copy = simulate(_other(load_scenario(RAID), ready={"48N6E3": 2}), runs=4, draws=0, workers=1)
    by_text = simulate(RAID.replace("48N6E3: 4", "48N6E3: 2"), runs=4, draws=0, workers=1)
    assert by_copy.sha256 == by_text.sha256
    assert by_copy.summary["outcomes"]["shots"]["mean"] == 2.0  # eight threats and a decoy want more


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({"ready": {"48N6E3": -3}}, r"blue\.units\[0\]\.ready\.48N6E3: -3 must be at least 0"),
        ({"ready": "many"}, "'many' must be a mapping"),
        ({"system": "s40"}, "there is no system 's40'; allowed: .*; did you mean 's400'"),
        ({"at": "nowhere"}, "the scenario has a value of the wrong type"),
        ({"redy": {}}, "BlueUnit has no field 'redy'; allowed: .*; did you mean 'ready'"),
    ],
)
def test_a_bad_change_is_explained(update, words):
    with pytest.raises(InputError, match=words):
        simulate(_other(load_scenario(RAID), **update), runs=2, draws=0)


def test_a_program_with_workers_needs_no_guard(tmp_path):
    """Python would have every worker run the program again, which would then begin runs of its own."""
    program = tmp_path / "program.py"
    program.write_text(
        "from openiads import Options, run_experiment\n"
        "print('began')\n"
        f"record = run_experiment({RAID!r}, {str(tmp_path / 'out')!r}, Options(runs=2000, draws=0, workers=2, pool_from_s=0.0))\n"
        "print(record.summary['run']['runs'], __file__.endswith('program.py'))\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["began", "2000 True"]), done.stderr


# -------------------------------------------------------------------------------------------------- frames and datasets


def test_a_data_frame_is_the_table(record):
    frame = record.to_pandas()
    assert list(frame.columns) == record.table("replicate").column_names
    assert frame.leakers.tolist() == record.table("replicate")["leakers"].to_pylist()
    by_group = record.to_pandas("group").groupby(["draw", "replication"]).leaked.sum()
    assert by_group.tolist() == frame.set_index(["draw", "replication"]).leakers.tolist()
    with pytest.raises(InputError, match="no table is called 'replicates'; known: run, object, replicate"):
        record.to_pandas("replicates")


@pytest.mark.parametrize(("which", "lead"), [("nominal", {"replication": 9}), ("draws", {"draw": 4, "ordinal": 6})])
def test_a_dataset_has_every_number_at_its_place(record, which, lead):
    data = record.to_xarray(which)
    assert {dim: data.sizes[dim] for dim in lead} == lead
    assert data["group"].values.tolist() == ["drones", "cruise", "bait"]
    assert data["asset"].values.tolist() == ["capital", "airbase", "harbour"]
    assert data["magazine"].values.tolist() == ["s400-1/48N6E3"]
    assert data["group_class"].sel(group="cruise").item() == "threat_subsonic_cm"
    for name, keys in (
        ("group", ["group"]),
        ("asset", ["asset"]),
        ("unit", ["unit"]),
        ("magazine", ["unit", "weapon"]),
        ("cause", ["group", "cause"]),
    ):
        frame = record.to_pandas(name)
        frame = frame[frame.draw >= 0] if which == "draws" else frame[frame.draw < 0]
        assert len(frame)
        for row in frame.to_dict("records"):
            place = (
                {"replication": row["replication"]}
                if which == "nominal"
                else {"draw": row["draw"], "ordinal": row["replication"] - 6 * row["draw"]}
            )
            place |= {name: "/".join(row[key] for key in keys)} if name != "cause" else {key: row[key] for key in keys}
            cell = data.sel(place)
            assert cell["replication"].item() == row["replication"]
            for column in set(row) - {"draw", "replication", "class", *keys}:
                assert cell[f"{name}_{column}"].item() == row[column], (name, column)
    assert np.array_equal(data["cause_leakers"].sum(["group", "cause"]), data["leakers"])
    assert np.array_equal(data["asset_leakers"].sum("asset"), data["leakers"])


def test_a_dataset_names_its_units(record):
    data = record.to_xarray()
    units = {
        name: data[name].attrs["units"] for name in ("leakers", "first_leak_s", "interceptors_usd", "value_of_assets_hit", "unit_channel_s")
    }
    assert units == {"leakers": "1", "first_leak_s": "s", "interceptors_usd": "USD", "value_of_assets_hit": "points", "unit_channel_s": "s"}
    assert data["first_leak_s"].attrs["long_name"] == "time of the first leaker; null: none"
    assert data.attrs["seed"] == 3
    assert data.attrs["run_hash"] == record.summary["run"]["run_hash"]


def test_times_that_never_come_are_no_numbers(record):
    data = record.to_xarray()
    assert np.array_equal(np.isnan(data["first_leak_s"]), data["leakers"] == 0)


def test_a_dataset_of_what_is_not_there_is_refused(record):
    with pytest.raises(InputError, match="'all' is not a set of replicates; allowed: nominal, draws"):
        record.to_xarray("all")
    with pytest.raises(InputError, match="holds no draws; run it with draws=2 or more"):
        simulate(RAID, runs=2, draws=0, workers=1).to_xarray("draws")


@pytest.mark.parametrize("module", ["pandas", "xarray"])
def test_a_library_that_is_not_installed_is_named_with_its_extra(record, monkeypatch, module):
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(frames, "import_module", missing)
    with pytest.raises(InputError, match=rf"{module} is not installed; install it with: pip install 'openiads\[analysis\]'"):
        record.to_pandas() if module == "pandas" else record.to_xarray()


# ---------------------------------------------------------------------------------------- single replicates, coverage


def test_a_single_replicate_is_the_one_of_the_record(record):
    lowered = lower(load_scenario(RAID))
    session = Session(lowered.world)
    lethal = lowered.world.objects["lethal"] != 0
    leakers = [int(((session.run(3, k).objects["status"] == ObjectStatus.LEAKED) & lethal).sum()) for k in range(9)]
    assert leakers == record.to_xarray()["leakers"].values.tolist()


def test_coverage_takes_a_lowered_scenario():
    lowered = lower(load_scenario(RAID))
    found = coverage(lowered, bearings=2, replicates=1)
    assert found.rows.shape == (3 * 2,)
    assert found.rows.tobytes() == coverage(coverage_task(lowered), bearings=2, replicates=1).rows.tobytes()


@pytest.mark.parametrize("bad", [-1, 2**32, 2**64, 1.5, "1", None])
def test_a_key_that_is_no_word_of_32_bits_is_refused(bad):
    session = Session(lower(load_scenario(RAID)).world)
    for name, key in (("seed", (bad, 0)), ("replication", (0, bad))):
        with pytest.raises(InputError, match=rf"^{name}: "):
            session.run(*key)


def test_integers_of_numpy_compile_nothing_and_give_the_same():
    session = Session(lower(load_scenario(RAID)).world)
    known, compiled = session.run(7, 3).objects.tobytes(), len(replicate.signatures)
    assert session.run(np.uint32(7), np.int16(3)).objects.tobytes() == known
    assert len(replicate.signatures) == compiled


@pytest.mark.parametrize("name", ["bearings", "replicates"])
@pytest.mark.parametrize("bad", [0, -3, 1.5])
def test_coverage_of_nothing_is_refused(name, bad):
    with pytest.raises(InputError, match=rf"^{name}: {bad} must be "):
        coverage(lower(load_scenario(RAID)), **{name: bad})


# --------------------------------------------------------------------------------------------------------- examples


def test_examples_are_found_by_name():
    assert list(examples()) == sorted(path.stem for path in (ROOT / "examples").rglob("*.yaml"))
    assert example("main").read_bytes() == (ROOT / "examples" / "main.yaml").read_bytes()
    with pytest.raises(InputError, match=r"no example is called 'magazin'; known: .*main.*; did you mean 'magazine'"):
        example("magazin")
