"""The defence and the way of running of a record in a few words, from its resolved scenario."""

from __future__ import annotations

from typing import Any

from openiads.documents.yamlfile import YamlFile
from openiads.errors import ProblemsError
from openiads.records import Record
from openiads.records.reader import SCENARIO
from openiads.reports.words import amount_of, class_title, first_up, listed


def setting(record: Record) -> list[str]:
    """Systems with version, link, and place: short phrases for the line under the headline."""
    blue = YamlFile(record.scenario, str(record.folder / SCENARIO), ProblemsError).data["blue"]
    systems = dict.fromkeys(_system(unit) for unit in blue["units"])
    place = record.description["place"]
    country = f"{'invented' if place['notional'] else 'stated'} country {place['name']}"
    return [listed(list(systems)), f"link {blue['link']}", country]


def _system(unit: dict[str, Any]) -> str:
    version = f"{unit['version']} version" if unit.get("version") else ""
    sizes = [amount_of(unit[key], noun) for key, noun in (("fire_units", "fire unit"), ("vehicles", "vehicle")) if unit.get(key)]
    size = sizes[0] if sizes else ""
    more = ", ".join(filter(None, (version, size)))
    return first_up(class_title(unit["system"])) + (f" ({more})" if more else "")
