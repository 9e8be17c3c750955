import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openiads.errors import InputError
from openiads.records import TABLES, load_record
from openiads.records.folder import claimed, clear_folder, clear_record, require_usable
from openiads.records.reader import summary_sha256
from openiads.records.tables import Names, make_table, read_table, write_json, write_table

DOCS = Path(__file__).parents[2] / "docs" / "record-format.md"


def _asset_table():
    columns = {
        "draw": np.array([-1, -1], np.int32),
        "replication": np.array([0, 1]),
        "asset": Names(np.array([1, -1]), ["capital", "airbase"]),
        "leakers": np.array([2, 0]),
    }
    return make_table("asset", columns)


def test_a_table_survives_the_disk_with_its_version(tmp_path):
    write_table(_asset_table(), tmp_path / "asset.parquet")
    table = read_table(tmp_path / "asset.parquet")
    assert table["asset"].to_pylist() == ["airbase", None]
    assert table["leakers"].to_pylist() == [2, 0]
    assert table.schema.metadata[b"openiads_record"] == b"1"
    assert list(tmp_path.iterdir()) == [tmp_path / "asset.parquet"]


def test_a_time_that_never_comes_is_null():
    columns = {c.name: np.zeros(2, c.type.to_pandas_dtype()) for c in TABLES["replicate"].columns}
    columns["ready_gone_s"] = np.array([5.0, np.nan])
    assert make_table("replicate", columns)["ready_gone_s"].to_pylist() == [5.0, None]


def test_another_schema_version_is_refused(tmp_path):
    table = _asset_table().replace_schema_metadata({b"openiads_record": b"99"})
    pq.write_table(table, tmp_path / "asset.parquet")
    with pytest.raises(InputError, match="version 99; this OpenIADS reads 1"):
        read_table(tmp_path / "asset.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1 not really"])
def test_a_damaged_table_is_one_message(tmp_path, content):
    (tmp_path / "asset.parquet").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_table(tmp_path / "asset.parquet")


def test_one_wrong_bit_is_seen(tmp_path):
    write_table(_asset_table(), tmp_path / "asset.parquet")
    raw = bytearray((tmp_path / "asset.parquet").read_bytes())
    place = raw.index(b"airbase") if b"airbase" in raw else 60
    raw[place] ^= 1
    (tmp_path / "asset.parquet").write_bytes(raw)
    with pytest.raises(InputError, match="cannot be read as Parquet") as caught:
        read_table(tmp_path / "asset.parquet")
    assert len(str(caught.value).splitlines()) == 1


def test_another_table_in_its_place_is_refused(tmp_path):
    write_table(_asset_table(), tmp_path / "unit.parquet")
    with pytest.raises(InputError, match="has other columns than the table unit"):
        read_table(tmp_path / "unit.parquet")
    with pytest.raises(InputError, match=r"asset\.parquet: is missing; the record is damaged"):
        read_table(tmp_path / "asset.parquet")


def test_every_column_is_documented_in_its_table():
    text = DOCS.read_text(encoding="utf-8")
    for table in TABLES.values():
        section = text.partition(f"### `{table.name}`")[2].partition("###")[0]
        assert f"One row: {table.row}." in section, table.name
        for column in table.columns:
            line = next(line for line in section.splitlines() if line.startswith(f"| `{column.name}` |"))
            assert line.endswith(f"| {column.meaning} |"), (table.name, column.name)


def test_the_hash_leaves_provenance_out():
    assert summary_sha256({"a": 1, "provenance": {"wall_s": 1}}) == summary_sha256({"a": 1, "provenance": {"wall_s": 2}})
    assert summary_sha256({"a": 1}) != summary_sha256({"a": 2})


