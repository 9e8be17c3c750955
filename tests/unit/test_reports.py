"""The page of a real, small record: read back and held against summary.json."""

import csv
import io
import json
import math
import re
import shutil
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import numpy as np
import pyarrow.compute as pc
import pytest

import raids
from openiads.cli.transcript import transcript
from openiads.errors import InputError
from openiads.experiments.run import Options, run_experiment
from openiads.records import load_record
from openiads.reports import report_html, write_report
from openiads.reports.costs import killed_by_group
from openiads.reports.coverage import reach_m
from openiads.reports.frame import Part
from openiads.reports.nights import busy, nights
from openiads.reports.words import percent

EVIL = '</style><script>alert("x")</script> & {{ 7 * 7 }} <img src=x onerror=alert(1)>'


@dataclass
class Page(HTMLParser):
    """What a reader finds: numbers with their paths, texts of elements, attributes."""

    numbers: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    attributes: list = field(default_factory=list)
    texts: dict = field(default_factory=dict)

    def __post_init__(self):
        super().__init__()
        self._open, self._figure = [], ""

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.attributes.append((tag, attrs))
        if tag == "figure":
            self._figure = attrs["id"]
        if tag == "data":
            self.numbers.append([attrs["data-path"], attrs["value"], ""])
        if tag not in {"meta", "br", "wbr"}:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if not self._open:
            return
        if self._open[-1] == "data":
            self.numbers[-1][2] += data
        key = (self._open[-1], self._figure if "svg" in self._open else "")
        self.texts.setdefault(key, []).append(data.strip())

    def done(self):
        assert self._open == []
        return self


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page.done()


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return run_experiment(raids.small(), tmp_path_factory.mktemp("run") / "r", Options(workers=1))


@pytest.fixture(scope="module")
def chance(tmp_path_factory):
    return run_experiment(raids.ONE_ROUND_EACH, tmp_path_factory.mktemp("run") / "r", Options(workers=1))


@pytest.fixture(scope="module")
def html(record):
    return report_html(record)


@pytest.fixture(scope="module")
def page(html):
    return read(html)


@pytest.fixture(scope="module")
def chance_html(chance):
    return report_html(chance)


def at(summary, path):
    value = summary
    for key in re.findall(r"[^.\[\]]+", path):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def shown(text):
    """The number that a text shows, with half a unit of its last digit."""
    digits = re.search(r"-?[\d,]+(?:\.(\d+))?", text)
    return float(digits[0].replace(",", "")), 0.5 * 10.0 ** -len(digits[1] or "")


def test_every_number_is_the_one_of_summary_json(record, page):
    assert len(page.numbers) > 100
    for path, value, text in page.numbers:
        exact = at(record.summary, path)
        if exact is None:
            assert (value, text) in {("", "never"), ("", "one run")}
            continue
        assert float(value) == exact, path
        if text == "no change":
            assert exact == 0.0
            continue
        if text in {"every night", "every leaker"}:
            assert (path.rpartition(".")[2].removesuffix("_s"), exact) == ("simulation_error", 0.0)
            continue
        if text.removeprefix("± ").startswith("under "):
            assert 0.0 < exact < float(text.removeprefix("± ").removeprefix("under "))
            continue
        if text in {"< 0.1 %", "> 99.9 %"}:
            assert 0.0 < exact < 0.001 or 0.999 < exact < 1.0
            continue
        in_minutes = re.search(r"_s\b|_s\.", path) and not path.startswith("time_budget.")
        scale = (
            100.0
            if text.endswith("%")
            else 1 / 60
            if in_minutes
            else 1e-6
            if "_usd" in path
            else 1e-3
            if path.partition(".met_m")[1]
            else 1.0
        )
        number, half_unit = shown(text)
        tolerance = max(half_unit, 0.005 * abs(exact * scale)) * 1.000001
        assert number == pytest.approx(exact * scale, abs=tolerance), (path, text)


def test_the_answers_that_a_reader_came_for_are_there(record, page):
    paths = {path for path, _, _ in page.numbers}
    for outcome in ("leakers", "value_of_assets_hit"):
        for part in ("mean", "simulation_error", "night_to_night.0", "not_publicly_known.0"):
            assert f"outcomes.{outcome}.{part}" in paths
    assert {"times.ready_gone.median_s", "raid_annihilated.value"} <= paths
    summary = record.summary
    for name in ("classes", "groups", "causes", "lifted", "assets", "units", "weapons"):
        assert {p.split(".")[1] for p in paths if p.startswith(f"{name}.")} == {str(i) for i in range(len(summary[name]))}


