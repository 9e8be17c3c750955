"""One tree of exceptions. Everything that a user can cause derives from `OpenIADSError`.

OpenIADSError
├── InputError            bad file, value or option: exit code 2
│   ├── UnitError         a quantity that cannot be read
│   ├── ScenarioError     one or more problems in a scenario file
│   └── CatalogueError    one or more problems in the catalogue data
├── RunError              a run that could not be completed: exit code 1
│   └── CapacityError     the engine asked for more memory than it may have
└── Interrupted           the user stopped it: exit code 130, or 143 after SIGTERM
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: A word of a file longer than this is shown by its beginning.
_LONGEST_WORD: Final = 150


class OpenIADSError(Exception):
    """Base of every error that OpenIADS raises on purpose."""

    exit_code = 1


class InputError(OpenIADSError):
    """Something the user gave cannot be used."""

    exit_code = 2


class UnitError(InputError):
    """A quantity with a missing, unknown or wrong unit."""


@dataclass(frozen=True)
class Problem:
    """One fault in an input file, with the place where it stands and what would be right."""

    file: str
    line: int | None
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}:{_on_one_line(f'{key} {self.message}{hint}')}"


def _on_one_line(text: str) -> str:
    """The text as a terminal can show it: endless words cut, line breaks and invisible characters written as escapes."""
    cut = re.sub(rf"(\S{{{_LONGEST_WORD}}})\S+", r"\1...", text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


class ProblemsError(InputError):
    """An input file with one or more `Problem`s; the message lists each on a line of its own."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


class ScenarioError(ProblemsError):
    """A scenario file that cannot be used."""


class CatalogueError(ProblemsError):
    """Catalogue data that cannot be used."""


class RunError(OpenIADSError):
    """A run that could not be completed."""


class CapacityError(RunError):
    """A replicate needs more memory than the stated limit."""


class Interrupted(OpenIADSError):  # noqa: N818  (the name says what happened)
    """The user stopped the work; finished chunks are kept."""

    exit_code = 130
