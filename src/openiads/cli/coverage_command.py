"""``openiads coverage``: where the defence sees, detects and can engage, as maps and tables."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openiads.cli.data_option import Data, catalogue_of
from openiads.errors import InputError

if TYPE_CHECKING:
    from openiads.catalogue import Catalogue

EPILOG = """\b
Examples:
  openiads coverage examples/ridge.yaml
  openiads coverage my.yaml --height '100 m AGL' --class threat_subsonic_cm
  openiads coverage my.yaml --bearing 75 --bearing 90 --out maps/east

\b
Exit codes: 0 done; 2 bad input or usage; 130 interrupted.
The same areas for the usual three heights stand in the report of each run.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("coverage", epilog=EPILOG, short_help="Maps: where is the raid seen, detected, engageable?")(coverage)


def coverage(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for maps and tables. Default: coverage/<name of the file>.")
    ] = None,
    heights: Annotated[
        list[str] | None,
        typer.Option("--height", metavar="HEIGHT", help="Height of the inbound, '50 m AGL' or '1500 m AMSL'; may be repeated."),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="CLASS", help="Threat or aircraft of the catalogue that comes in; may be repeated."),
    ] = None,
    bearings: Annotated[
        list[float] | None,
        typer.Option("--bearing", metavar="DEG", help="Only inbounds from this bearing, seen from the centre; may be repeated."),
    ] = None,
    spacing: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Distance between points of the maps, such as '500 m'. Default: by the extent.")
    ] = None,
    data: Data = None,
) -> None:
    """Draw where the defence sees, detects and can engage lone straight inbounds, and how high each radar's view begins.

    Every class flies at every height. Without --height and --class: a cruise missile at 50 m, a drone at 1,500 m above the ground and a
    fighter at 10 km above the sea. Terrain and weather are those of the scenario; nominal values; the most valuable asset is the centre.
    The folder gets each map as SVG and PNG, and the tables behind them as Parquet in kilometres of the scenario's own grid.
    """
    from openiads.experiments.signals import interrupted

    try:
        _draw(scenario, out or Path("coverage") / scenario.stem, (heights, classes, bearings, spacing), data)
    except KeyboardInterrupt as stop:
        raise interrupted("interrupted; the folder is not complete", stop) from None


_Wanted = tuple["list[str] | None", "list[str] | None", "list[float] | None", "str | None"]


def _draw(file: Path, out: Path, wanted: _Wanted, data: Path | None) -> None:
    from openiads import units
    from openiads.cli.check_command import checked
    from openiads.cli.run_command import Watcher, progress_bar

    heights, classes, bearings, spacing = wanted
    catalogue = catalogue_of(data)
    kinds = _probes(heights, classes, catalogue)
    spacing_m = None if spacing is None else units.parse(spacing, "length")
    if spacing_m is not None and spacing_m <= 0.0:
        raise InputError(f"--spacing {spacing}: must be more than 0 m")
    lowered = checked(file, catalogue)

    from openiads.experiments.atlas import Asked, draw_up
    from openiads.reports.atlas import draw_atlas

    bearings_rad = tuple(math.radians(deg % 360.0) for deg in bearings or ())
    asked = Asked(kinds or Asked.probes, bearings_rad, spacing_m)
    with progress_bar() as bar:
        watcher = Watcher(bar)
        draw_up(lowered, out, asked, watcher)
        files = draw_atlas(out, watcher)
    typer.echo(_said(out, [path for path in files if path.suffix == ".svg"]))


def _probes(heights: list[str] | None, classes: list[str] | None, catalogue: Catalogue) -> tuple[tuple[str, float, bool], ...]:
    """Every class at every height; what is not stated is that of the usual three. Empty if neither is stated."""
    from pydantic import TypeAdapter, ValidationError

    from openiads.scenario.fields import Height, HeightText
    from openiads.scenario.references import airframes, is_ballistic

    if not heights and not classes:
        return ()
    names = classes or ["threat_subsonic_cm"]
    for name in names:
        if not airframes(catalogue, name) or "airframe" not in catalogue.system(name).components or is_ballistic(catalogue.system(name)):
            usable = [n for n in catalogue.names() if airframes(catalogue, n) and not is_ballistic(catalogue.system(n))]
            usable = [n for n in usable if "airframe" in catalogue.system(n).components]
            raise InputError(f"--class {name}: is no air-breathing class of the catalogue; allowed: {', '.join(usable)}")
    adapter: TypeAdapter[Height] = TypeAdapter(HeightText)
    stated = []
    for text in heights or ["50 m AGL"]:
        try:
            stated.append(adapter.validate_python(text))
        except ValidationError as error:
            raise InputError(f"--height {error.errors()[0]['msg']}") from None
    return tuple((name, height.value_m, height.reference == "AGL") for name in names for height in stated)


def _said(out: Path, maps: list[Path]) -> str:
    """What was found, and where it is."""
    import json

    from openiads.reports.words import class_title, first_up, height, km

    about = json.loads((out / "coverage.json").read_text(encoding="utf-8"))
    lines = [f"{about['title']}: ground {about['terrain']}, about {about['centre']}"]
    for row in about["heights"]:
        over = "above the ground" if row["above_ground"] else "above the sea"
        lines.append(f"{first_up(class_title(row['class']))} at {height(row['height_m'])} {over}:")
        for kind in ("visible", "detectable", "engageable"):
            area = row[kind]
            found = f"{area['area_m2'] / 1e6:>9,.0f} km², out to {km(area['outer_m'])}" if area["area_m2"] else "  nowhere"
            lines.append(f"  {kind:<12}{found}")
    return "\n".join([*lines, "", f"{len(maps)} maps (SVG, PNG) and three tables (Parquet): {out}"])
