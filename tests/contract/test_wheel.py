"""The wheel holds everything: installed alone into an empty environment, the main job runs from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from numba.core.caching import _CacheLocator

import openiads
from openiads.kernel import cache_folder

ROOT = Path(__file__).parents[2]
SOURCE = Path(openiads.__file__).parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    for builder in (WheelBuilder, SdistBuilder):
        list(builder(str(ROOT)).build(directory=str(folder)))
    return folder


def _tracked(*places: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z", *places], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}


def test_the_wheel_has_the_package_the_examples_and_the_licence(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        found = set(wheel.namelist())
    tracked = {name.removeprefix("src/") for name in _tracked("src")} | {f"openiads/{name}" for name in _tracked("examples")}
    assert tracked <= found
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in found)
    for name in ("catalogue/data/systems/s400.yaml", "scenario/scenario.schema.json", "reports/templates/report.css", "py.typed"):
        assert f"openiads/{name}" in found
    assert not any(part in name for name in found for part in ("tests/", "__pycache__"))


def test_the_source_archive_has_every_file(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    assert _tracked() <= found


@pytest.mark.slow
def test_an_installed_wheel_runs_the_demo_from_an_empty_folder(built: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    wheel = next(built.glob("*.whl"))
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--disable-pip-version-check", wheel], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv")}))
    own = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    (site / "others.pth").write_text("\n".join(own), encoding="utf-8")  # what it depends on; its own package comes first
    _lend_compiled(site / "openiads", tmp_path / "cache")
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["OPENIADS_CACHE_DIR"] = str(tmp_path / "cache")

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run(python, "-c", "import openiads; print(openiads.__file__)").strip() == str(site / "openiads" / "__init__.py")
    said = run(python.with_name("openiads"), "demo", "--runs", "8", "--draws", "0", "--workers", "1")
    report = Path("runs", "main-7", "report.html")
    assert said.startswith("main.yaml: One S-400 system against a mixed raid, Aldoria (invented), seed 7\nnominal 8")
    assert said.splitlines()[-1] == f"The report: {report} (open it in any browser; it needs no internet)"
    assert (empty / report).stat().st_size > 100_000
    listed = run(python.with_name("openiads"), "demo", "--list")
    assert listed.count(str(site / "openiads" / "examples")) == len(list((ROOT / "examples").rglob("*.yaml")))


def _lend_compiled(installed: Path, cache: Path) -> None:
    """The compiled engine of the present source, where numba will look for that of the same source elsewhere: it spares a minute."""
    mine = cache_folder()
    for folder in {path.parent for path in SOURCE.rglob("*.py")}:
        place = installed / folder.relative_to(SOURCE)
        for file in folder.glob("*.py"):
            shutil.copystat(file, place / file.name)  # numba compares times
        here, there = (_CacheLocator.get_suitable_cache_subpath(str(path / "any.py")) for path in (folder, place))
        if (mine / here).is_dir():
            shutil.copytree(mine / here, cache / mine.name / there)
