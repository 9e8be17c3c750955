"""Evidence in words: what the model uses, who says what, where they disagree. Plain sentences, no grades in letters."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from openiads.catalogue.load import Catalogue
from openiads.catalogue.model import Claim, Parameter, Report

_UNIT = {"1": "", "probability": "", "year": "", "m^2": "m²", "MUSD": "million USD", "kUSD": "thousand USD", "1/min": "a minute"}

USE = {
    "input": "enters a run",
    "check": "emerges from a run and is compared with it; never an input",
    "context": "background; never enters a run",
}

_LAW = {
    "fixed": "not varied",
    "pert": "drawn between the ends, mostly near the nominal value",
    "log_pert": "drawn between the ends on a logarithmic scale, mostly near the nominal value",
    "discrete": "drawn from the options, the nominal value twice as likely as each other",
    "choice": "never drawn: a variant to run",
}

_BASIS = {
    "reported": "the middle of the best-supported reports",
    "derived": "our arithmetic from other entries",
    "assumed": "our assumption; no public figure was found",
}

#: Who speaks, as a reader should take it.
SPEAKER = {
    "maker": "maker",
    "state media": "state media",
    "press": "press",
    "game": "game or hobby data",
    "analyst": "analyst",
    "ours": "us",
}

#: How near to each other the reports lie that count as agreeing.
_ALIKE = {"repeated by three or more": "three or more agree within a factor of 1.5", "two agree": "two or more agree within a factor of 2"}

_OURS = {"judgement": "our judgement", "derived": "our arithmetic", "memory": "from memory, not yet verified"}


#: Names that do not read as words.
_TITLES = {
    "anchor_pd": "detection probability at the reported range",
    "anchor_pfa": "false-alarm probability at the reported range",
    "anchor_swerling": "Swerling case at the reported range",
    "range_ref_1m2": "range against 1 m²",
    "altitude_cruise": "cruise height",
    "altitude_max": "greatest height",
    "altitude_min": "least height",
    "confirm_hits": "hits that confirm a track",
    "confirm_window": "looks among which they must be",
    "drop_misses": "misses in a row that drop a track",
    "elevation_max": "greatest elevation",
    "elevation_min": "least elevation",
    "range_min": "least range",
    "rcs_imitated": "radar cross-section imitated",
    "speed_avg": "average speed",
    "speed_cruise": "cruise speed",
    "speed_max": "greatest speed",
    "target_speed_max": "greatest speed of a target",
    "tracks_max": "most tracks at once",
}
#: Classes in the names of rows.
_CLASSES = {
    "owa_drone": "one-way attack drones",
    "male_uav": "strike UAVs",
    "subsonic_cm": "subsonic cruise missiles",
    "supersonic_cm": "supersonic cruise missiles",
    "srbm": "short-range ballistic missiles",
    "mrbm": "medium-range ballistic missiles",
    "fighter": "fighters",
}


@dataclass(frozen=True)
class Saying:
    """One report, ready to be shown."""

    value: str
    speaker: str
    source: str
    remark: str


def title(p: Parameter) -> str:
    """The name of `p` as words."""
    if p.kind == "sspk":
        return f"single-shot kill probability against {_class(p.name.removeprefix('sspk_'))}"
    if p.name.startswith("p_damage_"):
        return f"probability of damage by {_class(p.name.removeprefix('p_damage_'))}"
    if band := re.fullmatch(r"rcs_(vhf|uhf|[lscx]|ku)(_nose)?", p.name):
        return f"radar cross-section{' from the nose' if band[2] else ''}, {band[1].upper()} band"
    return _TITLES.get(p.name, p.name.replace("_", " "))


def owner(catalogue: Catalogue, p: Parameter) -> str:
    """Whose value it is, in names: 'S-400 Triumf: Missile 40N6E', or the system alone where it is that of its airframe."""
    system = catalogue.system(p.path.partition(".")[0])
    part = system.components[p.path.split(".")[1]].name
    return system.name if part == "Airframe" else f"{system.name}: {part}"


def _class(name: str) -> str:
    return _CLASSES.get(name, name.replace("_", " "))


def number(value: bool | float | str | None) -> str:
    """A value of the catalogue as people write it: no exponents for ordinary sizes, thousands apart, years left whole."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return "" if value is None else value
    if abs(value) >= 10_000:
        return f"{value:,.10g}"
    if 0.0 < abs(value) < 1e-4:
        return f"{value:.12f}".rstrip("0")
    return f"{value:.6g}"


def amount(p: Parameter, value: bool | float | str | None) -> str:
    """A value with the unit of `p`."""
    return f"{number(value)} {unit(p)}".strip()


def unit(p: Parameter) -> str:
    """The unit of `p` as people write it; empty for counts, probabilities and years."""
    return _UNIT.get(p.unit, p.unit) if p.is_number else ""


def interval(p: Parameter) -> str:
    """The range of `p` or its options, without the unit; empty when it has none."""
    if p.options:
        return ", ".join(number(o) for o in p.options)
    if p.low is None or p.low == p.high:
        return ""
    return f"{number(p.low)} to {number(p.high)}"


def basis(p: Parameter) -> str:
    """Why the model uses this value, and how many reports that are cited without their figures had a part in it."""
    n = _n_uncited(p)
    if n == 0 or p.status != "reported" or p.override is not None or p.stated_version is not None:
        return _why(p)
    further = "1 further report, cited without its figure" if n == 1 else f"{n} further reports, cited without their figures"
    return f"{_why(p)}; {further}, entered the choice"


def _n_uncited(p: Parameter) -> int:
    """Number of reports that count but whose values may not be shown."""
    return sum(r.withheld is not None and r.excluded is None for r in p.reports)


