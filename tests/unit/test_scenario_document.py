"""Files that are no scenario at all: one clear message each."""

from __future__ import annotations

from pathlib import Path

import pytest

from openiads.errors import ScenarioError
from openiads.scenario.document import MAX_BYTES, read_document

BROKEN = [
    (b"", None, "is empty"),
    (b"# only a comment\n", None, "is empty"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", None, "not a text file in UTF-8"),
    (b"a: 1\nb: \x00\n", 2, "control character 0x00"),
    (b"a: 1\nplace: {name: x\nred: 2\n", 2, "bracket '{' opened here is not closed"),
    (b"a: 1\nb: [1, 2\n", 2, "bracket '[' opened here is not closed"),
    (b"a: 1\nb: 'text\nc: 2\n", 2, "quote opened here is not closed"),
    (b"a: 1\nb:\n\t- c\n", 3, "tab in the indentation"),
    (b"a: 1\nb: 2\na: 3\n", 3, "a: stands twice"),
    (b"a: 1\n  b: 2\n", 2, "deeper indentation"),
    (b"a: first: second\n", 1, "put the text in quotes"),
    (b"a: &x [1]\nb: *x\n", 1, "anchors"),
    (b"- a\n- b\n", 1, "not a mapping of keys"),
    (b"just text\n", 1, "not a mapping of keys"),
    (b"a: 1\n---\nb: 2\n", 2, "document"),
    (b"".join(b" " * i + b"a:\n" for i in range(500)), 21, "nested too deeply"),
    (b"a: @b\n", 1, "cannot start any token"),
    (b"a: " + b"[" * 5000 + b"]" * 5000 + b"\n", 1, "nested too deeply"),
    (b"a: 2020-99-99\n", None, "cannot be read as YAML"),
    (b"#" * (MAX_BYTES + 1), None, "is larger than"),
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