def test_causes_sum_to_the_leakers(record, page):
    exact = {path: float(value) for path, value, _ in page.numbers if value}
    means = [exact[f"causes.{i}.mean"] for i in range(len(record.summary["causes"]))]
    assert sum(means) == pytest.approx(exact["outcomes.leakers.mean"], abs=1e-9)
    by_group = [value for path, value in exact.items() if re.fullmatch(r"causes\.\d+\.groups\[\w+\]", path)]
    assert sum(by_group) == pytest.approx(exact["outcomes.leakers.mean"], abs=1e-9)


def test_charts_print_the_numbers_of_the_tables(record, page):
    table = {path: text for path, _, text in page.numbers}
    drawn = page.texts["text", "figure-causes"]
    for i, cause in enumerate(record.summary["causes"]):
        assert cause["name"].capitalize() in drawn
        assert table[f"causes.{i}.mean"] in drawn
    classes = page.texts["text", "figure-classes"]
    for i, row in enumerate(record.summary["classes"]):
        leaked, share = table[f"classes.{i}.leaked.mean"], table[f"classes.{i}.leakage.value"]
        assert f"{leaked} of {row['threats']} ({share})" in classes
    spreads = " ".join(page.texts["text", "figure-leakers"])
    for name in ("night_to_night", "not_publicly_known"):
        low, high = (table[f"outcomes.leakers.{name}.{i}"] for i in range(2))
        assert f"{name.replace('_', ' ')} {low if low == high else f'{low} to {high}'}" in spreads


def test_the_kill_chain_ends_with_the_killed(record, page):
    killed = sum(g["killed"]["mean"] for g in record.summary["groups"] if g["lethal"])
    assert killed + record.summary["outcomes"]["leakers"]["mean"] == pytest.approx(record.summary["threats"])
    drawn = page.texts["text", "figure-chain"]
    assert {"in the raid", "detected", "launched at", "killed", "6", "2"} <= set(drawn)


def test_the_headline_has_the_numbers_of_the_first_tile(record, page):
    words = page.texts["h1", ""][0]
    leakers = record.summary["outcomes"]["leakers"]
    numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", words)]
    mean, threats, *known = numbers
    assert (mean, threats) == (pytest.approx(leakers["mean"], abs=0.05), 8)
    assert known == [pytest.approx(x, abs=0.05 + 0.005 * x) for x in leakers["not_publicly_known"]]
    assert "not a forecast" in page.texts["em", ""]


def test_nothing_is_loaded_from_outside_and_no_script_is_needed(html, page):
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert not re.search(r"@import|url\((?!#)|\bsrc=|xmlns|srcset", html)
    for tag, attrs in page.attributes:
        assert not [name for name in attrs if name.startswith("on")]
        if "href" in attrs:
            inside = attrs["href"].startswith("#") or ("download" in attrs and attrs["href"].startswith("data:text/csv;charset=utf-8,"))
            assert inside or (tag == "a" and attrs["href"].startswith(("http://", "https://")))
    assert len(html.encode()) < 3_000_000


def test_user_text_is_text(tmp_path):
    made = run_experiment(raids.small(EVIL, EVIL), tmp_path / "r", Options(runs=3, draws=0, workers=1))
    html = report_html(made)
    page = read(html)
    assert not {"script", "img"} & set(page.tags)
    assert page.texts["p", ""].count(EVIL) >= 2  # the title and the question, as they were typed
    assert EVIL not in html
    assert "49" not in page.texts["title", ""][0]


def test_damaged_sources_give_no_link(tmp_path, record):
    shutil.copytree(record.folder, tmp_path / "r")
    lock = json.loads((tmp_path / "r" / "data-lock.json").read_text())
    lock["sources"][0]["url"] = "javascript:alert(1)"
    (tmp_path / "r" / "data-lock.json").write_text(json.dumps(lock))
    assert "javascript:" not in report_html(load_record(tmp_path / "r"))


@pytest.fixture
def changed(tmp_path, record):
    """Writes another summary into a copy of the record."""

    def change(edit):
        folder = shutil.copytree(record.folder, tmp_path / "r")
        summary = json.loads((folder / "summary.json").read_text())
        edit(summary)
        (folder / "summary.json").write_text(json.dumps(summary))
        return load_record(folder)

    return change


