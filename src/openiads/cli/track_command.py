"""``openiads track``: recorded plots become tracks, and with the truth they are judged."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openiads.errors import InputError

if TYPE_CHECKING:
    from openiads.interop.asterix import AsterixPlots
    from openiads.interop.plots_csv import CsvPlots
    from openiads.simulation.tracker import TrackerOptions

EPILOG = """\b
Examples:
  openiads track plots.csv --period '4 s' --range-sd '50 m' --azimuth-sd '0.2 deg'
  openiads track plots.csv --truth truth.csv --far '150 km' --out tracks/night
  openiads track recording.pcap --range-sd '70 m' --azimuth-sd '0.08 deg'
  openiads track plots.csv --set confirm_hits=3 --set accelerations=25

\b
CSV: columns say their unit: time_s; range_km, azimuth_deg, elevation_deg or
x_m, y_m, z_m; range_sd_m, azimuth_sd_deg, elevation_sd_deg or sd_m; radial_mps,
radial_sd_mps; radar, scan. Truth: time_s, id, x_m, y_m, z_m, vx_mps, vy_mps, vz_mps.
ASTERIX: category 048, as a pcap capture or bare data blocks (.ast, .bin, .raw).
Exit codes: 0 done; 2 bad input or usage; 130 interrupted.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("track", epilog=EPILOG, short_help="Recorded plots (CSV, ASTERIX) become tracks.")(track)


def track(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Plots: .csv, .csv.gz, or recorded ASTERIX.", show_default=False)],
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the targets really were, as CSV: the picture is judged.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for tracks and page. Default: tracks/<name of the file>.")] = None,
    period: Annotated[str | None, typer.Option(metavar="TIME", help="How long a scan lasts, if no column says which is which.")] = None,
    range_sd: Annotated[str | None, typer.Option(metavar="LENGTH", help="Standard deviation of ranges, if no column has it.")] = None,
    azimuth_sd: Annotated[str | None, typer.Option(metavar="ANGLE", help="The same of azimuths.")] = None,
    elevation_sd: Annotated[str | None, typer.Option(metavar="ANGLE", help="The same of elevations.")] = None,
    sd: Annotated[str | None, typer.Option(metavar="LENGTH", help="The same of each coordinate x, y, z.")] = None,
    radial_sd: Annotated[str | None, typer.Option(metavar="SPEED", help="The same of radial speeds.")] = None,
    detection: Annotated[float, typer.Option(metavar="P", help="Chance that a scan has a plot of a target.")] = 0.9,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another rule of the tracker; may be repeated.")
    ] = None,
    cutoff: Annotated[
        str, typer.Option(metavar="LENGTH", help="From this distance on, a track is not of a target (with --truth).")
    ] = "1 km",
    near: Annotated[str, typer.Option(metavar="LENGTH", help="Judge only what is farther from the radar.")] = "0 km",
    far: Annotated[str | None, typer.Option(metavar="LENGTH", help="Judge only what is nearer to the radar.")] = None,
    origins: Annotated[
        list[str] | None,
        typer.Option(
            "--origin", metavar="[RADAR=]LAT,LON", help="Place of the radar in degrees: tracks become GeoJSON too; may be repeated."
        ),
    ] = None,
) -> None:
    """Make tracks of recorded plots: gating, global nearest neighbour, and a mixture of motion models (IMM), scan by scan.

    The folder gets the tracks as Parquet and CSV, every plot with the track it was given to, and a page with the picture; with --truth also
    GOSPA, OSPA, SIAP, purity and continuity. Records that cannot be read are counted and named. Each radar has its own picture.
    """
    from openiads.experiments.signals import interrupted

    stated = {"range_sd_m": (range_sd, "length"), "azimuth_sd_rad": (azimuth_sd, "angle"), "elevation_sd_rad": (elevation_sd, "angle")}
    stated |= {"sd_m": (sd, "length"), "radial_sd_mps": (radial_sd, "speed")}
    errors = {name: _above_0(name, text, kind) for name, (text, kind) in stated.items() if text is not None}
    ring = (
        _quantity("--cutoff", cutoff, "length"),
        _quantity("--near", near, "length"),
        math.inf if far is None else _quantity("--far", far, "length"),
    )
    try:
        plots = _open(source, errors, None if period is None else _above_0("period", period, "time"))
        options = _options(plots.dimensions, detection, changes or [])
        _follow(plots, source, truth, out or Path("tracks") / source.name.partition(".")[0], options, ring, origins or [])
    except KeyboardInterrupt as stop:
        raise interrupted("interrupted; no file is left half written", stop) from None


