"""`openiads run` as a user meets it: real processes, a real Ctrl-C, a real kill."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from openiads.cli import app
from openiads.cli.run_command import progress_bar
from openiads.errors import InputError, Interrupted
from openiads.records import load_record

EXAMPLE = Path(__file__).parents[2] / "examples" / "one-cruise-missile.yaml"
SMALL = ("--runs", "20", "--draws", "3", "--replicates", "4", "--workers", "1")


LIMITS = "all, none, missiles, channels, detection, reaction, link, kill, damage"


def _command(*arguments):
    return [sys.executable, "-m", "openiads", "run", *map(str, arguments)]


def _invoke(*arguments):
    """The command in this process; errors of ours stay exceptions."""
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


def _run(*arguments):
    return subprocess.run(_command(*arguments), capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "record"
    return _invoke(EXAMPLE, *SMALL, "--out", folder), folder


def test_the_transcript_says_what_the_record_says(finished):
    done, folder = finished
    record = load_record(folder)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == f"one-cruise-missile.yaml: {record.summary['title']}, Aldoria (invented), seed 7"
    assert lines[1].startswith("nominal 20  draws 3 x 4  ")
    assert record.summary["headline"] in lines
    assert any(re.fullmatch(r" +mean \+/- sim\.err +night to night +not known", line) for line in lines)
    assert any(line.startswith("first broken step: ") for line in lines)
    head = lines.index(next(line for line in lines if line.startswith("same luck, one limit lifted: change in leakers over 20 nights")))
    rows = record.summary["lifted"]
    assert [line[2:28].rstrip() for line in lines[head + 1 : head + 1 + len(rows)]] == [row["words"] for row in rows]
    assert re.fullmatch(r"  no damage to the defence +nothing damages it", lines[head + len(rows)])
    assert f"rests on {record.summary['assumptions']} assumptions" in done.stdout
    leakers = record.summary["outcomes"]["leakers"]
    assert (leakers["mean"], leakers["simulation_error"]) == (0.0, 0.0)
    assert any(re.fullmatch(r"leakers +0 every night +0 +\S+", line) for line in lines)  # and no error of 0 is claimed
    assert not re.search(r"\+/- 0\b(?!\.)", done.stdout)
    assert record.summary["leakage"]["high"] == pytest.approx(1 - 0.025 ** (1 / 20))
    assert lines[-1] == f"wrote {folder}/  report.html  summary.json  sha256 {record.sha256[:16]}"
    assert (folder / "report.html").stat().st_size > 1000


def test_json_is_the_summary_and_nothing_else(finished, tmp_path):
    done = _invoke(EXAMPLE, *SMALL, "--out", tmp_path / "a", "--json")
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "a" / "summary.json").read_text())
    before = load_record(finished[1]).summary
    del found["provenance"], before["provenance"]
    assert found == before


def test_without_draws_every_output_says_chance_only(tmp_path):
    done = _invoke(EXAMPLE, "--runs", "5", "--draws", "0", "--out", tmp_path / "a")
    assert "CHANCE ONLY" in done.stdout
    assert done.stdout.count("chance only") >= 5
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["stamp"] == "chance only"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.yaml",), "there is no such file"),
        ((EXAMPLE, "--runs", "0"), "--runs: 0 must be at least 1"),
        ((EXAMPLE, "--draws", "1"), "--draws: one draw says nothing"),
        ((EXAMPLE, "--runs", "5", "--until-half-width", "1"), "exclude each other"),
        ((EXAMPLE, "--until-half-width", "0"), "must be greater than 0"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing(tmp_path, arguments, message):
    error = _invoke(*arguments, "--out", tmp_path / "a").exception
    assert isinstance(error, InputError)
    assert message in str(error)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("option", ["--runs", "--draws", "--replicates", "--seed", "--workers", "--keep"])
def test_a_number_that_cannot_be_read_is_said_in_plain_words(option):
    assert f"Invalid value for '{option}': 'abc' must be a whole number\n" in _invoke(EXAMPLE, option, "abc").output
    assert "Invalid value for '--until-half-width': 'abc' must be a number\n" in _invoke(EXAMPLE, "--until-half-width", "abc").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--runs", "5", "--until-half-width", "1"), "error: --runs and --until-half-width: exclude each other; keep one\n"),
        (("--until-half-width", "nan"), "error: --until-half-width: nan must be greater than 0 and finite\n"),
        (("--draws", "-1", "--runs", "0"), "error: --draws: -1 must be at least 0\n--runs: 0 must be at least 1\n"),
        (("--lift", "misiles"), f"error: --lift: 'misiles' is not allowed; allowed: {LIMITS}; did you mean 'missiles'?\n"),
        (("--workers", "0"), "error: --workers: 0 must be at least 1 and at most 1024\n"),
    ],
)
def test_bad_options_are_refused_before_anything_heavy_is_loaded(arguments, said):
    code = "import atexit, sys; from openiads.cli import main; atexit.register(lambda: print(*sys.modules)); main(['run', *sys.argv[1:]])"
    done = subprocess.run([sys.executable, "-c", code, "x.yaml", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, said)
    loaded = set(done.stdout.split())
    assert "openiads.experiments.options" in loaded
    assert not loaded & {"numpy", "numba", "scipy", "pyarrow", "openiads.experiments.run"}


def test_the_bar_and_the_messages_write_numbers_alike():
    from rich.progress import Progress

    bar = Progress(*progress_bar().columns)
    bar.add_task("nominal", total=10_000, completed=9_978)
    [table] = bar.get_renderables()
    assert "9,978 of 10,000" in [cell.plain for column in table.columns for cell in column.cells if hasattr(cell, "plain")]


def test_a_word_where_a_number_belongs_is_a_usage_error():
    assert _invoke(EXAMPLE, "--runs", "many").exit_code == 2


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    done = _run(EXAMPLE, *SMALL, "--out", tmp_path)
    assert done.returncode == 2
    assert "holds other files (notes.txt)" in done.stderr
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_said_before_any_work(tmp_path):
    (tmp_path / "file").write_text("x")
    error = _invoke(EXAMPLE, *SMALL, "--out", tmp_path / "file" / "run").exception
    assert isinstance(error, InputError)
    assert "is not a folder" in str(error)


LONG = ("--runs", "6000", "--draws", "2", "--replicates", "3", "--seed", "11", "--keep", "1")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long") / "record"
    assert _run(EXAMPLE, *LONG, "--workers", "1", "--out", folder).returncode == 0
    return load_record(folder)


def _wait_for_parts(process, folder, count):
    deadline = time.monotonic() + 240
    while len(list(folder.glob("journal/nominal-*"))) < count:
        assert process.poll() is None, "the run ended before it could be disturbed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "stop", "code"), [("1", signal.SIGINT, 130), ("2", signal.SIGINT, 130), ("2", signal.SIGTERM, 143)])
def test_ctrl_c_keeps_what_is_finished_and_resume_ends_the_same(tmp_path, uninterrupted, workers, stop, code):
    folder = tmp_path / "record"
    command = _command(EXAMPLE, *LONG, "--workers", workers, "--out", folder)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    _wait_for_parts(process, folder, 9)
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, stop)  # as a terminal does: to the whole group, workers included
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == code, stderr
    assert not psutil.wait_procs(children, timeout=20)[1]
    assert re.search(r"[\d,]+ finished replicates are kept in .*; the same command with --resume continues", " ".join(stderr.split()))
    assert "Traceback" not in stderr
    assert not (folder / "summary.json").exists()
    parts = {part.name for part in folder.glob("journal/nominal-*")}
    assert len(parts) >= 9
    refused = _run(EXAMPLE, *LONG, "--out", folder)
    assert refused.returncode == 2
    assert "add --resume" in refused.stderr
    assert _run(EXAMPLE, *LONG, "--workers", workers, "--out", folder, "--resume").returncode == 0
    assert parts <= {part.name for part in folder.glob("journal/nominal-*")}
    assert load_record(folder).sha256 == uninterrupted.sha256
    assert load_record(folder).table("engagement").equals(uninterrupted.table("engagement"))


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_with_its_code_wherever_it_hits(name, code):
    """CPython dies of Ctrl-C after a plain KeyboardInterrupt inside exec(), even if caught: such is the import of a dataclass."""
    script = f"""
