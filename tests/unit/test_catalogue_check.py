"""Every kind of fault in a catalogue is found, with the file, the line and the key."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from openiads.catalogue.check import check_catalogue
from openiads.catalogue.load import DATA
from openiads.errors import CatalogueError, InputError

SYSTEM = """\
openiads_catalogue: 1
name: Small
role: an example
components:
  unit:
    name: Unit
    kind: fire_unit
    parameters:
      targets:
        {unit: "1", kind: quantity, nominal: 6, low: 6, high: 10, dist: discrete, options: [6, 10], use: input, draw_group: v,
         version: {early: 6, late: 10}, status: reported, confidence: single or disputed, families: [press],
         reports: [{value: 6, source: paper}, {source: closed, withheld: licence unknown, excluded: old}]}
      missiles:
        {unit: "1", kind: quantity, nominal: 12, low: 12, high: 20, dist: discrete, options: [12, 20], use: input, draw_group: v,
         version: {early: 12, late: 20}, status: assumed, confidence: our judgement}
      sspk_drone:
        {unit: probability, kind: sspk, nominal: 0.5, low: 0.2, high: 0.8, dist: pert, use: input, draw_group: k,
         correlation: 0.7, status: assumed, confidence: our judgement}
      sspk_missile:
        {unit: probability, kind: sspk, nominal: 0.5, low: 0.2, high: 0.8, dist: pert, use: input, draw_group: k,
         correlation: 0.7, status: assumed, confidence: our judgement}
      delay:
        {unit: s, kind: quantity, nominal: 2, low: 1, high: 3, dist: pert, use: input, included_in: reaction, status: assumed,
         confidence: our judgement}
      reaction: {unit: s, kind: quantity, nominal: 9, low: 9, high: 9, dist: fixed, use: input, status: assumed, confidence: our judgement}
"""

SOURCES = """\
openiads_catalogue: 1
sources:
  - {id: paper, title: A, publisher: A, date: "2025", kind: news, speaker: press, standing: secondary, checked: full, reuse: facts}
  - {id: closed, title: B, publisher: B, date: "2025", kind: game_db, speaker: game, standing: low care, checked: full,
     reuse: licence_unknown}
  - {id: spare, title: C, publisher: C, date: "2025", kind: news, speaker: press, standing: secondary, checked: full,
     reuse: facts, background: read}
"""

ARTICLES = """\
openiads_catalogue: 1
articles:
  - {id: "000", source: paper, date: "2025", date_basis: printed, title: A, remark: none, claims: 2}