def test_what_the_raid_did_to_the_defence_has_a_row_a_component(changed, html):
    def share(value, unknown):
        return {"value": value, "low": 0.5 * value, "high": 0.5 + 0.5 * value, "not_publicly_known": unknown, "may_be_chance": False}

    found = [
        {
            "component": "s/92N6E",
            "kind": "engagement radar",
            "hit": share(0.4, [0.2, 0.6]),
            "killed": share(0.25, None),
            "launchers_lost": 0.0,
        },
        {
            "component": "s/launchers",
            "kind": "launchers",
            "hit": share(0.9, [0.8, 1.0]),
            "killed": share(0.5, [0.3, 0.7]),
            "launchers_lost": 1.5,
        },
    ]
    page = report_html(changed(lambda summary: summary.update(components=found)))
    table = page[page.index("What the raid did to the defence. Hit:") :]
    rows = re.sub(r"<wbr>", "", table[table.index("<tbody>") : table.index("</tbody>")]).split("<tr>")[1:]
    cells = [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]
    assert cells == [
        ["s/92N6E", "Engagement radar", "40 %", "20 % to 60 %", "25 %", "not varied", ""],
        ["s/launchers", "Launchers", "90 %", "80 % to 100 %", "50 %", "30 % to 70 %", "1.5"],
    ]
    assert _csv(read(page), "components")[2] == ["s/launchers", "launchers", "0.9", "0.8", "1.0", "0.5", "0.3", "0.7", "1.5"]
    assert "What the raid did to the defence" not in html


def test_a_range_that_chance_may_explain_says_so_everywhere(changed):
    rare = {"mean": 0.02, "simulation_error": 0.01, "not_publicly_known": [0.0, 0.06], "may_be_chance": True}
    made = changed(lambda summary: summary["outcomes"]["leakers"].update(rare))
    page = read(report_html(made))
    assert "chance alone may explain that" in page.texts["h1", ""][0]
    assert any(text.startswith(", may be chance") for text in page.texts["dd", ""])
    assert any("not publicly known 0 to 0.06, may be chance" in text for text in page.texts["text", "figure-leakers"])
    printed = transcript("small.yaml", made)
    assert re.search(r"^leakers .* 0-0\.06\*$", printed, re.MULTILINE)
    assert "* chance alone may explain it" in printed


def test_a_record_of_before_some_answers_were_asked_is_still_read(changed):
    def forget(part):
        for value in part.values() if isinstance(part, dict) else part:
            if isinstance(value, dict | list):
                forget(value)
        if isinstance(part, dict):
            for key in ("may_be_chance", "spread_shares", "cost_exchange", "killed_usd", "value_of_assets_saved"):
                part.pop(key, None)

    old = changed(forget)
    assert "may be chance" not in "".join(read(report_html(old)).texts["dd", ""])
    assert "*" not in transcript("small.yaml", old)


def test_the_page_and_the_terminal_print_a_rare_cause_alike(changed):
    rare = {"mean": 0.005, "simulation_error": 0.0098}  # one leaker in 200 nights: 1.96 sqrt(0.005 x 0.995 / 200)
    made = changed(lambda summary: summary["causes"][-1].update(rare))
    printed = re.search(r"^first broken step: (.*)     sum (.*)$", transcript("small.yaml", made), re.MULTILINE)
    shown = {path: text for path, _, text in reversed(read(report_html(made)).numbers)}  # where they stand first
    causes = made.summary["causes"]
    assert printed[1].split(", ") == [f"{cause['name']} {shown[f'causes.{i}.mean']}" for i, cause in enumerate(causes)]
    assert printed[1].endswith(" under 0.1")
    assert printed[2] == shown["outcomes.leakers.mean"]


def test_the_chart_of_lifts_says_what_the_table_and_the_terminal_say(record, page, html):
    drawn = page.texts["text", "figure-lifted"]
    table = {path: text for path, _, text in page.numbers}
    said = transcript("small.yaml", record)
    assert any(row["absent"] for row in record.summary["lifted"])
    for i, row in enumerate(record.summary["lifted"]):
        words = row["absent"] or table[f"lifted.{i}.change.mean"]
        assert words in drawn
        assert re.search(rf"^  {re.escape(row['words'])} +{re.escape(words.replace('±', '+/-'))}$", said, re.MULTILINE)
        if row["variance_reduction"] is not None:
            assert f"{row['words']} {row['variance_reduction']:.2g}" in html
    assert "0 ±" not in drawn
    assert html.index("figure-lifted") < html.index("First broken step") < html.index("figure-leakers")


def test_without_lifts_the_page_has_no_chart_of_them(changed):
    made = changed(lambda summary: summary.update(lifted=[]))
    assert "figure-lifted" not in report_html(made)
    assert "same luck" not in transcript("small.yaml", made)