def test_what_is_no_record_is_said(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        load_record(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file; give the folder of a run"):
        load_record(tmp_path / "file")
    (tmp_path / "file").unlink()
    with pytest.raises(InputError, match=r"is not a record: it has no summary\.json"):
        load_record(tmp_path)
    (tmp_path / "journal").mkdir()
    with pytest.raises(InputError, match="--resume continues it"):
        load_record(tmp_path)
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        load_record(tmp_path)
    (tmp_path / "summary.json").write_text(json.dumps({"openiads_record": 2}))
    with pytest.raises(InputError, match="record version 2"):
        load_record(tmp_path)
    summary = {"openiads_record": 1, "headline": "x", "run": {"seed": 1, "runs": 1, "draws": 0}, "provenance": {"tables": {}}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(InputError, match=r"summary\.json: the record is damaged: run\.replicates is missing"):
        load_record(tmp_path)
    summary["run"]["replicates"] = 1
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(InputError, match=r"description\.json: is missing; the record is damaged"):
        load_record(tmp_path)
    (tmp_path / "description.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"description\.json: is not a text file in UTF-8"):
        load_record(tmp_path)


def test_nan_never_reaches_a_json_file(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()


def _begin(folder):
    """What a run that has begun leaves in a folder."""
    (folder / "journal").mkdir(parents=True)
    (folder / "journal" / "run.json").write_text("{}")
    (folder / "journal" / "nominal-0-1").mkdir()


def test_new_and_empty_folders_are_usable(tmp_path):
    require_usable(tmp_path, resume=False)
    require_usable(tmp_path / "a" / "b", resume=False)
    assert not (tmp_path / "a").exists()


def test_files_of_others_are_never_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match=r"holds other files \(thesis\.tex\)"):
        require_usable(tmp_path, resume=False)
    (tmp_path / "journal").mkdir()
    with pytest.raises(InputError, match=r"holds other files \(thesis\.tex\)"):
        require_usable(tmp_path, resume=True)
    (tmp_path / "thesis.tex").rename(tmp_path / "summary.json")
    with pytest.raises(InputError, match=r"holds other files \(summary\.json\)"):
        require_usable(tmp_path, resume=False)
    (tmp_path / "summary.json").rename(tmp_path / "journal" / "2026-10-01.md")  # the journal of somebody else
    for resume in (False, True):
        with pytest.raises(InputError, match=r"holds other files \(journal\)"):
            require_usable(tmp_path, resume=resume)


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file, not a folder"):
        require_usable(tmp_path / "file", resume=False)
    with pytest.raises(InputError, match="is not a folder"):
        require_usable(tmp_path / "file" / "run", resume=False)


def test_an_unfinished_run_is_continued_only_on_demand(tmp_path):
    _begin(tmp_path)
    with pytest.raises(InputError, match="holds an unfinished run; add --resume"):
        require_usable(tmp_path, resume=False)
    require_usable(tmp_path, resume=True)


def test_resuming_without_a_run_is_said(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="holds no run that --resume could continue"):
            require_usable(folder, resume=True)


def test_many_other_files_are_not_all_listed(tmp_path):
    for i in range(8):
        (tmp_path / f"{i}.txt").write_text("x")
    with pytest.raises(InputError, match=r"\(0\.txt, 1\.txt, 2\.txt, 3\.txt, 4\.txt and 3 more\)"):
        require_usable(tmp_path, resume=False)


def test_a_complete_run_is_removed_with_or_without_its_journal(tmp_path):
    _begin(tmp_path)
    for clear, left in ((clear_record, {"run.json", "nominal-0-1"}), (clear_folder, {"run.json"})):
        (tmp_path / "tables").mkdir()
        (tmp_path / "summary.json").write_text("{}")
        require_usable(tmp_path, resume=False)
        clear(tmp_path)
        assert {path.name for path in (tmp_path / "journal").iterdir()} == left
        assert [path.name for path in tmp_path.iterdir()] == ["journal"]


def test_one_run_at_a_time_uses_a_folder(tmp_path):
    folder = tmp_path / "run"
    with claimed(folder, resume=False):
        for check in (lambda: require_usable(folder, resume=False), claimed(folder, resume=False).__enter__):
            with pytest.raises(InputError, match="another run is using this folder"):
                check()
    require_usable(folder, resume=False)  # what it leaves is in nobody's way
    with claimed(folder, resume=False):
        pass


def test_what_came_between_the_look_and_the_claim_is_seen(tmp_path):
    require_usable(tmp_path, resume=False)
    _begin(tmp_path)
    with pytest.raises(InputError, match="holds an unfinished run"), claimed(tmp_path, resume=False):
        pytest.fail("two runs in one folder")


HOLDER = """
import os, subprocess, sys, time
from pathlib import Path
from openiads.records.folder import claimed
with claimed(Path(sys.argv[1]), resume=False):
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    print(orphan.pid, flush=True)
    time.sleep(60)
"""


def test_a_killed_run_and_its_orphans_hold_nothing(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    orphan = int(holder.stdout.readline())
    try:
        with pytest.raises(InputError, match="another run"):
            require_usable(tmp_path, resume=False)
        holder.kill()
        holder.communicate()
        with claimed(tmp_path, resume=False):
            os.kill(orphan, 0)  # it still lives
    finally:
        holder.kill()
        os.kill(orphan, 9)


def test_names_are_dictionary_encoded():
    assert pa.types.is_dictionary(_asset_table().schema.field("asset").type)