def _why(p: Parameter) -> str:
    if p.override is not None:
        return f"your own value: {p.override.why}"
    if p.stated_version is not None:
        return f"its value in the {p.stated_version} version, which the scenario states"
    if p.version:
        own = f"; {_BASIS[p.status]}" if p.status == "derived" else ""
        return f"its value in the {nominal_version(p)} version, which nominal runs take{own}"
    if p.judged is not None:
        return p.judged
    if p.is_from_memory:
        return "from memory; not yet verified against a source"
    if p.kind == "sspk":
        return f"{_BASIS[p.status]}; no kill probability was measured in public, so it is an assumption to vary"
    if p.added is not None:
        return p.added
    return _BASIS[p.status] if p.is_number or p.status != "reported" else "what the best-supported reports say"


def nominal_version(p: Parameter) -> str:
    """Name of the version that the nominal value belongs to."""
    return next(name for name, value in p.version.items() if value == p.nominal)


def law(p: Parameter) -> str:
    """How draws vary it."""
    if p.version:
        versions = ", ".join(f"{name} {number(value)}" for name, value in p.version.items())
        return f"drawn as one version with all rows of {p.draw_group}: {versions}"
    if p.correlation is not None:
        return f"{_LAW[p.dist]}; rank correlation {number(p.correlation)} (assumed) within {p.draw_group}"
    return _LAW[p.dist]


def speakers(p: Parameter) -> str:
    """Who speaks, in one short phrase."""
    return ", ".join(p.families) or "ours"


def agreement(p: Parameter) -> str:
    """How well the record agrees, in words: reports that are not shown are counted aloud; a judged row says that the figure is ours."""
    n = _n_uncited(p)
    said: str = p.confidence
    if n and said in _ALIKE:
        said = f"{_ALIKE[said] if p.is_number else said}, counting {n} cited without {'its figure' if n == 1 else 'their figures'}"
    return f"{said}; our figure" if p.status == "judged" else said


def sayings(catalogue: Catalogue, p: Parameter) -> list[Saying]:
    """The reports, highest value first, those that are not shown last."""

    ordered = sorted(p.reports, key=lambda report: (report.withheld is not None, -_lowest(report)))
    return [_saying(catalogue, p, report) for report in ordered]


def _saying(catalogue: Catalogue, p: Parameter, report: Report) -> Saying:
    source = catalogue.source(report.source)
    excluded = f"does not count: {report.excluded}" if report.excluded else ""
    withheld = f"not shown: {report.withheld}" if report.withheld else ""
    if source.speaker == "ours":
        said = _OURS.get(source.id, source.title)
    else:
        said = f"{source.publisher}, “{source.title}”, {source.date} [{source.id}]"
    return Saying(
        _reported(p, report), SPEAKER[report.speaker or source.speaker], said, "; ".join(filter(None, (report.note, excluded, withheld)))
    )


def _reported(p: Parameter, report: Report) -> str:
    if report.withheld is not None:
        return "…"
    ends = f"{number(report.low)} to {number(report.high)}" if report.low is not None else ""
    if report.value is None:
        return f"{ends} {unit(p)}".strip()
    return amount(p, report.value) + (f" ({ends})" if ends else "")


def disagreement(catalogue: Catalogue, p: Parameter) -> str:
    """One or two sentences on where the shown published reports differ, and who is on which side."""
    counted = [r for r in p.reports if r.excluded is None]
    withheld = _n_uncited(p)
    hidden = f" Further reports cited without their figures: {withheld}." if withheld else ""
    sides: dict[str, Counter[str]] = defaultdict(Counter)
    ends: list[float] = []
    for report in sorted(counted, key=_lowest):
        speaker = report.speaker or catalogue.source(report.source).speaker
        if report.withheld is None and speaker != "ours":
            sides[_reported(p, report)][SPEAKER[speaker]] += 1
            ends += [v for v in (report.value, report.low, report.high) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if not sides:
        if withheld:
            return "Published figures exist, but their licences do not let them be shown."
        return "No figure that may be quoted was found." if p.judged is not None else "No published figure was found."
    if len(sides) == 1:
        n = sum(next(iter(sides.values())).values())
        quoted = "reports that may be quoted" if withheld else "published reports"
        how = {1: f"The one {quoted.replace('reports', 'report')} says", 2: f"Both {quoted} say"}.get(n, f"All {n} {quoted} say")
        return f"{how} {next(iter(sides))}.{hidden}"
    factor = max(ends) / min(ends) if ends and min(ends) > 0 else 1.0
    ratio = f" by a factor of {factor:.{2 if factor >= 1.05 else 3}g}" if factor > 1 else ""
    said = "; ".join(f"{value} ({', '.join(f'{n} {s}' for s, n in who.most_common())})" for value, who in sides.items())
    return f"They differ{ratio}: {said}.{hidden}"


def _lowest(report: Report) -> float:
    value = report.value if report.low is None else report.low
    return float(value) if isinstance(value, (int, float)) else 0.0


def claim_line(catalogue: Catalogue, claim: Claim) -> str:
    """A claim with its article and how it is put."""
    article = catalogue.articles[claim.article]
    by = "" if claim.qualifier.by == "article" else f" by {claim.qualifier.by}"
    return f"{claim.id}  {claim.paraphrase} ({claim.qualifier.type}{by}; article {claim.article} of {article.date})"


def against(claim: Claim) -> str:
    """Which claims it contradicts or is in tension with; empty when none."""
    parts = []
    if claim.contradicts:
        parts.append("contradicts " + ", ".join(claim.contradicts))
    if claim.in_tension_with:
        parts.append("in tension with " + ", ".join(claim.in_tension_with))
    return "; ".join(parts)