claims:
"""

CLAIM = (
    '  - {{id: {id}, article: "000", subject: s, attribute: a, value: 1, qualifier: {{type: asserted, by: article}}, checkable: "yes",'
    " paraphrase: p, group: G, position: {position}, contradicts: [{other}]}}\n"
)
CLAIMS = (
    ARTICLES
    + CLAIM.format(id="C1", position="yes_side", other="C2")
    + CLAIM.format(id="C2", position="no_side", other="C1")
    + "groups:\n  - {id: G, fact: f, kind: contradiction, status: open, positions: {yes_side: [C1], no_side: [C2]},"
    " explanation: e, bears_on: [small.unit.targets]}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "small.yaml").write_text(SYSTEM)
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "claims.yaml").write_text(CLAIMS)
    return tmp_path


def faults(folder: Path, file: str, old: str, new: str) -> list[str]:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return [str(p) for p in check_catalogue(folder).problems]


def test_a_sound_catalogue_has_no_fault(folder: Path):
    checked = check_catalogue(folder)
    assert checked.problems == []
    assert (checked.n_systems, checked.n_parameters, checked.n_sources, checked.n_claims) == (1, 6, 3, 2)


SMALL = "systems/small.yaml"


def at(file: str, line: int, key: str, message: str) -> str:
    """Pattern of a fault with this message at its place."""
    return rf"{Path(file).name}:{line}: \S*{re.escape(key)}: .*{message}"


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "key", "message"),
    [
        (SMALL, "source: paper", "source: papper", 12, "targets.reports[0]", "no source is called 'papper'"),
        (
            SMALL,
            "{source: closed, withheld: licence unknown, excluded: old}",
            "{source: closed, value: 8, excluded: old}",
            12,
            "reports[1]",
            "may not be shipped",
        ),
        (SMALL, "{source: closed, withheld", "{source: closed, value: 8, withheld", 12, "reports[1]", "must not carry a value"),
        (
            SMALL,
            "withheld: licence unknown, excluded: old",
            "withheld: licence unknown, note: says 8, excluded: old",
            12,
            "reports[1]",
            "must not carry a number",
        ),
        (SMALL, "{value: 6, source: paper}", "{source: paper}", 12, "reports[0]", "needs a value"),
        (SMALL, "families: [press]", "families: [game]", 11, "families", r"should be \[press\]"),
        (SMALL, "nominal: 9, low: 9", "nominal: 9, low: 12", 25, "reaction.low", "low 12 is above high 9"),
        (SMALL, "nominal: 2, low: 1", "nominal: 5, low: 1", 23, "delay.nominal", "not between low 1 and high 3"),
        (SMALL, "{unit: s, kind: quantity, nominal: 2", "{unit: sec, kind: quantity, nominal: 2", 23, "delay.unit", "unknown unit 'sec'"),
        (SMALL, "included_in: reaction", "included_in: raction", 23, "delay.included_in", "no parameter of small is called 'raction'"),
        (SMALL, "version: {early: 12, late: 20}", "version: {early: 20, late: 12}", 10, "draw_group", "not those of one version"),
        (SMALL, "version: {early: 12, late: 20}", "version: {early: 12, new: 20}", 15, "missiles.version", "has the versions early, late"),
        (SMALL, "correlation: 0.7", "correlation: 0.5", 21, "sspk_missile.correlation", "has the correlation 0.5"),
        (SMALL, "options: [6, 10]", "options: [6, 12]", 10, "options[1]", "12 is not between"),
        (SMALL, "status: reported", "status: judged", 9, "targets.judged", "needs its reason"),
        (
            SMALL,
            "kind: fire_unit",
            "knd: fire_unit",
            7,
            "components.unit.knd",
            "unknown key; allowed: name, kind, target_class, parameters; did you mean 'kind'",
        ),
        (SMALL, "kind: fire_unit", "kind: fireunit", 7, "components.unit.kind", ".* did you mean 'fire_unit'"),
        (SMALL, "      delay:", "      de.lay:", 22, "parameters.de.lay", "'de.lay' is not a name"),
        (SMALL, "nominal: 2, low: 1", "nominal: .nan, low: 1", 23, "delay.nominal", "nan must be a finite number"),
        (
            SMALL,
            "nominal: 2, low: 1",
            "nominal: [2], low: 1",
            23,
            "delay.nominal",
            "must be true or false or a whole number or a number or text",
        ),
        (SMALL, "nominal: 2, low: 1", "nominal: 2, low: -1", 23, "delay.low", "-1 must not be negative"),
        ("sources.yaml", "id: spare", "id: paper", 6, "sources[2].id", "paper stands twice"),
        ("sources.yaml", ", background: read", "", 6, "sources[2].id", "spare is cited nowhere"),
        ("claims.yaml", "contradicts: [C2]", "contradicts: []", 6, "claims[1].contradicts", "C1 does not name C2 in return"),
        ("claims.yaml", "contradicts: [C2]", "contradicts: [C9]", 5, "claims[0].contradicts", "no claim is called 'C9'"),
        ("claims.yaml", "kind: contradiction", "kind: tension", 5, "claims[0].contradicts", "G is marked as tension"),
        ("claims.yaml", "yes_side: [C1]", "yes_side: []", 5, "claims[0].group", "does not list C1"),
        ("claims.yaml", "no_side: [C2]", "no_side: [C2, C1]", 8, "groups[0].positions.no_side", "claim C1 does not name this group"),
        ("claims.yaml", "small.unit.targets", "small.unit.target", 8, "groups[0].bears_on", "no parameter has the path"),
        ("claims.yaml", "claims: 2", "claims: 3", 3, "articles[0].claims", "3 stated, 2 given"),
        ("claims.yaml", "source: paper", "source: papers", 3, "articles[0].source", "no source is called 'papers'"),
    ],
)
def test_each_fault_is_found_at_its_place(folder: Path, file: str, old: str, new: str, line: int, key: str, message: str):
    found = faults(folder, file, old, new)
    assert any(re.search(at(file, line, key, message), fault) for fault in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        (SMALL, "kind: fire_unit", "kind: fireunit", "components.unit.kind"),
        (SMALL, "kind: sspk, nominal: 0.5", "kind: spk, nominal: 0.5", "components.unit.parameters.sspk_drone.kind"),
        (SMALL, "kind: quantity, nominal: 2", "kind: category, nominal: 2", "components.unit.parameters.delay.kind"),
        (SMALL, "value: 6, source: paper", "value: 6, source: papper", "components.unit.parameters.targets.reports[0]"),
        ("sources.yaml", "speaker: press", "speaker: pres", "sources[0].speaker"),
        ("claims.yaml", "kind: contradiction", "kind: contradicts", "groups[0].kind"),
    ],
)
def test_what_depends_on_a_fault_is_not_reported_too(folder: Path, file: str, old: str, new: str, key: str):
    # only the claims cite one source, so a system, a source or a claim that cannot be read could all leave it "cited nowhere"
    claims, sources = folder / "claims.yaml", folder / "sources.yaml"
    claims.write_text(claims.read_text().replace("source: paper", "source: spare"))
    sources.write_text(sources.read_text().replace(", background: read", ""))
    assert check_catalogue(folder).problems == []
    (fault,) = faults(folder, file, old, new)
    assert f": {key}: " in fault


REPORT = "{value: 6, source: paper}"


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "key", "message"),
    [
        (SMALL, REPORT, "{low: 10, high: 6, source: paper}", 12, "targets.reports[0]", "low 10 is above high 6"),
        (SMALL, REPORT, "{value: 6, low: 6, source: paper}", 12, "targets.reports[0]", "low and high belong together"),
        (SMALL, REPORT, "{value: many, source: paper}", 12, "targets.reports[0]", "must be a number, not the text 'many'"),
        (SMALL, REPORT, "{value: true, source: paper}", 12, "targets.reports[0]", "must be a number, not true or false"),
        (SMALL, REPORT, "{value: -6, source: paper}", 12, "targets.reports[0]", "-6 must not be negative"),
        (SMALL, REPORT, "{low: -6, high: 6, source: paper}", 12, "targets.reports[0]", "-6 must not be negative"),
        (SMALL, "low: 12, high: 20", "low: 20, high: 12", 14, "missiles.low", "low 20 is above high 12"),
        (SMALL, "low: 1, high: 3", "high: 3", 22, "delay.low", "is missing; a number needs nominal, low and high"),
        (SMALL, "nominal: 6,", 'nominal: "6",', 10, "targets.nominal", "must be a number, not the text '6'"),
        (SMALL, "nominal: 6,", "nominal: yes,", 10, "targets.nominal", "must be a number, not the text 'yes'"),
        (SMALL, "nominal: 6,", "nominal: true,", 10, "targets.nominal", "must be a number, not true or false"),
        (SMALL, "nominal: 6,", "nominal: 7,", 10, "targets.options", "nominal 7 is not one of the options"),
        (SMALL, "nominal: 6,", "nominal: 5,", 10, "targets.nominal", "nominal 5 is not between low 6 and high 10"),
        (SMALL, "use: input, draw_group: v", "use: input, draw_group: w", 10, "targets.draw_group", "w is not v; "),
        (SMALL, "version: {early: 6, late: 10}", "version: {early: 6, lat: 10}", 11, "targets.version", "has the versions early, late"),
        ("sources.yaml", "id: closed", "id: paper", 4, "sources[1].id", "paper stands twice"),
        ("claims.yaml", "id: C2", "id: C1", 6, "claims[1].id", "C1 stands twice"),
    ],
)
def test_one_fault_is_one_message(folder: Path, file: str, old: str, new: str, line: int, key: str, message: str):
    third = """\
      channels:
        {unit: "1", kind: quantity, nominal: 1, low: 1, high: 2, dist: discrete, options: [1, 2], use: input, draw_group: v,
         version: {early: 1, late: 2}, status: assumed, confidence: our judgement}