@pytest.mark.parametrize(("median_s", "said"), [(None, True), (300.0, False)])
def test_no_missile_beside_ready_missiles_that_never_go_is_explained(changed, median_s, said):
    def edit(summary):
        summary["times"]["ready_gone"]["median_s"] = median_s
        summary["causes"][0]["cause"] = "no_missile"

    assert ("No missile: none that may be used" in report_html(changed(edit))) == said


def test_a_raid_that_begins_without_a_ready_missile_says_so(tmp_path):
    unloaded = raids.small().replace("ready: {48N6E3: 4}", "ready: {}")
    made = run_experiment(unloaded, tmp_path / "r", Options(runs=3, draws=2, replicates=2, workers=1))
    gone = made.summary["times"]["ready_gone"]
    assert (gone["happens"]["value"], gone["median_s"], gone["night_to_night_s"], gone["not_publicly_known_s"]) == (
        1.0,
        0.0,
        [0, 0],
        [0, 0],
    )
    texts = [text for path, _, text in read(report_html(made)).numbers if path.startswith("times.ready_gone.") and "_s" in path]
    assert texts == 3 * ["from the start"]
    assert re.search(r"^all ready rounds gone, min( +from the start){3}$", transcript("small.yaml", made), re.MULTILINE)


def test_the_ends_of_an_interval_are_told_apart(changed):
    narrow = {"value": 0.1127, "low": 0.1121, "high": 0.1133}
    html = report_html(changed(lambda summary: summary["classes"][0]["leakage"].update(narrow)))
    shown = {path: text for path, _, text in read(html).numbers}
    assert [shown[f"classes.0.leakage.{key}"] for key in narrow] == ["11.3 %", "11.2 %", "11.3 %"]
    assert "(11.3 %)" in " ".join(read(html).texts["text", "figure-classes"])


def test_wide_things_scroll_in_a_frame_of_their_own(html):
    frame = '<div class="scroll">'
    for wide in ("<table", "<svg"):
        assert html.count(wide) - html.count('<svg class="bar"') * (wide == "<svg") == html.count(frame + wide) > 3
    assert html.count('class="text"') == 5
    assert re.search(r"^\.text \{ min-width: \d+rem; \}$", html, re.MULTILINE)


def test_percentages_of_running_text_do_not_break(html, page):
    assert re.search(r"^data \{ white-space: nowrap; \}$", html, re.MULTILINE)
    for tag in ("h1", "p", "caption"):
        assert not [text for text in page.texts[tag, ""] if re.search(r"\d %", text)]


def test_labels_of_classes_leave_room_for_a_dot_at_zero(html):
    chart = html[html.index('id="figure-classes"') : html.index("</svg>", html.index('id="figure-classes"'))]
    axis = min(float(x) for x in re.findall(r"<use [^>]*\bx=\"([\d.]+)\"", chart))
    ends = [float(x) for x in re.findall(r"text-anchor: end[^>]*\bx=\"([\d.]+)\"", chart)]
    assert len(ends) == 2
    assert max(ends) < axis - 5.5 / 2 - 2.0  # half the dot, and two points of paper


