"""Damaged scenario texts through what `openiads check` does: never a traceback, never a hang, every problem with its place.

``make fuzz`` looks at 20,000 texts; tests/unit/test_fuzzing.py at some hundreds. Text number k depends on nothing but k and the files in
examples/, so ``python tests/fuzzing.py --first K --texts 1 --show`` shows it again.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import multiprocessing
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from openiads.catalogue import load_catalogue
from openiads.cli.check_command import checked
from openiads.errors import Problem, ScenarioError
from openiads.scenario import scenario_json_schema
from openiads.simulation import Session

EXAMPLES = Path(__file__).parents[1] / "examples"
SEED = "fuzz"
#: Seconds of processor time that a text may take; every example takes less than a tenth of one.
LIMIT_S = 20.0
#: Of the texts that pass, these are run as well: every n-th, and raids up to so many threats.
RUN_EVERY, RUN_MOST = 5, 2_000

NUMBERS = [0, -1, 1, 2, 63, 64, 65, 1.5, 1e300, -1e300, 2**31, 2**32, 2**63, 10**30, float("nan"), float("inf"), -0.0, 1e-300]
TEXTS = ["", " ", "~", "yes", "no", "null", "0x10", "1e9", "NaN", "-inf", ".inf", "1_000", "12:30:45", "2026-01-01", "origin", "capital"]
TEXTS += [
    "é",
    "中文",
    "🚀" * 9,
    "\u202e",
    "\u2028",
    "\x85",
    "\ufeff",
    "a" * 3_000,
    "x\ny",
    "\t",
    "'",
    '"',
    "{}",
    "%",
    "{message}",
    "[key]",
    "default",
]
TEXTS += [
    "5 km",
    "-5 km",
    "1e400 km",
    "5 kg",
    "5",
    "5 m/s",
    "9 deg",
    "5  km",
    "5,5 km",
    "٣ km",
    "300 km AGL",
    "-5 m AGL",
    "AGL",
    "50 m",
    "1 x 1",
]
TEXTS += [
    "0 km x 0 km",
    "3 s +/- 5 s",
    "5 s +/-",
    "+/- 1 s",
    "5 s ± 1 s",
    "100 %",
    "0 %",
    "101 %",
    "-17 dBsm",
    "1e9 dBsm",
    "0 m^2",
    "0.1 /s",
    "0 /s",
]
TEXTS += [
    "srbm",
    "early",
    "late",
    "threat_mrbm",
    "threat_decoy",
    "neutral_airliner",
    "f16",
    "s400",
    "patriot",
    "auto",
    "minimum-energy",
    "layered",
]
UNITS = ["m", "km", "s", "min", "h", "d", "m/s", "kt", "deg", "rad", "%", "/s", "dBsm", "m^2", "AGL", "AMSL", "USD", "parsec", ""]
SIGNS = [
    ":",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    "&a ",
    "*a",
    "!!python/object:os.system ",
    "!x ",
    "|",
    ">",
    "'",
    '"',
    "%",
    "@",
    "`",
    "\\",
    "?",
]
SIGNS += [
    "\t",
    "---\n",
    "...\n",
    "<<: ",
    "\n",
    "\r",
    "\x00",
    "\x07",
    "\x7f",
    "\u2028",
    "\ufeff",
    "  ",
    "- - - ",
    "? ",
    "%YAML 1.1\n",
    "=",
    "~",
]
NESTED = ["[" * 3_000, "{a: " * 500, "- " * 500, "[" * 25 + "1" + "]" * 25, "{a: " * 25 + "1" + "}" * 25, "? " * 100]
LINES = [
    "a: &a [1, 1]",
    "b: [*a, *a]",
    "<<: {a: 1}",
    "weather: rain",
    "jamming: {}",
    "tags: !!set {a}",
    "run: {draws: 1}",
    "? [a]\n: b",
    "world: {earth: flat}",
]
LINES += [
    "world: {effective_earth: 1e-9}",
    "world: {effective_earth: 1e9}",
    "world: {earth: sphere_6371, rotation: no}",
    "red: []",
    "blue:",
    "assets: {}",
]


@cache
def _examples() -> tuple[str, ...]:
    return tuple(path.read_text() for path in sorted(EXAMPLES.glob("*.yaml")))


@cache
def _keys() -> tuple[str, ...]:
    """Every key and word of the format."""
    return tuple(sorted(set(re.findall(r'"([\w-]+)"', json.dumps(scenario_json_schema())))))


def damaged(number: int) -> bytes:
    """Text `number`: an example after one to four changes, of its data or of its characters."""
    rng = random.Random(f"{SEED} {number}")
    text = rng.choice(_examples())
    kind = rng.random()
    if kind < 0.65:
        text = _written(rng, _changed_data(rng, YAML(typ="safe", pure=True).load(text)))
    if kind > 0.55:
        for _ in range(rng.choice((1, 1, 2, 3))):
            text = rng.choice(TEXT_CHANGES)(rng, text)
    raw = text.encode("utf-8", "surrogatepass")
    return _damaged_bytes(rng, raw) if rng.random() < 0.04 else raw


def _written(rng: random.Random, data: Any) -> str:
    if rng.random() < 0.5:
        return json.dumps(data, indent=1, ensure_ascii=False)
    stream, yaml = io.StringIO(), YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.allow_unicode = False, rng.random() < 0.5
    yaml.dump(data, stream)
    return stream.getvalue()


def _changed_data(rng: random.Random, data: Any) -> Any:
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(data))
        if not places:
            break
        node, key = rng.choice(places)
        rng.choice(DATA_CHANGES)(rng, node, key, data)
    return data


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
        yield node, key
        yield from _places(value)


def _delete(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    del node[key]


def _repeat(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    """An item of a list once more, under its own name or another one; a value of a mapping under another key."""
    twin = copy.deepcopy(node[key])
    if isinstance(twin, dict) and "id" in twin and rng.random() < 0.7:
        twin["id"] = f"{twin['id']}{rng.choice(('2', '-b', ' ', 'É', '_' * 70))}"
    node.insert(key, twin) if isinstance(node, list) else node.update({rng.choice(_keys()): twin})


def _rename(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    if isinstance(node, dict):
        old = str(key)
        at = rng.randrange(len(old) + 1)
        slips = (
            old[:at] + old[at + 1 :],
            old[:at] + "x" + old[at:],
            old.upper(),
            rng.choice(_keys()),
            rng.choice(TEXTS),
            rng.choice(NUMBERS),
            None,
            True,
        )
        node[rng.choice(slips)] = node.pop(key)


def _retype(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    value = node[key]
    node[key] = rng.choice((str(value), [value], {"value": value}, {str(value): value}, None, True, False, [], {}, [value, value], 0, 1.0))


def _junk(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    node[key] = rng.choice((rng.choice(NUMBERS), rng.choice(TEXTS), rng.choice(_keys())))


def _swap(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    other, name = rng.choice(list(_places(data)))
    node[key], other[name] = copy.deepcopy(other[name]), copy.deepcopy(node[key])


def _scale(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    """A number, or the number in a text, by a factor."""
    value, factor = node[key], rng.choice((-1, 0, 0.01, 0.1, 0.5, 0.9, 1.1, 2, 3, 10, 100, 1e6))
    if isinstance(value, bool):
        node[key] = not value
    elif isinstance(value, (int, float)):
        node[key] = value * factor if value * factor != int(value * factor) else int(value * factor)
    elif isinstance(value, str):
        node[key] = re.sub(r"\d+\.?\d*", lambda found: f"{float(found[0]) * factor:.6g}", value)


def _unit(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    if isinstance(node[key], str):
        node[key] = re.sub(r"[a-zA-Z%/^]+\d?\s*$", rng.choice(UNITS), node[key])


def _nest(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    for _ in range(rng.choice((1, 5, 30))):
        node[key] = {rng.choice(("from", "a")): node[key]} if rng.random() < 0.5 else [node[key]]


def _add(rng: random.Random, node: Any, key: Any, data: Any) -> None:
    if isinstance(node, dict):
        node[rng.choice(_keys())] = rng.choice((rng.choice(TEXTS), rng.choice(NUMBERS), {}, []))


DataChange = Callable[[random.Random, Any, Any, Any], None]
DATA_CHANGES: list[DataChange] = [
    _delete,
    _delete,
    _repeat,
    _rename,
    _retype,
    _junk,
    _junk,
    _swap,
    _scale,
    _scale,
    _scale,
    _unit,
    _nest,
    _add,
]


def _line_change(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    what = rng.randrange(6)
    if what == 0:
        del lines[i]
    elif what == 1:
        lines.insert(j, lines[i])
    elif what == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif what == 3:
        lines[i] = rng.choice((" ", "  ", "\t", "      ")) + lines[i]
    elif what == 4:
        lines[i] = lines[i].lstrip()
    else:
        lines.insert(i, rng.choice(LINES) + "\n")
    return "".join(lines)


def _insert(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(SIGNS) + text[at + rng.choice((0, 0, 1, 3)) :]


def _truncate(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _deep(rng: random.Random, text: str) -> str:
    values = list(re.finditer(r"(?<=: )\S+", text))
    at = rng.choice(values).start() if values else 0
    return text[:at] + rng.choice(NESTED) + text[at:]


def _anchor(rng: random.Random, text: str) -> str:
    """An anchor on one value and an alias in place of another."""
    text = re.sub(r"(?<=: )(?=\S)", "&a ", text, count=1)
    return "".join(re.split(r"(?<=: )", text)[:-1]) + "*a\n"


def _number(rng: random.Random, text: str) -> str:
    numbers = list(re.finditer(r"\d+\.?\d*", text))
    if not numbers:
        return text
    found = rng.choice(numbers)
    return text[: found.start()] + str(rng.choice((*NUMBERS, rng.choice(TEXTS)))) + text[found.end() :]


def _whole(rng: random.Random, text: str) -> str:
    return rng.choice(
        (
            text * 2,
            text.replace("\n", "\r\n"),
            text.replace("\n", "\r"),
            "",
            "openiads: 1",
            f"\ufeff{text}",
            text.replace("  ", "\t"),
            f"[{text}",
            text * 12,
        )
    )


TEXT_CHANGES = [_line_change, _line_change, _line_change, _insert, _insert, _truncate, _deep, _anchor, _number, _number, _whole]


def _damaged_bytes(rng: random.Random, raw: bytes) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return rng.choice(
        (
            raw[:at] + rng.randbytes(4) + raw[at:],
            rng.randbytes(200),
            raw.decode(errors="ignore").encode("utf-16"),
            raw[:at] + b"\x00" + raw[at:],
        )
    )


@dataclass
class Findings:
    """What a series of texts came to."""

    texts: int = 0
    passed: int = 0
    run: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    """Seconds and number of the text that took longest."""

    def add(self, other: Findings) -> None:
        """Together with those of other texts."""
        self.texts, self.passed, self.run = self.texts + other.texts, self.passed + other.passed, self.run + other.run
        self.messages += other.messages
        self.faults += other.faults
        self.slowest = max(self.slowest, other.slowest)


class TooLong(BaseException):
    """The time for one text is over."""


def _ring(*_: object) -> None:
    raise TooLong


def examine(numbers: range, text: Callable[[int], bytes] = damaged, limit_s: float = LIMIT_S) -> Findings:
    """Check the texts with these numbers, and run some that pass."""
    found, catalogue = Findings(), load_catalogue()
    before = signal.signal(signal.SIGPROF, _ring)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "damaged.yaml"
        for number in numbers:
            raw = text(number)
            file.write_bytes(raw)
            found.texts += 1
            began_s = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            try:
                lowered = checked(file, catalogue)
                found.passed += 1
                if found.passed % RUN_EVERY == 0 and len(lowered.world.objects) <= RUN_MOST:
                    Session(lowered.world).run(lowered.scenario.run.seed, 0)
                    found.run += 1
            except ScenarioError as error:
                for problem in error.problems:
                    found.messages[re.sub(r"'[^']*'|\"[^\"]*\"|[\d.,]+", "_", problem.message)] += 1
                    found.faults += [(number, fault) for fault in _faults(problem, file, raw)]
                if not error.problems:
                    found.faults.append((number, "refused without a problem"))
            except TooLong:
                found.faults.append((number, f"not finished after {limit_s:g} s"))
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                found.faults.append((number, f"{type(error).__name__}: {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"))
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0.0)
            found.slowest = max(found.slowest, (time.process_time() - began_s, number))
    signal.signal(signal.SIGPROF, before)
    return found


#: Words of the libraries below, which say nothing to a user.
_JARGON = re.compile(r"Input should|Value error|pydantic|ruamel|Traceback|<class|object at 0x|Errno")


def _faults(problem: Problem, file: Path, raw: bytes) -> Iterator[str]:
    """What a problem lacks: its file, its line wherever a key is named, words for people on one line."""
    shown = str(problem)
    lines = len(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", raw.decode(errors="replace")))
    if problem.file != str(file):
        yield f"another file: {shown}"
    if problem.line is None and problem.key:
        yield f"no line: {shown}"
    if problem.line is not None and not 1 <= problem.line <= lines:
        yield f"line {problem.line} of {lines}: {shown}"
    if not problem.message.strip() or _JARGON.search(shown):
        yield f"no words for people: {shown}"
    if not shown.isprintable() or len(shown) > 1_500:
        yield f"not one line: {shown[:300]!r}"


def main() -> None:
    """Examine many texts in several processes and print what they came to; exit 1 if a text showed a defect."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first text")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print the texts and stop")
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.texts)
    if asked.show:
        for number in numbers:
            sys.stdout.buffer.write(damaged(number) + b"\n")
        return
    found = Findings()
    with multiprocessing.get_context("spawn").Pool(asked.workers) as pool:
        for part in pool.imap_unordered(examine, [numbers[i : i + 100] for i in range(0, len(numbers), 100)]):
            found.add(part)
    print(
        f"{found.texts:,} texts: {found.passed:,} pass, {found.run:,} of them were run; {len(found.messages):,} distinct messages; ", end=""
    )
    print(f"slowest {found.slowest[0]:.1f} s (number {found.slowest[1]}); {len(found.faults):,} defects")
    for number, fault in sorted(found.faults)[:50]:
        print(f"text {number}: {fault}")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