def _open(source: Path, errors: dict[str, float], period_s: float | None) -> AsterixPlots | CsvPlots:
    from openiads.interop.asterix import AsterixPlots
    from openiads.interop.plots_csv import CsvPlots

    if not source.is_file():
        raise InputError(f"{source}: no such file")
    reader = CsvPlots if ".csv" in source.suffixes or source.suffix in (".tsv", ".txt") else AsterixPlots
    return reader(source, errors, period_s)


def _follow(
    plots: AsterixPlots | CsvPlots,
    source: Path,
    truth: Path | None,
    out: Path,
    options: TrackerOptions,
    ring: tuple[float, float, float],
    origins: list[str],
) -> None:
    import shlex
    import sys

    from openiads.cli.run_command import progress_bar
    from openiads.experiments.pictures import Scoring, draw_picture
    from openiads.interop.plots_csv import CsvTruth
    from openiads.reports.picture import write_picture
    from openiads.version import __version__

    judge = None if truth is None else CsvTruth(truth, plots.dimensions)
    about = {"version": __version__, "input": source.name, "truth": None if truth is None else truth.name}
    about["command"] = shlex.join(["openiads", *sys.argv[1:]])
    with progress_bar() as bar:
        task = bar.add_task("scans", total=None)
        places = dict(map(_place, origins))
        scoring = Scoring(*ring)
        found = draw_picture(plots, plots.rejects, out, options, about, judge, scoring, places, lambda n: bar.update(task, completed=n))
    page = write_picture(out)
    typer.echo(_said(found, page))


def _options(dimensions: int, detection: float, changes: list[str]) -> TrackerOptions:
    from dataclasses import fields

    from openiads.simulation.tracker import TrackerOptions

    known: dict[str, Any] = {field.name: field.default for field in fields(TrackerOptions) if field.name not in ("dimensions", "detection")}
    wanted: dict[str, Any] = {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                f"--set {change}: no rule {name!r}; {f'did you mean {near[0]!r}? ' if near else ''}allowed: {', '.join(known)}"
            )
        default = known[name]
        try:
            wanted[name] = tuple(map(float, text.split(","))) if isinstance(default, tuple) else type(default)(text)
        except ValueError:
            raise InputError(
                f"--set {change}: {text!r} is not a number{'' if isinstance(default, int) else ', such as ' + str(default)}"
            ) from None
    if "accelerations" in wanted and "climb_accelerations" not in wanted:
        wanted["climb_accelerations"] = tuple(min(a, known["climb_accelerations"][-1]) for a in wanted["accelerations"])
    if len(wanted.get("accelerations", (0, 0))) == 1 and "stay" not in wanted:
        wanted["stay"] = 1.0
    return TrackerOptions(dimensions=dimensions, detection=detection, **wanted)


def _quantity(option: str, text: str, dimension: str) -> float:
    from openiads import units

    try:
        value = units.parse(text, dimension)
    except InputError as error:
        raise InputError(f"{option}: {error}") from None
    if value < 0.0:
        raise InputError(f"{option} {text}: must not be negative")
    return value


def _above_0(name: str, text: str, dimension: str) -> float:
    option = "--" + name.removesuffix("_m").removesuffix("_rad").removesuffix("_mps").replace("_", "-")
    value = _quantity(option, text, dimension)
    if value == 0.0:
        raise InputError(f"{option} {text}: must be more than 0")
    return value


def _place(text: str) -> tuple[str, tuple[float, float]]:
    """(radar, latitude and longitude in radians); without a name it is for every radar."""
    radar, _, place = text.rpartition("=")
    try:
        lat, lon = map(float, place.split(","))
    except ValueError:
        lat = lon = math.nan
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
        raise InputError(f"--origin {text}: must be a latitude and a longitude in degrees, such as 46.9,8.2 or north=46.9,8.2")
    return radar, (math.radians(lat), math.radians(lon))


def _said(found: dict[str, Any], page: Path) -> str:
    """What was found, and where it is."""
    from openiads.reports.picture import SCORES, score_words
    from openiads.reports.words import amount_of

    counts = [amount_of(found[f"{what}s"], what) for what in ("plot", "scan", "track")]
    lines = [f"{found['input']}: {counts[0]} in {counts[1]}, {counts[2]}"]
    lines += [f"not read: {row['records']:,} x {row['fault']}, first at {row['first']}" for row in found["rejected"]]
    for radar, row in found.get("scores", {}).items():
        lines += ["", f"against {found['truth']}{f', radar {radar}' if radar else ''}:"]
        lines += [f"  {name:<26}{score_words(key, unit, row[key]):>12}" for key, name, unit, _ in SCORES]
    written = [page.name, *sorted(path.name for path in page.parent.iterdir() if path.suffix in (".parquet", ".csv", ".geojson"))]
    return "\n".join([*lines, "", f"wrote {page.parent}/  {', '.join(written)}"])
