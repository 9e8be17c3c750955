"""``openiads coverage``: the folder it writes, against horizons by hand; maps that are the same twice; mistakes that are explained."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from openiads.cli import app
from openiads.errors import InputError
from raids import small

runner = CliRunner()
RADIUS_M = 4.0 / 3.0 * 6_371_000.0
WALL = "terrain: {ridge: {from: {bearing: 0 deg, range: 20 km}, to: {bearing: 0 deg, range: 20.1 km}, height: 900 m, width: 6 km}}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One height of a small place with one hill in the north."""
    base = tmp_path_factory.mktemp("coverage")
    (base / "hill.yaml").write_text(small().replace("terrain: flat", WALL).replace("600 km x 400 km", "240 km x 200 km"))
    arguments = ["coverage", str(base / "hill.yaml"), "--out", str(base / "out"), "--height", "100 m AGL", "--spacing", "2 km"]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "Subsonic cruise missile at 100 m above the ground:" in result.output
    return base / "out"


def test_the_folder_holds_every_map_twice_and_its_tables(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    tables = {"areas.parquet", "rays.parquet", "least-height.parquet", "coverage.json"}
    maps = {"areas-1-threat-subsonic-cm-100m", "least-height-s400-91n6e", "least-height-s400-96l6e", "least-height-s400-1-92n6e"}
    assert names == tables | {f"{name}.{ending}" for name in maps for ending in ("svg", "png")}
    for name in maps:
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        svg = (folder / f"{name}.svg").read_text()
        assert all(word in svg for word in ("<svg", "capital", "km east of the origin", "km"))


def test_least_heights_are_the_horizon_but_behind_the_hill(folder: Path) -> None:
    table = pq.read_table(folder / "least-height.parquet")
    radar = next(s for s in json.loads((folder / "coverage.json").read_text())["sensors"] if s["name"] == "s400/96L6E")
    mine = np.asarray(table["radar"].to_pylist()) == "s400/96L6E"
    east, north, least = (table[name].to_numpy()[mine] for name in ("east_km", "north_km", "least_alt_m"))
    antenna_m = radar["antenna_height_m"]
    arc_m = 1e3 * np.hypot(east - radar["east_m"] / 1e3, north)
    beyond = np.maximum(arc_m / RADIUS_M - math.acos(RADIUS_M / (RADIUS_M + antenna_m)), 0.0)
    horizon_m = RADIUS_M / np.cos(beyond) - RADIUS_M
    south = north < -4.0
    assert np.abs(least[south] - horizon_m[south]).max() < 1.0
    behind = (np.abs(east + 8.0) < 2.1) & (np.abs(north - 40.0) < 2.1)  # the line from 8 km east over the hill at 20 km north
    assert least[behind].min() > 1_000.0


def test_the_areas_are_those_of_the_totals_and_a_hill_takes_some(folder: Path) -> None:
    areas, row = pq.read_table(folder / "areas.parquet"), json.loads((folder / "coverage.json").read_text())["heights"][0]
    for kind in ("visible", "detectable", "engageable"):
        counted_km2 = 4.0 * areas[kind].to_numpy(zero_copy_only=False).sum()
        assert counted_km2 == pytest.approx(row[kind]["area_m2"] / 1e6, rel=0.06, abs=60.0)
    east, north, seen = areas["east_km"].to_numpy(), areas["north_km"].to_numpy(), areas["visible"].to_numpy(zero_copy_only=False)
    assert not seen[(np.abs(east + 6.0) < 1.1) & (np.abs(north - 36.0) < 1.1)].any()
    assert seen[(np.abs(east + 6.0) < 1.1) & (np.abs(north + 36.0) < 1.1)].all()


def test_it_draws_the_same_again_and_only_in_a_folder_of_its_own(folder: Path, tmp_path: Path) -> None:
    from openiads.experiments.atlas import claim
    from openiads.reports.atlas import draw_atlas

    before = {path.name: path.read_bytes() for path in folder.glob("*.svg")}
    draw_atlas(folder)
    assert before == {path.name: path.read_bytes() for path in folder.glob("*.svg")}
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        claim(tmp_path)
    with pytest.raises(InputError, match="no folder of 'openiads coverage'"):
        draw_atlas(tmp_path)


def test_bearings_that_are_asked_for_are_the_only_ones(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(small().replace("600 km x 400 km", "240 km x 200 km"))
    arguments = ["coverage", str(tmp_path / "a.yaml"), "--out", str(tmp_path / "out"), "--class", "f16", "--height", "3 km AMSL"]
    result = runner.invoke(app, [*arguments, "--bearing", "75", "--bearing", "-10", "--spacing", "4 km"])
    assert result.exit_code == 0, result.output
    rays = pq.read_table(tmp_path / "out" / "rays.parquet")
    assert np.degrees(rays["bearing_rad"].to_numpy()) == pytest.approx([75.0, 350.0])
    areas = pq.read_table(tmp_path / "out" / "areas.parquet")
    seen = areas["visible"].to_numpy(zero_copy_only=False)
    bearing = np.degrees(np.arctan2(areas["east_km"].to_numpy()[seen], areas["north_km"].to_numpy()[seen])) % 360.0
    far = np.hypot(areas["east_km"].to_numpy()[seen], areas["north_km"].to_numpy()[seen]) > 10.0
    assert far.any()
    assert (np.minimum(np.abs(bearing - 75.0), np.abs(bearing - 350.0))[far] <= 1.5 + 1e-6).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--class", "threat_srbm_300"], "no air-breathing class of the catalogue; allowed: f16"),
        (["--height", "50 m"], "write '50 m AGL' (ground) or '1500 m AMSL' (sea level)"),
        (["--spacing", "0 m"], "must be more than 0 m"),
        (["--spacing", "1 m"], "is too fine for 600 km"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, options: list[str], words: str) -> None:
    (tmp_path / "a.yaml").write_text(small())
    result = runner.invoke(app, ["coverage", str(tmp_path / "a.yaml"), "--out", str(tmp_path / "out"), *options])
    assert result.exit_code != 0
    assert words in str(result.exception)
