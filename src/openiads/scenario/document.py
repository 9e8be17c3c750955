"""A scenario file as plain data plus the line of every key, and what is no scenario at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from openiads.documents.yamlfile import Location, YamlFile, read_text
from openiads.errors import Problem, ScenarioError

__all__ = ["MAX_BYTES", "Document", "Location", "read_document"]

#: Room for 2,000 groups, the most that are read within seconds.
MAX_BYTES: Final = 500_000
_BEGIN: Final = "a scenario begins with 'openiads: 1'"

Document = YamlFile


def read_document(source: Path | str) -> Document:
    """Parse a file (a `Path`, or a text without line break) or the text itself; raises `ScenarioError` with one problem."""
    is_text = isinstance(source, str) and "\n" in source
    file = "<text>" if is_text else str(source)
    text = str(source) if is_text else read_text(Path(source), ScenarioError, file, MAX_BYTES)
    if not text.strip():
        raise ScenarioError([Problem(file, None, "", f"is empty; {_BEGIN}")])
    try:
        document = YamlFile(text, file, ScenarioError)
        if isinstance(document.data, dict):
            return document
    except ScenarioError:
        if re.search(r"^\W*openiads\W*:", text, re.MULTILINE):
            raise
        # else it was never meant to be a scenario, and what its YAML lacks does not matter
    raise ScenarioError([Problem(file, None, "", f"is not a scenario file; {_BEGIN}")])
