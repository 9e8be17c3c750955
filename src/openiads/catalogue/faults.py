"""What can be wrong with one parameter by itself: bounds, units, options and the words that must go together."""

from __future__ import annotations

from collections.abc import Iterator

from openiads import units
from openiads.catalogue.model import Parameter, Report

Fault = tuple[str, str]
"""Key and message."""


def parameter_faults(p: Parameter) -> Iterator[Fault]:
    """Every fault of `p` that shows without looking at any other row."""
    if units.dimension_of(p.unit) is None:
        allowed = [unit for dimension in units.UNITS.values() for unit in dimension if unit]
        near = units.nearest(p.unit, allowed)
        hint = f"did you mean {near!r}?" if near else f"allowed: {', '.join(dict.fromkeys(allowed))}, dBsm"
        yield "unit", f"unknown unit {p.unit!r}; {hint}"
    yield from _reason_faults(p)
    yield from _value_faults(p) if p.is_number else _category_faults(p)
    for i, report in enumerate(p.reports):
        yield from ((f"reports.{i}", f"a report of {report.source}: {message}") for message in _report_faults(p, report))
        held = report.value is None and report.low is None and report.high is None
        if held and report.withheld is None:
            yield f"reports.{i}", f"a report of {report.source} needs a value, low and high, or `withheld` with the reason"
        if report.withheld is not None and not held:
            yield f"reports.{i}", f"a withheld report of {report.source} must not carry a value"
        if report.withheld is not None and any(c.isdigit() for c in report.note):
            yield f"reports.{i}", f"the note of a withheld report of {report.source} must not carry a number"


def _reason_faults(p: Parameter) -> Iterator[Fault]:
    for key in ("override", "stated_version"):
        if getattr(p, key) is not None:
            yield key, "belongs in a scenario, not in the catalogue"
    if (p.status == "judged") != (p.judged is not None):
        yield "judged", "a status of judged needs its reason, and only that status"
    if p.added is not None and (p.status != "assumed" or p.reports):
        yield "added", "a row added for the model is assumed and has no reports"
    if p.included_in == p.name:
        yield "included_in", "a parameter cannot be included in itself"
    if p.version and p.draw_group is None:
        yield "version", "a row with versions needs a draw_group"
    if p.correlation is not None and p.draw_group is None:
        yield "correlation", "a correlated row needs a draw_group"
    if p.correlation is not None and p.version:
        yield "correlation", "a draw group has versions or a correlation, not both"


def _report_faults(p: Parameter, report: Report) -> Iterator[str]:
    """What cannot be a value of `p`; to lie outside the interval of `p` is no fault."""
    if (report.low is None) != (report.high is None):
        yield "low and high belong together"
    elif report.low is not None and report.high is not None and report.low > report.high:
        yield f"low {report.low} is above high {report.high}"
    if not p.is_number:
        return
    if isinstance(report.value, (str, bool)):
        yield f"value must be a number, not {_shown(report.value)}"
    least = min((v for v in (report.value, report.low, report.high) if v is not None and not isinstance(v, str)), default=0)
    if least < 0 and not _may_be_negative(p) and (p.low or 0) >= 0:
        yield f"{least} must not be negative"


def _may_be_negative(p: Parameter) -> bool:
    return units.dimension_of(p.unit) in {None, "angle"} or p.unit == "dBsm"


def _shown(value: bool | str) -> str:
    return f"the text {value!r}" if isinstance(value, str) else "true or false"


def _value_faults(p: Parameter) -> Iterator[Fault]:
    nominal, low, high = p.nominal, p.low, p.high
    if isinstance(nominal, (str, bool)):
        yield "nominal", f"must be a number, not {_shown(nominal)}"
    elif low is None or high is None:
        yield "low" if low is None else "high", "is missing; a number needs nominal, low and high"
    elif low > high:
        yield "low", f"low {low} is above high {high}"
    else:
        yield from _interval_faults(p, nominal, low, high)


def _interval_faults(p: Parameter, nominal: float, low: float, high: float) -> Iterator[Fault]:
    inside = low <= nominal <= high
    if not inside:
        yield "nominal", f"nominal {nominal} is not between low {low} and high {high}"
    if p.dist == "log_pert" and low <= 0:
        yield "low", "log_pert needs low above 0"
    if p.dist == "fixed" and low != high:
        yield "dist", "a fixed value needs low equal to high"
    if low < 0 and not _may_be_negative(p):
        yield "low", f"{low} must not be negative"
    if p.is_probability and (low < 0 or high > 1):
        yield "low", "a probability lies between 0 and 1"
    if p.dist == "discrete" and not p.options:
        yield "options", f"dist {p.dist} needs options"
    if p.is_count:
        stated = {"nominal": nominal, "low": low, "high": high, **{f"version.{v}": x for v, x in p.version.items()}}
        stated |= {f"options.{i}": o for i, o in enumerate(p.options) if not isinstance(o, (str, bool))}
        yield from ((key, f"{value} {fault}") for key, value in stated.items() if (fault := p.count_fault(value)))
    for name, value in [*((f"options.{i}", o) for i, o in enumerate(p.options)), *((f"version.{v}", x) for v, x in p.version.items())]:
        if inside and (isinstance(value, (str, bool)) or not low <= value <= high):
            yield name, f"{value} is not between low {low} and high {high}"
    if inside and p.options and nominal not in p.options:
        yield "options", f"nominal {nominal} is not one of the options"
    elif inside and p.version and list(p.version.values()).count(nominal) != 1:
        yield "version", f"nominal {nominal} must be the value of exactly one version"


def _category_faults(p: Parameter) -> Iterator[Fault]:
    if p.low is not None or p.high is not None:
        yield "kind", "a category has no low and high; make it a quantity, or leave them out"
        return
    if p.dist not in {"choice", "fixed"}:
        yield "dist", "a category is a choice or fixed"
    if p.options and p.nominal not in p.options:
        yield "options", f"nominal {p.nominal} is not one of the options"