import signal, sys
from openiads.cli import main
from openiads.experiments.options import Options
Options.require_usable = lambda _: exec("signal.raise_signal(signal.{name})")
main(["run", "x.yaml"])
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "error: interrupted before anything was run\n")


@pytest.mark.slow
@pytest.mark.parametrize(("late_s", "impatient"), [(0.0, False), (0.0, True), (0.2, True), (0.6, False)])
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_all_while_the_workers_start_is_one_message(tmp_path, stop, code, late_s, impatient):
    command = _command(EXAMPLE, *LONG, "--runs", "1000000", "--workers", "2", "--out", tmp_path / "record")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(psutil.Process(process.pid).children()) < 2:  # the tracker of resources, then the server of workers
        assert process.poll() is None
        time.sleep(0.005)
    time.sleep(late_s)
    os.killpg(process.pid, stop)
    if impatient:
        time.sleep(0.05)
        os.killpg(process.pid, stop)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == code
    assert re.fullmatch(
        r"error: interrupted; [\d,]+ finished replicates are kept in .*; the same command with --resume continues\n", stderr
    )


@pytest.mark.slow
def test_a_signal_to_the_run_alone_ends_its_workers_too(tmp_path):
    command = _command(EXAMPLE, *LONG, "--runs", "1000000", "--workers", "2", "--out", tmp_path / "record")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    children: list[psutil.Process] = []
    while len(children) < 4:  # the server of workers, the tracker of their resources, two workers
        assert process.poll() is None
        _wait_for_parts(process, tmp_path / "record", 9)
        children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 143
    assert re.fullmatch(
        r"error: interrupted; [\d,]+ finished replicates are kept in .*; the same command with --resume continues\n", stderr
    )
    assert not psutil.wait_procs(children, timeout=20)[1]