"""
    (folder / SMALL).write_text(SYSTEM + third)
    assert check_catalogue(folder).problems == []
    (fault,) = faults(folder, file, old, new)
    assert re.search(at(file, line, key, message), fault), fault


def test_a_report_may_lie_outside_the_interval_and_a_level_may_be_negative(folder: Path):
    assert faults(folder, SMALL, REPORT, "{value: 3600, source: paper}") == []
    text = SYSTEM.replace('unit: "1", kind: quantity, nominal: 6', "unit: dBsm, kind: quantity, nominal: 6")
    (folder / SMALL).write_text(text.replace(REPORT, "{value: -6, source: paper}"))
    assert check_catalogue(folder).problems == []


def test_versions_of_a_system_are_one_draw_group_of_two_rows_or_more(folder: Path):
    (fault,) = faults(folder, SMALL, "[12, 20], use: input, draw_group: v", "[12, 20], use: input, draw_group: w")
    assert re.search(r"small\.yaml:14: \S*missiles\.draw_group: w is not v; ", fault)
    start, end = SYSTEM.index("      missiles:"), SYSTEM.index("      sspk_drone:")
    (folder / SMALL).write_text(SYSTEM[:start] + SYSTEM[end:])
    (alone,) = [str(p) for p in check_catalogue(folder).problems]
    assert re.search(r"small\.yaml:10: \S*targets\.draw_group: no other row has v", alone)


@pytest.mark.parametrize("name", ["Small.yaml", "small 2.yaml", "small.yml", "small.YAML"])
def test_a_misnamed_file_is_one_fault(folder: Path, name: str):
    (folder / SMALL).rename(folder / "systems" / name)
    (fault,) = [str(p) for p in check_catalogue(folder).problems]
    assert f"{name}: " in fault
    assert "must end in .yaml" in fault or "is not a name" in fault


def test_a_wrong_kind_in_the_built_in_data_is_one_fault(tmp_path: Path):
    shutil.copytree(DATA, tmp_path / "data")
    (fault,) = faults(tmp_path / "data", "systems/s400.yaml", "kind: radar", "kind: rdar")
    assert "did you mean 'radar'?" in fault


def test_own_systems_are_checked_beside_the_built_in_ones(tmp_path: Path):
    (tmp_path / "small.yaml").write_text(SYSTEM.replace("source: paper", "source: seed_002").replace("source: closed", "source: cielo"))
    checked = check_catalogue(tmp_path)
    assert checked.problems == []
    assert checked.n_systems == 25


def test_files_that_cannot_be_read_stop_the_check(folder: Path):
    (folder / "claims.yaml").write_text("claims: [")
    with pytest.raises(CatalogueError, match=r"claims\.yaml:1: a value is missing after a bracket or comma, or a bracket is not closed"):
        check_catalogue(folder)
    (folder / "claims.yaml").unlink()
    with pytest.raises(CatalogueError, match="there is no such file"):
        check_catalogue(folder)


def test_an_empty_folder_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="neither a folder"):
        check_catalogue(tmp_path)


def test_the_example_of_the_documentation_is_sound(tmp_path: Path):
    page = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "example.yaml").write_text(example)
    assert check_catalogue(tmp_path).problems == []