def test_ids_are_unique_and_every_reference_resolves(page):
    ids = [attrs["id"] for _, attrs in page.attributes if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [attrs["href"][1:] for _, attrs in page.attributes if attrs.get("href", "").startswith("#")]
    targets += [name for _, attrs in page.attributes for name in attrs.get("aria-labelledby", "").split()]
    targets += [m for _, attrs in page.attributes for value in attrs.values() for m in re.findall(r"url\(#([^)]+)\)", value or "")]
    assert len(targets) > 20
    assert set(targets) <= set(ids)


def test_every_figure_has_words_instead_of_the_picture_its_data_sources_command_and_entry(record, html, page):
    figures = [attrs["id"].removeprefix("figure-") for tag, attrs in page.attributes if tag == "figure"]
    assert {"lifted", "leakers", "classes", "causes", "budget", "chain", "map", "close", "coverage", "busy", "magazines"} <= set(figures)
    for name in figures:
        assert len(page.texts["desc", f"figure-{name}"][0]) > 60
    captions = re.findall(r"<figcaption>.*?</figcaption>", html, re.DOTALL)
    assert len(captions) == len(figures)
    run = record.summary["run"]["run_hash"]
    for name, caption in zip(figures, captions, strict=True):
        assert run[:12] in caption
        assert f'download="{name}.csv"' in caption
        assert re.search(r"<dt>Sources</dt><dd>.*(summary\.json|description\.json|tables/\w+\.parquet)", caption)
        assert "<code>openiads report FOLDER</code>" in caption
        assert f"@misc{{openiads-{run[:12]}-{name}," in caption


def _csv(page, name):
    """The data of a figure or table, as a browser would save them."""
    uri = next(attrs["href"] for _, attrs in page.attributes if attrs.get("download") == f"{name}.csv")
    return list(csv.reader(io.StringIO(unquote(uri.removeprefix("data:text/csv;charset=utf-8,")))))


def test_the_data_under_a_figure_are_those_of_the_record(record, page):
    summary = record.summary
    bars = [row for row in _csv(page, "leakers") if row[0] == "nights"]
    assert sum(int(n) for *_, n in bars) == summary["run"]["runs"]
    mean = sum(0.5 * (int(low) + int(high)) * int(n) for _, low, high, n in bars) / summary["run"]["runs"]
    assert mean == pytest.approx(summary["outcomes"]["leakers"]["mean"])
    head, *classes = _csv(page, "classes")
    assert head[:4] == ["class", "group", "threats", "mean_leakers"]
    assert sum(float(row[3]) for row in classes) == pytest.approx(summary["outcomes"]["leakers"]["mean"])
    head, *causes = _csv(page, "causes-by-group")
    assert head == ["cause", "drones", "cruise", "all", "simulation_error"]
    assert sum(float(row[3]) for row in causes) == pytest.approx(summary["outcomes"]["leakers"]["mean"])
    killed = sum(float(mean) for _, step, mean in _csv(page, "chain") if step == "killed")
    assert killed == pytest.approx(summary["outcomes"]["kills"]["mean"])
    assert {"asset", "fire unit", "leaked", "killed"} <= {row[0] for row in _csv(page, "map")}


def test_cost_stands_beside_value_and_is_what_unit_costs_say(record, page):
    summary = record.summary
    outcomes = summary["outcomes"]
    unit_usd = {
        row["path"]: row["value"] * {"kUSD": 1e3, "MUSD": 1e6}[row["unit"]]
        for row in record.data_lock["parameters"]
        if "USD" in row["unit"]
    }
    costs = {name: unit_usd[f"{name}.airframe.unit_cost"] for name in ("threat_owa_drone", "threat_subsonic_cm")}
    costs["drone_decoy"] = unit_usd["threat_decoy.drone_decoy.unit_cost"]
    killed = sum(g["killed"]["mean"] * costs[g["class"]] for g in summary["groups"])
    assert outcomes["killed_usd"]["mean"] == pytest.approx(killed)
    assert sum(cost.total_usd for cost in killed_by_group(record)) == pytest.approx(killed)
    fired = outcomes["shots"]["mean"] * unit_usd["s400.msl_48n6e3.unit_cost"]
    assert outcomes["interceptors_usd"]["mean"] == pytest.approx(fired)
    assert summary["cost_exchange"]["value"] == pytest.approx(fired / killed)
    saved, hit = outcomes["value_of_assets_saved"], outcomes["value_of_assets_hit"]
    assert saved["mean"] + hit["mean"] == pytest.approx(summary["value_of_assets"])
    assert saved["night_to_night"][0] == pytest.approx(summary["value_of_assets"] - hit["night_to_night"][1])
    paths = {path for path, _, _ in page.numbers}
    assert {f"outcomes.{name}.mean" for name in ("value_of_assets_saved", "interceptors_usd", "killed_usd")} <= paths
    assert "cost_exchange.value" in paths
    assert [row[0] for row in _csv(page, "cost")[1:]] == ["value_of_assets_saved", "value_of_assets_hit", "interceptors_usd", "killed_usd"]


def test_groups_that_state_a_cross_section_or_damage_have_their_share_of_the_cost(tmp_path):
    text = raids.small().replace(
        "id: cruise, class: threat_subsonic_cm,", "id: cruise, class: threat_subsonic_cm, rcs: {value: 1 m^2, why: x},"
    )
    text = text.replace("48N6E3: 4", "48N6E3: 40").replace(
        "aim: {capital: 50 %, airbase: 50 %}", "aim: {capital: 50 %, s400/91N6E: 50 %}\n    damage: {value: 60 %, why: x}"
    )
    record = run_experiment(text, tmp_path / "r", Options(runs=40, draws=0, lift="none", workers=1))
    killed = {g["group"]: g["killed"]["mean"] for g in record.summary["groups"]}
    assert killed["drones"] * killed["cruise"] > 0.0
    costs = killed_by_group(record)
    assert {cost.group: cost.killed for cost in costs} == {name: mean for name, mean in killed.items() if mean}
    assert sum(cost.total_usd for cost in costs) == pytest.approx(record.summary["outcomes"]["killed_usd"]["mean"])


def test_the_page_says_where_the_spread_comes_from_and_what_it_cannot_tell(record, html, chance_html):
    text = re.sub(r"<[^>]+>", "", html).replace("\u00a0", " ")
    drawn = [row for row in record.data_lock["parameters"] if row["law"].startswith("drawn")]
    ours = sum(row["assumption"] for row in drawn)
    chance = record.summary["spread_shares"]["chance"]
    assert f"Spread comes from: chance {percent(chance)}, what is not publicly known {percent(1 - chance)} of the variance" in text
    assert f"vary {len(drawn)} values at once, {ours} assumed by us and {len(drawn) - ours} from the public record" in text
    assert "cannot tell their shares apart" in text
    assert "Spread comes from: chance alone" in re.sub(r"<[^>]+>", "", chance_html)


def test_every_value_counts_once_in_how_far_the_record_agrees(record, html):
    table = html[html.index("How far what was printed agrees") :]
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th><td class="num">(\d+)</td>', table[: table.index("</table>")])
    assert sum(int(n) for _, n in rows) == len(record.data_lock["parameters"])
    assert {name for name, _ in rows} <= {"Repeated by three or more", "Two agree", "Single or disputed", "Our judgement"}


def test_busy_channels_by_hand():
    times, count = busy(np.array([0.0, 1.0, 3.0, 1.5]), np.array([3.0, 2.0, 4.0, 1.5]))
    assert times.tolist() == [0.0, 1.0, 2.0, 3.0, 3.0, 4.0]
    assert count.tolist() == [1, 2, 1, 0, 1, 0]  # the channel that is free at 3 takes the next one


@pytest.mark.filterwarnings("error")
def test_a_night_on_which_one_threat_leaks_and_nobody_fires_is_drawn(tmp_path):
    text = raids.ONE_ROUND_EACH.replace("fire: once", "control: hold").replace("count: 6", "count: 1").replace("    spacing: 60 s\n", "")
    record = run_experiment(text, tmp_path / "r", Options(runs=2, lift="none", workers=1))
    (drawn,) = nights(record)  # the median is the worst, too
    assert "1 leaker" in drawn.title


def test_the_nights_show_what_the_record_holds(record, page):
    unit = record.table("unit")
    for why, name in (("the median", "night-median"), ("the worst", "night-worst")):
        kept = next(k for k in record.summary["kept"] if why in k["why"].split(", "))
        rows = _csv(page, name)[1:]
        assert [row[0] for row in rows].count("leaked") == kept["leakers"]
        night = unit.filter(pc.and_(pc.equal(unit["draw"], -1), pc.equal(unit["replication"], kept["replication"])))
        assert [row[0] for row in rows].count("round") == pc.sum(night["shots"]).as_py()
        ends = np.array([[float(a), float(b)] for what, _, a, b in rows if what == "channel busy"])
        assert (ends[:, 1] - ends[:, 0]).sum() == pytest.approx(pc.sum(night["channel_s"]).as_py())
        _, count = busy(ends[:, 0], ends[:, 1])
        failed = (ends[:, 0] == ends[:, 1]).any()  # the engine counts a failed launch for the instant that it lasts
        assert pc.sum(night["peak_channels"]).as_py() - failed <= count.max() <= pc.sum(night["peak_channels"]).as_py()  # one fire unit
        assert f"At most {count.max()} of 6 channels busy" in page.texts["desc", f"figure-{name}"][0]


def test_the_page_can_be_read_by_ear_and_by_keyboard(page):
    assert ("html", {"lang": "en"}) in page.attributes
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = {attrs.get("id") for _, attrs in page.attributes}
    links = [attrs["href"] for tag, attrs in page.attributes if tag == "a"]
    assert links[0] == "#answer"  # the first stop of the tab key skips to the answer
    assert "answer" in ids
    assert all(attrs.get("scope") in {"col", "row", "rowgroup"} for tag, attrs in page.attributes if tag == "th")
    assert page.tags.count("table") == page.tags.count("caption")
    assert page.tags.count("details") == page.tags.count("summary") > 6
    assert not [attrs for _, attrs in page.attributes if int(attrs.get("tabindex", "0")) > 0]
    drawn = [attrs for tag, attrs in page.attributes if tag == "svg"]
    assert all(attrs["role"] == "img" and ("aria-label" in attrs or len(attrs["aria-labelledby"].split()) == 2) for attrs in drawn)


def test_names_of_what_appears_in_the_run_and_of_nothing_else(html):
    text = re.sub(r"<[^>]+>", "", html)
    assert "SA-21 Growler" in text
    assert "Grave Stone" in text
    assert "40N6E (" not in text  # not loaded
    assert "Patriot" not in text
    for word in ("battalion", "regiment", "battery", "division"):
        assert f"<dt>{word}</dt>" in html


def test_groups_of_one_class_stand_under_it(tmp_path):
    """Three of six drones fly apart: the class is the sum of its groups."""
    flock = re.search(r"  - id: drones\n(?:    .*\n)+", raids.small())[0].replace("count: 6", "count: 3")
    apart = raids.small().replace("count: 6", "count: 3").replace("  - id: bait", flock.replace("drones", "stragglers") + "  - id: bait")
    page = read(report_html(run_experiment(apart, tmp_path / "r", Options(runs=20, draws=0, workers=1))))
    _, *rows = _csv(page, "classes")
    assert [row[:3] for row in rows[:3]] == [
        ["threat_owa_drone", "", "6"],
        ["threat_owa_drone", "drones", "3"],
        ["threat_owa_drone", "stragglers", "3"],
    ]
    assert [row[1] for row in rows[3:]] == [""]
    assert float(rows[0][3]) == pytest.approx(float(rows[1][3]) + float(rows[2][3]))
    assert {"drones", "stragglers"} <= set(page.texts["text", "figure-classes"])
    shown = {path for path, _, _ in page.numbers}
    assert {f"groups.{i}.leakage.{key}" for i in (0, 2) for key in ("value", "low", "high")} <= shown


def test_data_keep_commas_quotes_and_gaps():
    part = Part("x", "X", [("a, b", 'say "c"'), (None, 0.1)], "summary.json")
    assert list(csv.reader(io.StringIO(unquote(part.csv_uri.partition(",")[2])))) == [["a, b", 'say "c"'], ["", "0.1"]]
    assert not set('"<>#&% ') & set(part.csv_uri.partition(",")[2].replace("%", "").replace(" ", ""))


def test_the_page_depends_on_nothing_but_the_record_and_not_on_who_ran_it(tmp_path, record, html):
    shutil.copytree(record.folder, tmp_path / "other")
    summary = json.loads((tmp_path / "other" / "summary.json").read_text())
    summary["provenance"] |= {"host": "elsewhere", "wall_s": 1e9, "workers": 99}
    (tmp_path / "other" / "summary.json").write_text(json.dumps(summary))
    path = write_report(tmp_path / "other")
    assert path == tmp_path / "other" / "report.html"
    assert path.read_text(encoding="utf-8") == html


def test_chance_only_is_stamped_on_every_output(html, chance_html):
    page = read(chance_html)
    figures = page.tags.count("figure")
    assert page.texts["span", ""].count("chance only") >= 1 + 3 + figures  # title, tiles, figures; and tables
    assert page.texts["h1", ""][0].endswith("Chance only: no disputed value was varied.")
    assert "not varied" in page.texts["span", ""]
    assert 'class="stamp"' not in html


def test_a_raid_that_a_formula_covers_is_compared_with_it(chance, chance_html):
    text = re.sub(r"<[^>]+>", "", chance_html)
    # SSPK 0.7 x reliability 0.95 of the catalogue: 6 x 0.335 = 2.01
    assert "6 × (1 − 0.665)1 = 2.01 leakers" in text
    error = chance.summary["outcomes"]["leakers"]["simulation_error"]
    assert chance.summary["outcomes"]["leakers"]["mean"] == pytest.approx(2.01, abs=2.0 * error)


def test_assumptions_and_sources_are_all_listed(record, html, page):
    rows = record.data_lock["parameters"]
    flat = html.replace("<wbr>", "")
    for row in rows:
        assert row["path"].partition(".")[2] in flat
    assumed = sum(r["standing"] == "our assumption" for r in rows)
    assert record.summary["assumptions"] == assumed + len(record.data_lock["notes"])
    assert f"rests on {record.summary['assumptions']} assumptions: {assumed} of the {len(rows)} values" in re.sub(r"<[^>]+>", "", html)
    for source in record.data_lock["sources"]:
        assert source["speaker"] == "us" or source["id"] in flat
    assert all(note[1:] in html for note in record.data_lock["notes"])


def test_rings_agree_with_the_horizon_law_of_the_model(record):
    for sensor in record.description["sensors"]:
        for ring in sensor["rings"]:
            expected = min(ring["horizon_m"], sensor["range_max_m"])
            assert reach_m(sensor, ring["alt_m"]) == pytest.approx(expected, rel=1e-9)


def test_coverage_areas_are_those_of_the_table(record, html, page):
    table = record.table("coverage")
    found = record.summary["coverage"]
    assert (found["centre"], [row["height_m"] for row in found["heights"]]) == ("capital", [50.0, 1_500.0, 10_000.0])
    assert table.num_rows == found["bearings"] * 3
    for row in found["heights"]:
        mine = table.filter(pc.equal(table["height_m"], row["height_m"]))
        assert set(mine["class"].to_pylist()) == {row["class"]}
        for kind in ("visible", "detectable", "engageable"):
            assert row[kind]["area_m2"] == pytest.approx(pc.sum(mine[f"{kind}_area_m2"]).as_py(), rel=1e-12)
            assert row[kind]["outer_m"] == pc.max(mine[f"{kind}_outer_m"]).as_py()
        said = f"visible out to {row['visible']['outer_m'] / 1e3:.0f} km"
        assert said in page.texts["desc", "figure-coverage"][0]
    low = found["heights"][0]
    assert (low["class"], low["speed_mps"], low["rcs_least_m2"]) == ("threat_subsonic_cm", 240.0, 0.07)
    assert low["visible"]["area_m2"] < found["heights"][2]["visible"]["area_m2"]
    assert low["engageable"]["area_m2"] < low["detectable"]["area_m2"] / 2.0  # the engagement radar covers 90 degrees
    assert [p["path"] for p in record.data_lock["coverage_parameters"]][-1].startswith("f16.airframe.")
    assert "Read for this section alone: " in html


def test_a_record_of_before_coverage_was_computed_is_still_read(changed):
    page = read(report_html(changed(lambda summary: summary.pop("coverage"))))
    assert "figure-coverage" not in {attrs["id"] for tag, attrs in page.attributes if tag == "figure"}


def _colours(html):
    """Colours of the light page, the dark page and the print, by variable."""
    css = html[html.index("<style>") : html.index("</style>")]
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return [{k: v if len(v) > 4 else "#" + "".join(2 * c for c in v[1:]) for k, v in re.findall(r"--([\w-]+): (#\w+)", b)} for b in blocks]


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(ground, colour):
    light, dark = sorted((ground, _luminance(colour)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_by_hand():
    assert _contrast(_luminance("#ffffff"), "#000000") == pytest.approx(21.0)
    assert _contrast(_luminance("#ffffff"), "#777777") == pytest.approx(4.48, abs=0.005)  # the grey that just fails


def test_contrast_in_light_dark_and_print(html):
    """WCAG 2.2: 4.5 for text (1.4.3), 3 for what figures draw (1.4.11)."""
    schemes = _colours(html)
    assert len(schemes) == 3
    for colours in schemes:
        paper = _luminance(colours["paper"])
        least = {"ink": 4.5, "muted": 4.5, "accent": 4.5, "alarm": 4.5} | {f"class-{i}": 3.0 for i in range(1, 8)}
        for name, needed in least.items():
            assert _contrast(paper, colours[name]) >= needed, name
        assert _contrast(_luminance(colours["panel"]), colours["ink"]) >= 4.5  # code and entries to cite


@pytest.mark.parametrize("keep", [0, 1])
def test_thin_records_degrade_in_words(tmp_path, keep):
    made = run_experiment(raids.small(), tmp_path / "r", Options(runs=1, draws=0, workers=1, keep=keep))
    page = read(report_html(made))
    assert "one run" in " ".join(page.texts["td", ""])
    said = page.texts["desc", "figure-map"][0]
    assert ("no replicate was kept" in said) == (keep == 0)


def test_a_raid_without_lethal_threats_has_a_page(tmp_path):
    harmless = re.sub(r"  - \{id: cruise.*\n", "", raids.small()).replace("    spacing: 8 s\n", "    spacing: 8 s\n    lethal: no\n")
    made = run_experiment(harmless, tmp_path / "r", Options(runs=2, draws=0, workers=1))
    assert read(report_html(made)).texts["h1", ""] == ["This raid has no lethal threat, so nothing can leak."]


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("summary.json", "weapons", ...),
        ("summary.json", "question", ...),
        ("summary.json", "outcomes", None),
        ("summary.json", "run", 5),
        ("summary.json", "classes", []),
        ("description.json", "names", None),
        ("description.json", "groups", "none"),
        ("data-lock.json", "sources", None),
    ],
)
def test_a_damaged_record_is_one_message(tmp_path, record, file, key, value):
    shutil.copytree(record.folder, tmp_path / "r")
    content = json.loads((tmp_path / "r" / file).read_text()) | {key: value}
    (tmp_path / "r" / file).write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))
    with pytest.raises(InputError, match=r"the record is damaged: \S+") as caught:
        write_report(tmp_path / "r")
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "r" / "report.html").exists()


def test_numbers_never_lose_their_finiteness(page):
    assert all(math.isfinite(float(value)) for _, value, _ in page.numbers if value)