@pytest.mark.slow
def test_a_second_run_in_the_same_folder_is_refused(tmp_path):
    folder = tmp_path / "record"
    first = subprocess.Popen(_command(EXAMPLE, *LONG, "--runs", "1000000", "--workers", "1", "--out", folder), stderr=subprocess.PIPE)
    _wait_for_parts(first, folder, 9)
    try:
        second = _run(EXAMPLE, *SMALL, "--out", folder, "--resume")
        assert second.returncode == 2
        assert second.stderr == f"error: {folder}: another run is using this folder; wait for its end, or give another --out\n"
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()


def test_a_ctrl_c_during_the_report_says_what_is_missing(tmp_path, monkeypatch):
    def stop(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr("openiads.reports.write_report", stop)
    error = _invoke(EXAMPLE, "--runs", "5", "--draws", "0", "--out", tmp_path / "a").exception
    assert isinstance(error, Interrupted)
    assert str(error) == f"interrupted; only report.html is missing: openiads report {tmp_path / 'a'}"
    assert load_record(tmp_path / "a").summary["run"]["runs"] == 5


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same(tmp_path, uninterrupted):
    folder = tmp_path / "record"
    process = subprocess.Popen(_command(EXAMPLE, *LONG, "--workers", "1", "--out", folder), start_new_session=True)
    _wait_for_parts(process, folder, 9)
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.kill()
    process.wait()
    assert _run(EXAMPLE, *LONG, "--workers", "1", "--out", folder, "--resume").returncode == 0
    assert load_record(folder).sha256 == uninterrupted.sha256
