"""The defence and the way of running of a record in a few words, from its resolved scenario."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openiads.errors import InputError
from openiads.records import Record
from openiads.reports.words import amount_of, class_title, first_up, listed


def setting(record: Record) -> list[str]:
    """Systems with version, link, and place: short phrases for the line under the headline."""
    document = _document(record)
    blue = document.get("blue") or {}
    systems = dict.fromkeys(_system(unit) for unit in blue.get("units") or ())
    place = record.description["place"]
    country = f"{'invented' if place['notional'] else 'stated'} country {place['name']}"
    return [phrase for phrase in (listed(list(systems)), f"link {blue['link']}" if "link" in blue else "", country) if phrase]


def _system(unit: dict[str, Any]) -> str:
    version = f"{unit['version']} version" if unit.get("version") else ""
    size = amount_of(unit["fire_units"], "fire unit") if unit.get("fire_units") else ""
    more = ", ".join(filter(None, (version, size)))
    return first_up(class_title(unit["system"])) + (f" ({more})" if more else "")


def _document(record: Record) -> dict[str, Any]:
    try:
        document = YAML(typ="safe", pure=True).load(record.scenario)
    except YAMLError as error:
        raise InputError(f"{record.folder / 'scenario.yaml'}: is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise InputError(f"{record.folder / 'scenario.yaml'}: is not a scenario")
    return document
