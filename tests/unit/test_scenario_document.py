"""Files that are no scenario at all: one clear message each."""

from __future__ import annotations

from pathlib import Path

import pytest

from openiads.errors import ScenarioError
from openiads.scenario.document import MAX_BYTES, read_document

SIGNS = "anchors, aliases and tags"
ALIEN = "is not a scenario file; a scenario begins with 'openiads: 1'"
ONE = b"openiads: 1\n"
BROKEN = [
    (b"", None, "is empty"),
    (b" \n\n", None, "is empty"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", None, "not a text file in UTF-8"),
    (ONE + b"b: \x00\n", 2, "control character 0x00"),
    (ONE + b"place: {name: x\nred: 2\n", 2, "bracket '{' opened here is not closed"),
    (ONE + b"b: [1, 2\n", 2, "bracket '[' opened here is not closed"),
    (ONE + b"b: 'text\nc: 2\n", 2, "quote opened here is not closed"),
    (ONE + b'b: "C:\\q"\n', 2, "use single quotes"),
    (ONE + b"b:\n\t- c\n", 3, "tab in the indentation"),
    (ONE + b"  b: 2\n", 2, "deeper indentation"),
    (ONE + b"b: first: second\n", 2, "put the text in quotes"),
    (ONE + b"b:\n  c: 1\n d: 2\n", 4, "another indentation"),
    (ONE + b"b\nc: 2\n", 3, "a key without ':'"),
    (ONE + b"- b\n", 2, "does not belong to the ones above"),
    (ONE + b"b: &x [1]\nc: *x\n", 2, SIGNS),
    (ONE + b"b: & more\n", 2, SIGNS),
    (ONE + b"b: *bold* words\n", 2, SIGNS),
    (ONE + b"b: !!python/object:os.system x\n", 2, SIGNS),
    (ONE + b"b: @b\n", 2, "a text that begins with @ must stand in quotes"),
    (ONE + b"---\nb: 2\n", 2, "a second document"),
    (ONE + b"".join(b" " * i + b"a:\n" for i in range(500)), 21, "nested too deeply"),
    (ONE + b"a: " + b"[" * 5000 + b"]" * 5000 + b"\n", 2, "nested too deeply"),
    (b"#" * (MAX_BYTES + 1), None, "is larger than"),
    (b"# only a comment\n", None, ALIEN),
    (b"- a\n- b\n", None, ALIEN),
    (b"just text\n", None, ALIEN),
    (b"Dear *all*,\n& so on: yes\n", None, ALIEN),
    (b"#!/bin/sh\n&x\n", None, ALIEN),
    (b"all: build\n\tcc x.c\n", None, ALIEN),
    (b"%PDF-1.4\n", None, ALIEN),
]


@pytest.mark.parametrize(("raw", "line", "words"), BROKEN)
def test_a_broken_file_gives_one_message_with_its_line(tmp_path: Path, raw: bytes, line: int | None, words: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError) as caught:
        read_document(path)
    [problem] = caught.value.problems
    assert words in str(problem)
    assert problem.file == str(path)
    assert problem.line == line


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="is a folder"):
        read_document(str(tmp_path))


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ScenarioError, match="cannot be read: Permission denied"):
        read_document(tmp_path / "locked.yaml")


def test_lines_of_nested_keys() -> None:
    document = read_document("a: 1\nlist:\n  - {x: 1}\n  - x: 2\n    y: 3\n")
    assert document.data == {"a": 1, "list": [{"x": 1}, {"x": 2, "y": 3}]}
    assert document.problem(("list", 1, "y"), "m").line == 5
    assert document.problem(("list", 1, "y"), "m").key == "list[1].y"
    assert document.problem(("list", 0, "new"), "m", new_key=True).line == 3
    assert document.problem(("list", 0, "new"), "m", new_key=True).key == "list[0].new"


def test_a_byte_order_mark_and_words_of_other_alphabets_are_text(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes("\ufefftitle: Çelik Kubbe 鋼\n".encode())
    assert read_document(path).data == {"title": "Çelik Kubbe 鋼"}


def test_a_date_is_a_text() -> None:
    assert read_document("openiads: 1\ntitle: 2026-02-30\n").data["title"] == "2026-02-30"
