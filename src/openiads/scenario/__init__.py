"""Scenario files: schema, reading, checking with line numbers, writing. Positions stay symbolic; lowering resolves them."""

from openiads.scenario.examples import example, examples
from openiads.scenario.load import check_scenario, load_scenario, save_scenario, scenario_text
from openiads.scenario.references import is_ballistic, weapon_component
from openiads.scenario.rules import entity_code
from openiads.scenario.schema import Scenario, scenario_json_schema

__all__ = [
    "Scenario",
    "check_scenario",
    "entity_code",
    "example",
    "examples",
    "is_ballistic",
    "load_scenario",
    "save_scenario",
    "scenario_json_schema",
    "scenario_text",
    "weapon_component",
]
