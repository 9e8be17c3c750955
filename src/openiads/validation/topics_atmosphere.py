"""Oracle topics of attenuation by rain and by the gases of clear air."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from openiads.models.propagation.gas import Air, gas_db_per_km, slant_gas_db
from openiads.models.propagation.rain import rain_coefficients, rain_db_per_km
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, compare


def _rain(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    elevation_rad, tilt_rad = math.radians(given["elevation_deg"]), math.radians(given["tilt_deg"])
    k, alpha = rain_coefficients(given["freq_ghz"], elevation_rad, tilt_rad)
    gamma = rain_db_per_km(given["freq_ghz"], given["rain_mm_h"], elevation_rad, tilt_rad)
    return compare(case["expected"], {"k": k, "alpha": alpha, "gamma_r_db_km": gamma}, case["tolerance"]["rel"], "rel")


def _air(given: Mapping[str, Any]) -> Air:
    return Air(float(given["p_hpa"]), float(given["T_k"]), float(given["rho_g_m3"]))


def _gas(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    oxygen, water = (float(part) for part in gas_db_per_km(case["inputs"]["freq_ghz"], _air(case["inputs"])))
    got = {"gamma_oxygen_db_km": oxygen, "gamma_water_db_km": water, "gamma_total_db_km": oxygen + water}
    return compare(case["expected"], got, case["tolerance"]["rel"], "rel")


def _slant(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """Pressure and temperature of the reference atmosphere are its own; a case that states others asks another question."""
    given = case["inputs"]
    if (given["p_hpa"], given["T_k"]) != (1013.25, 288.15):
        raise UncoveredError("the slant path goes through the reference atmosphere, whose pressure and temperature at sea level are fixed")
    got = slant_gas_db(given["freq_ghz"], math.radians(given["elevation_deg"]), given["rho_g_m3"])
    return compare(case["expected"], {"one_way_db": got}, case["tolerance"]["rel"], "rel")


def _level(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    oxygen, water = gas_db_per_km(case["inputs"]["freq_ghz"], _air(case["inputs"]))
    got = 2.0 * float(oxygen + water) * case["inputs"]["range_km"]
    return compare(case["expected"], {"two_way_db": got}, case["tolerance"]["rel"], "rel")


_AIR = "freq_ghz rho_g_m3 p_hpa T_k"
_RAIN = Law(_rain, "freq_ghz rain_mm_h elevation_deg tilt_deg", "k? alpha? gamma_r_db_km?", "rel")

LAWS: dict[tuple[str, str], Law] = {
    ("atmos_p838_rain", "rain_specific_attenuation"): _RAIN,
    ("atmos_itur_grid", "rain_specific_attenuation"): _RAIN,
    ("atmos_p676_specific", "specific_gas_attenuation"): Law(
        _gas, _AIR, "gamma_oxygen_db_km? gamma_water_db_km? gamma_total_db_km?", "rel"
    ),
    ("atmos_itur_grid", "gas_slant_path_total"): Law(_slant, f"{_AIR} elevation_deg", "one_way_db", "rel"),
    ("atmos_itur_grid", "two_way_horizontal_sea_level_loss"): Law(_level, f"{_AIR} range_km", "two_way_db", "rel"),
}
