"""Reading, checking and writing scenario files."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError
from ruamel.yaml import YAML

from openiads.catalogue import Catalogue, built_in
from openiads.documents.problems import schema_problems
from openiads.errors import InputError, Problem, ScenarioError
from openiads.scenario.document import read_document
from openiads.scenario.references import reference_faults
from openiads.scenario.rules import Parts, rule_faults
from openiads.scenario.schema import Scenario
from openiads.scenario.support import not_yet


def load_scenario(source: Path | str, catalogue: Catalogue | None = None, run: Mapping[str, object] | None = None) -> Scenario:
    """The scenario in a file, or in a text of several lines; raises `ScenarioError` that lists all its problems.

    Values of `run` take the place of those in the section `run` of the file, which may then be at fault.
    """
    catalogue = catalogue or built_in()
    document = read_document(source)
    data, problems = document.data, list(document.duplicates())
    if isinstance(stated := data.get("run", {}), dict):
        data = {**data, "run": {**stated, **(run or {})}}
    data = _found_from(source, data)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        problems += schema_problems(error, document, Scenario, not_yet)
    for location, message, hint in (*reference_faults(data, catalogue), *rule_faults(Parts.of(data), catalogue)):
        problems.append(document.problem(location, message, hint, new_key=message.startswith("is missing")))
    if problems:
        raise ScenarioError(sorted(problems, key=lambda problem: problem.line or 0))
    return scenario


def _found_from(source: Path | str, data: dict[str, Any]) -> dict[str, Any]:
    """The same with the elevation file, which is stated as seen from the scenario file, as a path that holds from everywhere."""
    place = data.get("place")
    terrain = place.get("terrain") if isinstance(place, dict) else None
    if not isinstance(place, dict) or not isinstance(terrain, dict) or not isinstance(file := terrain.get("file"), str):
        return data
    folder = Path.cwd() if isinstance(source, str) and "\n" in source else Path(source).parent
    return {**data, "place": {**place, "terrain": {**terrain, "file": str((folder / file).resolve())}}}


def check_scenario(source: Path | str, catalogue: Catalogue | None = None) -> list[Problem]:
    """Every problem of a scenario file, or of a text of several lines, in the order of its lines; an empty list if it can be used.

    A `Problem` has `file`, `line`, `key`, `message` and `hint`, and `str` of it is the line that `openiads check` prints.
    """
    try:
        load_scenario(source, catalogue)
    except ScenarioError as error:
        return error.problems
    return []


def scenario_text(scenario: Scenario) -> str:
    """The scenario as YAML with every default written out; `load_scenario` turns it back into an equal scenario, or says what is wrong.

    An `InputError` for a changed copy with a value that cannot be written at all.
    """
    try:
        data = scenario.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
    except PydanticSerializationError as error:
        raise InputError(f"the scenario has a value of the wrong type: {error}") from None
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 140
    yaml.allow_unicode = True
    yaml.dump(data, stream)
    return stream.getvalue()


def save_scenario(scenario: Scenario, path: Path | str) -> None:
    """Write `scenario_text` to `path`, whole or not at all."""
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_text(scenario_text(scenario), encoding="utf-8")
        os.replace(part, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise InputError(f"{target}: cannot be written: {error.strerror}") from None
