"""``openiads track`` from end to end: folder, scores, page, faults."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from openiads.cli import app, main
from openiads.geodesy.ellipsoid import WGS84_A_M, WGS84_F
from openiads.geodesy.geodesics import geodesic_inverse
from openiads.validation.runner import GIVEN_CASES

DATA = Path(__file__).parents[1] / "data"
PEER = [str(DATA / "peer300_detections_seed301.csv.gz"), "--truth", str(DATA / "peer300_truth_seed301.csv.gz")]
ERRORS = ["--range-sd", "50 m", "--azimuth-sd", "0.2 deg"]


def track(*words: str) -> str:
    result = CliRunner().invoke(app, ["track", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def plots(tmp_path: Path) -> Path:
    """One target eastwards at 200 m/s, 8 km north of the radar, ten scans of 4 s."""
    rows = [f"{4 * k},{-4000 + 800 * k},8000" for k in range(10)]
    path = tmp_path / "plots.csv"
    path.write_text("\n".join(["time_s,x_m,y_m", *rows, "41,1", "42,x,1"]) + "\n")
    return path


def test_real_size_with_truth(tmp_path: Path) -> None:
    out = tmp_path / "night"
    said = track(*PEER, *ERRORS, "--near", "5 km", "--far", "150 km", "--out", str(out))
    assert "11,866 plots in 40 scans" in said
    assert sorted(p.name for p in out.iterdir()) == [
        "picture.html", "picture.json", "plots.parquet", "scores.parquet", "tracks.csv", "tracks.parquet", "truth.parquet",
    ]  # fmt: skip
    about = json.loads((out / "picture.json").read_text())
    rows, scores = pq.read_table(out / "tracks.parquet"), about["scores"][""]
    assert (out / "tracks.csv").read_text().count("\n") == rows.num_rows + 1
    per_scan = pq.read_table(out / "scores.parquet").to_pandas()
    assert len(per_scan) == 40
    assert scores["gospa_m"] == pytest.approx(per_scan["gospa_m"].mean())
    half = 0.5 * 1000.0**2
    parts = per_scan["localisation_m"] ** 2 * (per_scan["truths"] - per_scan["missed"]) + half * (per_scan["missed"] + per_scan["false"])
    assert per_scan["gospa_m"].to_numpy() == pytest.approx(np.sqrt(parts))
    assert scores["completeness"] == pytest.approx(1.0 - per_scan["missed"].sum() / per_scan["truths"].sum(), abs=0.01)
    given = pq.read_table(out / "plots.parquet").to_pandas()
    assert (given["track"] > 0).sum() == about["plots_of_tracks"] < len(given) == about["plots"]
    peer = json.loads((GIVEN_CASES / "peer_tracker.json").read_text())["cases"][0]["expected"]["per_scan"]
    assert scores["gospa_m"] < np.mean([row["gospa_m"] for row in peer])


def test_the_page_needs_nothing_from_outside(plots: Path, tmp_path: Path) -> None:
    track(str(plots), "--period", "4 s", "--sd", "30 m", "--out", str(tmp_path / "o"))
    page = (tmp_path / "o" / "picture.html").read_text()
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert "1 tracks from 10 plots" not in page
    assert "1 track from 10 plots in 10 scans" in page


def test_lines_on_the_map_are_where_the_tracks_are(plots: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    said = track(str(plots), "--period", "4 s", "--sd", "30 m", "--origin", "46.9,8.2", "--out", str(out))
    assert "1 x wrong number of columns, first at line 12" in said
    assert "1 x x is not a number, first at line 13" in said
    [feature] = json.loads((out / "tracks.geojson").read_text())["features"]
    rows = pq.read_table(out / "tracks.parquet").to_pandas()
    assert feature["properties"]["times_s"] == rows["time_s"].round(3).tolist()
    for (lon, lat), east, north in zip(feature["geometry"]["coordinates"], rows["x_m"], rows["y_m"], strict=True):
        far_m, azimuth, _ = geodesic_inverse(*map(math.radians, (46.9, 8.2, lat, lon)), WGS84_A_M, WGS84_F)
        assert (far_m * math.sin(azimuth), far_m * math.cos(azimuth)) == pytest.approx((east, north), abs=0.05)


def test_each_radar_has_a_picture_and_a_place_of_its_own(tmp_path: Path) -> None:
    rows = [f"{4 * k + off},{radar},{-4000 + 800 * k},8000,30" for k in range(8) for radar, off in (("a", 0), ("b", 1))]
    (tmp_path / "p.csv").write_text("\n".join(["time_s,radar,x_m,y_m,sd_m", *rows]) + "\n")
    said = track(str(tmp_path / "p.csv"), "--period", "4 s", "--origin", "b=40,30", "--out", str(tmp_path / "o"))
    assert "16 plots in 16 scans, 2 tracks" in said
    assert "tracks.geojson" in said
    assert {f["properties"]["radar"] for f in json.loads((tmp_path / "o" / "tracks.geojson").read_text())["features"]} == {"b"}
    page = (tmp_path / "o" / "picture.html").read_text()
    assert "Radar a." in page
    assert "Radar b." in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.csv"], "no such file"),
        (["PLOTS"], "--sd"),
        (["PLOTS", "--sd", "30 m"], "--period"),
        (["PLOTS", "--sd", "30 kg", "--period", "4 s"], "--sd: '30 kg'"),
        (["PLOTS", "--sd", "0 m", "--period", "4 s"], "--sd 0 m: must be more than 0"),
        (["PLOTS", "--sd", "30 m", "--period", "4 s", "--set", "confirm_hit=3"], "did you mean 'confirm_hits'"),
        (["PLOTS", "--sd", "30 m", "--period", "4 s", "--set", "confirm_hits=x"], "is not a number"),
        (["PLOTS", "--sd", "30 m", "--period", "4 s", "--set", "confirm_hits=9"], "confirm_window"),
        (["PLOTS", "--sd", "30 m", "--period", "4 s", "--origin", "99,8"], "--origin 99,8"),
        (["PLOTS", "--sd", "30 m", "--period", "4 s", "--truth", "PLOTS"], "columns time_s, id"),
        (["PLOTS", "--sd", "30 m", "--period", "4 s", "--out", "FOREIGN"], "choose another with --out"),
    ],
)
def test_faults_are_named_and_nothing_is_written(
    plots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("mine")
    names = {"PLOTS": str(plots), "FOREIGN": "foreign"}
    with pytest.raises(SystemExit) as stopped:
        main(["track", *(names.get(word, word) for word in words)])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.parquet*"))


def test_a_file_without_a_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("time_s,x_m,y_m,sd_m\n1,1,1,0\n")
    with pytest.raises(SystemExit):
        main(["track", "p.csv", "--period", "4 s"])
    assert "no plot could be read; 1 x sd is not above 0, first at line 2" in capsys.readouterr().err
    assert not (tmp_path / "tracks" / "p").exists()


def test_other_rules_and_an_earlier_folder(plots: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "o")
    first = track(str(plots), "--period", "4 s", "--sd", "30 m", "--out", out)
    again = track(str(plots), "--period", "4 s", "--sd", "30 m", "--out", out, "--set", "confirm_hits=5", "--set", "accelerations=25")
    options = json.loads((tmp_path / "o" / "picture.json").read_text())["options"]
    assert (options["confirm_hits"], options["accelerations"], options["stay"]) == (5, [25.0], 1.0)
    assert "1 track" in first
    assert "1 track" in again
