"""The shipped data: complete, consistent, and without a number that may not be shipped."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from ruamel.yaml import YAML

from openiads.catalogue import Parameter, load_catalogue
from openiads.catalogue.check import check_catalogue
from openiads.catalogue.load import DATA

CATALOGUE = load_catalogue()
ROWS: dict[str, Parameter] = {path: p for name in CATALOGUE.names() for path, p in CATALOGUE.system(name).parameters.items()}


def test_all_the_evidence_is_here():
    assert len(CATALOGUE.names()) == 24
    assert sum(p.added is None for p in ROWS.values()) == 496
    assert len(CATALOGUE.sources) == 203
    assert len(CATALOGUE.claims()) == 129
    assert len(CATALOGUE.groups) == 34
    assert sum(p.is_from_memory for p in ROWS.values()) == 25  # docs/catalogue.md states it


def test_the_check_finds_no_fault():
    assert [str(p) for p in check_catalogue().problems] == []


def test_no_withheld_number_is_shipped():
    yaml = YAML(typ="safe", pure=True)
    may_ship = {s["id"]: s["reuse"] == "facts" for s in yaml.load(DATA / "sources.yaml")["sources"]}
    withheld = 0
    for path in (DATA / "systems").glob("*.yaml"):
        for component in yaml.load(path)["components"].values():
            for row in component["parameters"].values():
                for report in row.get("reports", []):
                    if not may_ship[report["source"]]:
                        withheld += 1
                        assert report.keys().isdisjoint({"value", "low", "high"})
                        assert not any(c.isdigit() for c in report.get("note", "") + report.get("excluded", ""))
    assert withheld == 339


def test_as_many_publications_agree_as_the_row_says():
    least = {"repeated by three or more": 3, "two agree": 2}
    for p in ROWS.values():
        published = [r for r in p.reports if r.excluded is None and CATALOGUE.source(r.source).speaker != "ours"]
        assert len(published) >= least.get(p.confidence, 0), p.path


@pytest.mark.parametrize(
    ("path", "press"),
    [
        ("threat_owa_drone.airframe.speed", {50, 51.4}),
        ("threat_owa_drone.airframe.range", {2000}),
        ("threat_subsonic_cm.airframe.speed", {236}),
    ],
)
def test_what_rests_on_withheld_figures_alone_is_judged(path: str, press: set[float]):
    p = ROWS[path]
    assert {r.value for r in p.reports if r.withheld is None} == press
    assert press.isdisjoint({p.nominal, p.low, p.high})
    assert p.status == "judged"


def test_rounding_widens_an_interval():
    # withheld ends, rounded outward to two digits: to the nearest they had met the nominal value, or moved inward
    assert (ROWS["s400.msl_48n6e2.range_max_aircraft"].low, ROWS["s400.msl_48n6e2.range_max_aircraft"].dist) == (190, "pert")
    assert ROWS["threat_supersonic_cm.airframe.unit_cost"].low == 1.2


def test_channels_of_an_engagement_radar_follow_from_the_printed_totals():
    p = ROWS["s400.unit.missiles_guided_per_engagement_radar"]
    assert p.status == "derived"
    assert p.version == {"early": 72 // 6, "late": 80 * (72 // 36) // 8}


@pytest.mark.parametrize("p", [p for p in ROWS.values() if p.status == "judged"], ids=lambda p: p.path)
def test_a_judged_value_is_rounded_and_says_why(p: Parameter):
    assert p.judged
    assert p.is_assumption
    for value in (p.nominal, p.low, p.high):
        if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 100):
            assert len(Decimal(repr(value)).normalize().as_tuple().digits) <= 2


def test_the_versions_of_the_s400_are_two_tuples():
    group = {path: p for path, p in ROWS.items() if p.draw_group == "s400_version"}
    assert {path.removeprefix("s400."): (p.version_value("early"), p.version_value("late")) for path, p in group.items()} == {
        "unit.targets_engaged_per_engagement_radar": (6, 10),
        "radar_92n6e.simultaneous_targets": (6, 10),
        "unit.missiles_guided_per_engagement_radar": (12, 20),
        "unit.fire_units_per_command_post": (6, 8),
        "unit.targets_engaged_per_command_post": (36, 80),
        "unit.missiles_guided_per_command_post": (72, 160),
    }
    assert all(p.nominal == p.version["early"] for p in group.values())
    assert {p.name for p in group.values() if p.use == "check"} == {"targets_engaged_per_command_post", "missiles_guided_per_command_post"}


@pytest.mark.parametrize(
    "path",
    [
        "network_integration.links.duplicate_engagement_uncoordinated",
        "network_integration.common.shoot_look_shoot_fraction",
        "s400.cp_55k6e.autonomous_battalion_effect_on_channels",
        "s400.unit.detection_range_large_target",
        "observed_interception.rates.patriot_1991",
    ],
)
def test_what_emerges_is_no_input(path: str):
    assert CATALOGUE.parameter(path).use == "check"


def test_reaction_times_vary_from_event_to_event():
    reaction = [p for p in ROWS.values() if p.name == "reaction_time"]
    assert len(reaction) == 8
    assert {(p.aleatory.law, p.aleatory.cv, p.aleatory.status) for p in reaction if p.aleatory} == {("lognormal", 0.25, "assumed")}
    assert all(p.aleatory is None for p in ROWS.values() if p.name != "reaction_time")
    assert CATALOGUE.parameter("s400.cp_55k6e.track_to_assignment_delay").included_in == "reaction_time"


def test_kill_probabilities_of_a_family_are_tied():
    sspk = [p for p in ROWS.values() if p.kind == "sspk"]
    assert len(sspk) == 71
    assert {p.correlation for p in sspk} == {0.7}
    families = {p.draw_group for p in sspk if p.path.startswith("s400.")}
    assert families == {"sspk_40n6", "sspk_48n6", "sspk_9m96"}
    assert all(p.is_assumption for p in sspk)


def test_rows_added_for_the_model_are_complete_and_claim_no_source():
    added = [p for p in ROWS.values() if p.added is not None]
    assert all(p.status == "assumed" and p.reports == () for p in added)
    for name in CATALOGUE.names():
        for component in CATALOGUE.system(name).components.values():
            own = component.parameters
            if component.kind in {"missile", "gun"}:
                assert own["needs_radar_until"].nominal in {"intercept", "launch"}
                assert own["launch_on_remote"].nominal in {"yes", "no"}
            if component.kind == "radar":
                rule = [4, 5, 10] if own["drop_misses"].path == "s400.radar_92n6e.drop_misses" else [2, 3, 3]
                assert [own[k].nominal for k in ("confirm_hits", "confirm_window", "drop_misses")] == rule
                assert [own[k].nominal for k in ("anchor_pd", "anchor_pfa", "anchor_swerling")] == [0.5, 1e-6, 1]


@pytest.mark.parametrize("name", ["s400", "patriot", "thaad", "siper", "hisar_a", "hisar_o", "korkut"])
def test_radars_can_be_lowered(name: str):
    for component in CATALOGUE.system(name).components.values():
        if component.kind == "radar":
            own = set(component.parameters)
            assert {"band", "range_ref_1m2", "instrumented_range", "antenna_height", "tracks_max"} <= own
            assert own & {"scan_period", "search_frame_time", "track_update_period"}


def test_contradicting_claims_name_each_other():
    for claim in CATALOGUE.claims():
        for other in claim.contradicts:
            assert claim.id in CATALOGUE.claim(other).contradicts
    assert Counter(g.kind for g in CATALOGUE.groups.values()) == {"agreement": 13, "contradiction": 12, "tension": 9}


def test_claims_lead_to_the_values_they_speak_about():
    assert [c.id for c in CATALOGUE.claims(parameter="s400.unit.targets_engaged_per_command_post")] == ["C002-30"]
    assert {c.value for c in CATALOGUE.claims(parameter="s400.unit.reaction_time")} == {10}
    assert len(CATALOGUE.claims(article="002")) == 43
    assert len(CATALOGUE.claims(group="G-YEAR")) == 6
