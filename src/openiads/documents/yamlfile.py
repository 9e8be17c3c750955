"""A YAML file as plain data, with the line of every key. Everything that can be wrong with a text file ends here in one clear `Problem`.

Refused, because they make a small file grow without bound or give a value another type than it shows: anchors, aliases, tags, deep
nesting. Dates stay texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from openiads.errors import Problem, ProblemsError

#: The formats themselves are at most 9 deep.
MAX_DEPTH: Final = 20

Location = Sequence[str | int]

_DEEP: Final = "is nested too deeply"
_SIGNS: Final = "a value may not begin with &, * or ! (anchors, aliases and tags of YAML); write the value out, or put a text in quotes"


def read_text(path: Path, refuse: type[ProblemsError], shown: str, most_bytes: int | None = None) -> str:
    """The text of a file; whatever prevents that is a `refuse` error with one problem."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(-1 if most_bytes is None else most_bytes + 1)
    except FileNotFoundError:
        message = "there is no such file"
    except IsADirectoryError:
        message = "is a folder, not a file"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    else:
        if most_bytes is not None and len(raw) > most_bytes:
            message = f"is larger than {most_bytes:,} bytes"
        else:
            try:
                return raw.decode("utf-8-sig")
            except UnicodeDecodeError:
                message = "is not a text file in UTF-8"
    raise refuse([Problem(shown, None, "", message)])


class YamlFile:
    """The content of a YAML text and the lines of its keys."""

    def __init__(self, text: str, shown: str, refuse: type[ProblemsError]) -> None:
        """Parse `text`; what is no YAML is a `refuse` error with one problem. `shown` is the file's name in messages."""
        self.file = shown
        yaml = YAML(typ="safe", pure=True)  # YAML 1.2: `on` and `no` are words
        yaml.Composer, yaml.Constructor = _Composer, _Constructor
        try:
            _require_text(text)
            self._node: Node | None = yaml.compose(text)
            yaml.constructor.allow_duplicate_keys = True  # `duplicates` reports them with the other faults
            self.data: Any = None if self._node is None else yaml.constructor.construct_document(self._node)
        except _TextError as error:
            raise refuse([Problem(shown, error.line, "", str(error))]) from None
        except MarkedYAMLError as error:
            raise refuse([Problem(shown, *_syntax(error))]) from None
        except (YAMLError, ValueError) as error:
            raise refuse([Problem(shown, None, "", f"cannot be read as YAML: {' '.join(str(error).split())}")]) from None

    def problem(self, location: Location, message: str, hint: str = "", *, new_key: bool = False) -> Problem:
        """A `Problem` at `location`; steps that the file does not have are left out, except the last one of a `new_key`."""
        node, line, key = self._node, 1, ""
        for i, step in enumerate(location):
            found = _child(node, step)
            if found is None and not (new_key and i == len(location) - 1):
                continue
            written = found[0] if found else step
            key = f"{key}[{step}]" if isinstance(node, SequenceNode) else f"{key}.{written}".lstrip(".")
            line, node = found[1:] if found else (line, None)
        joint = ";" if hint and not hint.startswith("(") else ""
        return Problem(self.file, line, key, message + joint, hint)

    def duplicates(self) -> Iterator[Problem]:
        """Every key that stands twice in one mapping."""
        yield from self._duplicates(self._node, "")

    def _duplicates(self, node: Node | None, path: str) -> Iterator[Problem]:
        if isinstance(node, MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                here = f"{path}.{key.value}".lstrip(".")
                if key.value in seen:
                    yield Problem(self.file, key.start_mark.line + 1, here, "stands twice in the same mapping; keep one")
                seen.add(str(key.value))
                yield from self._duplicates(value, here)
        elif isinstance(node, SequenceNode):
            for i, value in enumerate(node.value):
                yield from self._duplicates(value, f"{path}[{i}]")


def _child(node: Node | None, step: str | int) -> tuple[str, int, Node] | None:
    """Key as it is written, line and node of a key of a mapping, or of an item of a list."""
    if isinstance(node, MappingNode):
        return next(((key.value, key.start_mark.line + 1, value) for key, value in node.value if _is(key.value, step)), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return str(step), node.value[step].start_mark.line + 1, node.value[step]
    return None


def _is(written: str, key: str | int) -> bool:
    """Whether a key is the one that was read: ``000`` is the number 0."""
    return written == str(key) or (isinstance(key, int) and written.isdecimal() and int(written) == key)


class _TextError(Exception):
    """Not a text that a person would write; says in which line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _require_text(text: str) -> None:
    if bad := re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text):
        message = f"is not a text file: it contains the control character 0x{ord(bad[0]):02x}"
        raise _TextError(text.count("\n", 0, bad.start()) + 1, message)
    if tab := re.search(r"^ *\t[ \t]*[^\s#]", text, re.MULTILINE):
        raise _TextError(text.count("\n", 0, tab.start()) + 1, "a tab in the indentation; use spaces")


class _Composer(Composer):
    """Refuses what makes a small file grow without bound."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise _TextError(line, _SIGNS)
        if isinstance(parent, MappingNode) and index is None and not isinstance(event, ScalarEvent):
            raise _TextError(line, "a key must be a word, not a list or a mapping")
        if self._depth == MAX_DEPTH:
            raise _TextError(line, _DEEP)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Constructor(SafeConstructor):
    """Dates stay texts."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def _syntax(error: MarkedYAMLError) -> tuple[int | None, str, str]:
    """Line, key and message of an error of the YAML itself."""
    mark = error.problem_mark or error.context_mark
    here = mark.line + 1 if mark else None
    opened = error.context_mark.line + 1 if error.context_mark else here
    context, problem = error.context or "", error.problem or ""
    if "flow mapping" in context or "flow sequence" in context:
        bracket = "{" if "mapping" in context else "["
        return opened, "", f"the bracket '{bracket}' opened here is not closed before line {here}, or a comma is missing"
    if "flow node" in context:
        return opened, "", "a value is missing after a bracket or comma, or a bracket is not closed"
    if "escape" in problem:
        return here, "", "a backslash means something else in double quotes; use single quotes"
    if "quoted scalar" in context:
        return opened, "", "the quote opened here is not closed"
    if "mapping values are not allowed" in problem:
        return here, "", "a second ': ' or a deeper indentation than the line above; put the text in quotes or align the key"
    if "anchor" in context or "alias" in context or "tag" in context:
        return here, "", _SIGNS
    if sign := re.search(r"character '(.)' that cannot start", problem):
        return here, "", f"a text that begins with {sign[1]} must stand in quotes"
    if "another document" in problem:
        return here, "", "a second document ('---'); give one document a file"
    if "block end" in problem or "':'" in problem:
        return here, "", "the line does not belong to the ones above it: a key without ':', or another indentation"
    return here, "", f"cannot be read as YAML: {problem} {context}".rstrip()
