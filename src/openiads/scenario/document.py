"""A YAML file as plain data plus the line of every key. Everything that can be wrong with a text file ends here in one clear `Problem`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from openiads.errors import Problem, ScenarioError

#: Room for 2,000 groups, the most that are read within seconds.
MAX_BYTES: Final = 500_000
#: The format itself is 7 deep.
MAX_DEPTH: Final = 20

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """The parsed file: `data` in plain Python types, and where everything stands."""

    file: str
    data: dict[str, Any]
    _tree: CommentedMap

    def problem(self, location: Location, message: str, hint: str = "", *, new_key: bool = False) -> Problem:
        """A `Problem` at `location`; steps that the file does not have are left out, except the last one of a `new_key`."""
        node: Any = self._tree
        line, key = 1, ""
        for step in location:
            if isinstance(node, CommentedMap) and step in node:
                line, key = node.lc.key(step)[0] + 1, f"{key}.{step}" if key else str(step)
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line, key = node.lc.item(step)[0] + 1, f"{key}[{step}]"
            else:
                continue
            node = node[step]
        if new_key:
            key = f"{key}.{location[-1]}" if key else str(location[-1])
        joint = ";" if hint and not hint.startswith("(") else ""
        return Problem(self.file, line, key, message + joint, hint)


def read_document(source: Path | str) -> Document:
    """Parse a file (a `Path`, or a text without line break) or the text itself; raises `ScenarioError` with one problem."""
    if isinstance(source, str) and "\n" in source:
        return _parse("<text>", source)
    return _parse(str(source), _text_of(Path(source)))


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused(str(path), None, "there is no such file") from None
    except IsADirectoryError:
        raise _refused(str(path), None, "is a folder; give a scenario file") from None
    except OSError as error:
        raise _refused(str(path), None, f"cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _refused(str(path), None, f"is larger than {MAX_BYTES:,} bytes; many threats are one group with a count")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(str(path), None, "is not a text file in UTF-8") from None


def _parse(file: str, text: str) -> Document:
    if bad := re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
        line = text.count("\n", 0, bad.start()) + 1
        raise _refused(file, line, f"is not a text file: it contains the control character 0x{ord(bad[0]):02x}")
    if tab := re.search(r"^ *\t[ \t]*[^\s#]", text, re.MULTILINE):
        raise _refused(file, text.count("\n", 0, tab.start()) + 1, "a tab in the indentation; use spaces")
    try:
        _refuse_tricks(file, text)
        tree = YAML().load(text)
    except YAMLError as error:
        raise _syntax(file, error) from None
    except ValueError as error:  # for example a date 2020-99-99
        raise _refused(file, None, f"cannot be read as YAML: {error}") from None
    if tree is None:
        raise _refused(file, None, "is empty; a scenario starts with 'openiads: 1'")
    if not isinstance(tree, CommentedMap):
        raise _refused(file, 1, "is not a mapping of keys; a scenario starts with 'openiads: 1'")
    return Document(file, _plain(tree), tree)


def _refuse_tricks(file: str, text: str) -> None:
    """What makes a small file grow without bound."""
    depth = 0
    for event in YAML().parse(text):
        line = event.start_mark.line + 1
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refused(file, line, "is nested too deeply")
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise _refused(file, line, "anchors (&) and aliases (*) are not allowed; write the value out")


def _syntax(file: str, error: YAMLError) -> ScenarioError:
    if not isinstance(error, MarkedYAMLError):
        return _refused(file, None, f"cannot be read as YAML: {error}")
    here = error.problem_mark.line + 1 if error.problem_mark else None
    opened = error.context_mark.line + 1 if error.context_mark else here
    context, problem = error.context or "", error.problem or ""
    if isinstance(error, DuplicateKeyError):
        name = re.search(r'duplicate key "(.*?)" with', problem)
        return _refused(file, here, "stands twice in the same mapping; keep one", name[1] if name else "")
    if "flow mapping" in context or "flow sequence" in context:
        bracket = "{" if "mapping" in context else "["
        return _refused(file, opened, f"the bracket '{bracket}' opened here is not closed before line {here}, or a comma is missing")
    if "quoted scalar" in context:
        return _refused(file, opened, "the quote opened here is not closed")
    if "mapping values are not allowed" in problem:
        return _refused(file, here, "a second ': ' or a deeper indentation than the line above; put the text in quotes or align the key")
    return _refused(file, here, f"cannot be read as YAML: {problem} {context}".rstrip())


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _refused(file: str, line: int | None, message: str, key: str = "") -> ScenarioError:
    return ScenarioError([Problem(file, line, key, message)])
