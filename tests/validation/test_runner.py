"""The oracle runner: files, verdicts, exit codes, and the rule for sampled values on samplers of known law."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from openiads.cli.validate_command import register
from openiads.errors import InputError
from openiads.validation import runner, topics_analytic, topics_geodesy, topics_motion, topics_radar
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, band, compare
from openiads.validation.sampling import MOST_REPLICATES, Sampled, Simulate, sampled_checks

Run = Callable[..., Result]

#: How many given cases the closed forms and Kepler arcs answer.
CLOSED_FORM_CASES = {
    "ballistic_elliptical": 10,
    "ballistic_min_energy": 12,
    "ballistic_reported_lofted": 3,
    "ballistic_rotating_earth": 5,
    "kill_layered": 9,
    "kill_magazine": 8,
    "kill_salvo_leakage": 16,
    "kill_saturation_cycles": 6,
    "kill_shoot_look_shoot": 34,
    "kill_wilkening": 28,
    "queue_erlang_b": 44,
    "stats_intervals": 12,
}


def oracle(topic: str = "queue_erlang_b", **case: Any) -> dict[str, Any]:
    body = {
        "quantity": "erlang_b_loss",
        "inputs": {"channels": 1, "offered_load_erlang": 1.0},
        "expected": {"blocking": 0.5},
        "tolerance": {"rel": 1e-9},
        "id": "half",
    }
    return {"topic": topic, "cases": [body | case]}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Write oracle documents or raw texts to files, run the command on their folder; gives the result."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)

    def invoke(*documents: dict[str, Any] | bytes, options: tuple[str, ...] = ()) -> Result:
        for i, document in enumerate(documents):
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            (tmp_path / f"case{i}.json").write_bytes(content)
        return CliRunner().invoke(app, ["validate", "--cases", str(tmp_path), *options])

    return invoke


# --- one check ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "ratio"),
    [
        (Check("x", 1.2, 1.0, 0.1, "abs"), 2.0),
        (Check("x", 102.0, 100.0, 0.04, "rel"), 0.5),
        (Check("x", -98.0, -100.0, 0.04, "rel"), 0.5),
        (Check("x", 0.02, 0.0, 0.04, "rel"), 0.5),
        (Check("x", 3, 3, 0.0, "exact"), 0.0),
        (Check("x", "6627e8d5", "6627e8d5", 0.0, "exact"), 0.0),
        (Check("x", 3, 4, 0.0, "exact"), math.inf),
        (Check("x", math.nan, 1.0, 0.1, "abs"), math.inf),
        (Check("x", math.nan, math.nan, 0.0, "exact"), math.inf),
        (Check("x", 1.0, 1.0, 0.0, "abs"), 0.0),
        (Check("x", 1.1, 1.0, 0.0, "abs"), math.inf),
        (band("x", 400.0, -60.0, 400.0), 1.0),
        (band("x", 170.0, -60.0, 400.0), 0.0),
        (band("x", -290.0, -60.0, 400.0), 2.0),
    ],
)
def test_error_ratio(check: Check, ratio: float) -> None:
    assert check.error_ratio() == pytest.approx(ratio)


def test_an_expected_value_that_nothing_gives_is_uncovered() -> None:
    with pytest.raises(UncoveredError, match="sd_leakers"):
        compare({"mean_leakers": 1.0, "sd_leakers": 2.0}, {"mean_leakers": 1.0}, 1e-9, "rel")


# --- files and verdicts ---------------------------------------------------------------------------------------------------------


def test_every_shipped_case_of_closed_forms_and_arcs_passes() -> None:
    laws = topics_analytic.LAWS | topics_motion.LAWS
    answered: dict[str, int] = {}
    for case in runner.load_cases([runner.GIVEN_CASES]):
        law = laws.get((case.topic, case.body["quantity"]))
        if law is not None:
            answered[case.topic] = answered.get(case.topic, 0) + 1
            found = law.answer(case.body, CaseContext(case.topic, None, runner.SEED))
            assert found
            assert [check for check in found if check.error_ratio() > 1.0] == [], case.label
    assert answered == CLOSED_FORM_CASES


def test_every_expected_value_of_the_given_cases_has_a_law_where_its_topic_has_one() -> None:
    for case in runner.load_cases([runner.GIVEN_CASES]):
        answering = runner.laws(case.topic, case.body["quantity"])
        if answering:
            assert set(case.body["expected"]) <= frozenset().union(*(law.expected_keys for law in answering)), case.label


def test_a_passing_file_never_seen_before(run: Run) -> None:
    result = run(oracle(), options=("--strict",))
    assert result.exit_code == 0
    assert result.stdout.split()[:3] == ["passed", "queue_erlang_b", "1"]


def test_a_wrong_value_fails_and_is_named(run: Run) -> None:
    result = run(oracle(expected={"blocking": 0.6}))
    assert result.exit_code == 1
    assert result.stdout.startswith("failed")
    assert "half: blocking" in result.stdout
    assert "want 0.6" in result.stdout


def test_one_failure_fails_the_topic_over_several_files(run: Run) -> None:
    result = run(oracle(), oracle(expected={"blocking": 0.4}), oracle(id="again"))
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)
    assert result.stdout.startswith("failed")


def test_a_wrong_value_fails_beside_one_that_no_law_gives(run: Run) -> None:
    result = run(oracle(expected={"blocking": 0.9, "waiting": 1.0}))
    assert result.exit_code == 1
    assert result.stdout.startswith("failed")
    assert "half: blocking" in result.stdout


def test_the_unknown_part_is_named(run: Run) -> None:
    assert "topic 'queue_erlang_c'" in run(oracle(topic="queue_erlang_c")).stdout
    assert "quantity 'waiting' of topic 'queue_erlang_b'" in run(oracle(quantity="waiting")).stdout


def test_a_key_that_stands_twice_is_refused(run: Run) -> None:
    text = json.dumps(oracle()).replace('"rel": 1e-09', '"rel": 1e-09, "rel": 1')
    assert "the key 'rel' stands twice in one object" in str(run(text.encode()).exception)


@pytest.mark.parametrize(
    "document",
    [
        oracle(topic="weather", quantity="rain"),
        oracle(quantity="erlang_c"),
        oracle(expected={"blocking": 0.5, "waiting": 1.0}),
        oracle("kill_layered", quantity="layered_defence", inputs={"threats": 1, "layers": [], "unlimited_magazines": False}),
    ],
)
def test_a_question_without_a_law_is_not_covered(run: Run, document: dict[str, Any]) -> None:
    lenient, strict = run(document), run(document, options=("--strict",))
    assert lenient.stdout.startswith("not covered")
    assert (lenient.exit_code, strict.exit_code) == (0, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\xff\xfe\x00", "not a text file"),
        (b"topic: queue", "not JSON"),
        (b'{"topic": "queue_erlang_b", "cases": [', "not JSON"),
        (b'{"topic": "queue_erlang_b", "cases": [{"expected": {"blocking": NaN}}]}', "NaN is not a number"),
        (b"[1, 2]", "an oracle file is"),
        (b'{"topic": 7, "cases": []}', "an oracle file is"),
        (b'{"topic": "queue_erlang_b", "cases": []}', "at least one case"),
        (b'{"topic": "queue_erlang_b", "cases": [3]}', "case 1"),
        (oracle(inputs=[1]), "half: inputs: must be a JSON object"),
        (oracle(inputs={"channels": 1}), "half: inputs.offered_load_erlang: is missing; it must be a number above 0"),
        (
            oracle(inputs={"channels": "one", "offered_load_erlang": 1.0}),
            "half: inputs.channels: 'one' must be a whole number from 0 to 1,000,000",
        ),
        (oracle(inputs={"channels": -1, "offered_load_erlang": 1.0}), "-1 must be a whole number"),
        (oracle(inputs={"channels": True, "offered_load_erlang": 1.0}), "True must be a whole number"),
        (oracle(expected={}), "half: expected: is empty"),
        (oracle(expected={"blocking": "half"}), "expected.blocking: 'half' must be a number"),
        (oracle(expected={"blocking": [0.5]}), "[0.5] must be a number"),
        (oracle(tolerance={"rel": "tight"}), "tolerance.rel: 'tight' must be a number"),
        (oracle(tolerance={}), "tolerance.rel: is missing"),
        (oracle(tolerance={"rel": -1e-9}), "tolerance.rel: -1e-09 must be a number of at least 0"),
        (oracle(topic="weather", tolerance={"abs_mm": -1}), "tolerance.abs_mm: -1 must be"),
        (json.dumps(oracle()).replace("1e-09", "1e999").encode(), "tolerance.rel: inf must be a number"),
        (oracle() | {"n_cases": 2}, "n_cases: 2 is not the number of cases; there are 1"),
        ({"topic": "weather", "cases": oracle()["cases"] * 2}, "half: cases 1 and 2 have this id"),
    ],
)
def test_a_bad_file_gives_one_clear_message(run: Run, content: dict[str, Any] | bytes, message: str) -> None:
    error = run(content).exception
    assert isinstance(error, InputError)
    assert error.exit_code == 2
    assert message in str(error)
    assert "case0.json" in str(error)
    assert "\n" not in str(error)


def test_all_faults_of_all_cases_are_listed_before_anything_is_computed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_run", lambda case, context: pytest.fail("a law was asked"))
    bad = {"rel": "tight", "abs": -1.0}
    result = run(b"{", oracle(), oracle(id="a", tolerance=bad, expected={"blocking": None}), oracle(id="b", inputs={"channels": 1.5}))
    assert isinstance(result.exception, InputError)
    faults = [line.partition("/case")[2] for line in str(result.exception).splitlines()]
    assert [fault.partition(" must")[0].partition(" is missing")[0] for fault in faults[1:]] == [
        "2.json: a: tolerance.abs: -1.0",
        "2.json: a: expected.blocking: None",
        "2.json: a: tolerance.rel: 'tight'",
        "3.json: b: inputs.channels: 1.5",
        "3.json: b: inputs.offered_load_erlang:",
    ]
    assert faults[0].startswith("0.json: not JSON")
    assert result.stdout == ""


def test_cases_that_only_their_law_can_refuse_are_named_together(run: Run) -> None:
    case = {"topic": "stats_intervals", "quantity": "wilson_95", "expected": {"lower": 0.5}, "tolerance": {"abs": 0.1}}
    one = oracle(**case, inputs={"successes": 3, "trials": 2}, id="one")
    result = run(one, oracle(**case, inputs={"successes": 1, "trials": 2}), oracle(**case, inputs={"successes": 9, "trials": 8}, id="two"))
    assert isinstance(result.exception, InputError)
    first, second = str(result.exception).splitlines()
    assert "one: there cannot be 3 successes in 2 trials" in first
    assert "two: there cannot be 9 successes" in second


class Read(dict[str, Any]):
    """A mapping that remembers which of its keys were asked for."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self.keys_read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.keys_read.add(key)
        return super().__getitem__(key)


def test_a_law_reads_the_keys_that_it_asks_for() -> None:
    laws = topics_analytic.LAWS | topics_geodesy.LAWS | topics_motion.LAWS | topics_radar.LAWS
    first = {(case.topic, case.body["quantity"]): case for case in reversed(runner.load_cases([runner.GIVEN_CASES]))}
    for quantity, law in laws.items():
        case = first[quantity]
        body = {**case.body, "inputs": Read(case.body["inputs"]), "tolerance": Read(case.body["tolerance"])}
        law.answer(body, CaseContext(case.topic, None, runner.SEED))
        for part, names in (("inputs", law.inputs), ("tolerance", law.tolerance)):
            read = body[part].keys_read
            asked = [set(name.removesuffix("?").split("|")) for name in names.split()]
            assert read <= set().union(*asked), (quantity, part)
            assert all(read & either for name, either in zip(names.split(), asked, strict=True) if not name.endswith("?")), (quantity, part)


def test_missing_places_are_bad_input(run: Run, tmp_path: Path) -> None:
    assert "no *.json" in str(run().exception)
    with pytest.raises(InputError, match="no such file"):
        runner.load_cases([tmp_path / "none.json"])
    assert "not a folder" in str(run(oracle(), options=("--data", str(tmp_path / "none"))).exception)


def test_several_places_may_follow_one_option_and_a_file_counts_once(run: Run, tmp_path: Path) -> None:
    run(oracle(), oracle(topic="weather"))
    result = run(options=(str(tmp_path / "case0.json"), str(tmp_path / "case1.json")))
    queue, weather = result.stdout.splitlines()
    assert "queue_erlang_b" in queue
    assert " 1 cases" in queue
    assert "weather" in weather


def test_json_lists_every_check(run: Run) -> None:
    result = run(oracle(expected={"blocking": 0.5, "mean_busy": 0.4}), options=("--json",))
    (topic,) = json.loads(result.stdout)
    assert (topic["topic"], topic["status"], topic["worst_check"], result.exit_code) == ("queue_erlang_b", "failed", "mean_busy", 1)
    assert [check["name"] for check in topic["results"][0]["checks"]] == ["blocking", "mean_busy"]


def test_json_writes_infinity_as_a_text(run: Run) -> None:
    document = oracle("stats_intervals", quantity="runs_needed_normal_95", inputs={"p": 0.9, "half_width": 0.01}, expected={"runs": 1})
    (topic,) = json.loads(run(document, options=("--json",)).stdout)
    assert topic["worst_error_ratio"] == "inf"


def test_all_laws_of_a_quantity_must_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrong(case: Mapping[str, Any], context: CaseContext) -> list[Check]:
        return [Check("engine", 9.0, 1.0, 0.1, "abs")]

    closed = runner.laws("queue_erlang_b", "erlang_b_loss")
    assert len(closed) == 1
    monkeypatch.setattr(runner, "laws", lambda topic, quantity: [*closed, Law(wrong, "", "", "")])
    place = tmp_path / "one.json"
    place.write_text(json.dumps(oracle()))
    (topic,) = runner.run_cases(runner.load_cases([place]), None)
    assert topic.outcome == "failed"
    assert topic.worst is not None
    assert topic.worst[1].name == "engine"


# --- sampled values -------------------------------------------------------------------------------------------------------------


def poisson_binomial(threats: int, p_leak: float, seen: list[int] | None = None) -> Simulate:
    """A stand-in for the engine: binomial leakers, the same for a replication however the calls are split."""
    draws = np.random.default_rng(7).binomial(threats, p_leak, MOST_REPLICATES).astype(float)

    def simulate(first: int, count: int) -> dict[str, np.ndarray]:
        if seen is not None:
            seen.append(first + count)
        leakers = draws[first : first + count]
        return {"leakers": leakers, "none": (leakers == 0.0).astype(float)}

    return simulate


def binomial_law(threats: int, p_leak: float) -> list[Sampled]:
    sd = math.sqrt(threats * p_leak * (1.0 - p_leak))
    return [
        Sampled("mean_leakers", "leakers", "mean", threats * p_leak, sd),
        Sampled("sd_leakers", "leakers", "sd", sd),
        Sampled("p_zero_leak", "none", "share", (1.0 - p_leak) ** threats),
    ]


@pytest.mark.parametrize(("threats", "p_leak"), [(36, 0.09), (100, 0.5), (72, 2.56e-6), (1, 0.3), (20, 1.0)])
def test_a_sampler_of_the_stated_law_passes(threats: int, p_leak: float) -> None:
    results = sampled_checks(poisson_binomial(threats, p_leak), binomial_law(threats, p_leak))
    assert [check.error_ratio() for check in results] == pytest.approx([0.0] * 3, abs=1.0)


@pytest.mark.parametrize(("threats", "p_leak"), [(36, 0.09), (100, 0.5)])
def test_a_law_that_is_off_by_5_percent_fails(threats: int, p_leak: float) -> None:
    mean, _, _ = sampled_checks(poisson_binomial(threats, 1.05 * p_leak), binomial_law(threats, p_leak))
    assert mean.error_ratio() > 1.0


def test_a_wrong_spread_fails_although_the_mean_is_right() -> None:
    def simulate(first: int, count: int) -> dict[str, np.ndarray]:
        return {"leakers": np.tile([0.0, 6.0], count // 2 + 1)[:count]}

    mean, sd = sampled_checks(simulate, [Sampled("mean", "leakers", "mean", 3.0, 2.0), Sampled("sd", "leakers", "sd", 2.0)])
    assert mean.error_ratio() <= 1.0
    assert sd.error_ratio() > 1.0


def test_replicates_grow_until_four_standard_errors_are_small_enough() -> None:
    seen: list[int] = []
    sampled_checks(poisson_binomial(36, 0.09, seen), binomial_law(36, 0.09))
    mean, p_zero = 36 * 0.09, 0.91**36
    for_mean = (4 * math.sqrt(mean * 0.91) / (0.02 * mean)) ** 2
    for_share = (4 * math.sqrt(p_zero * (1 - p_zero)) / 0.002) ** 2
    assert seen[-1] == math.ceil(max(for_mean, for_share))


def test_replicates_stop_at_the_limit() -> None:
    seen: list[int] = []
    sampled_checks(poisson_binomial(1, 0.5, seen), [Sampled("x", "leakers", "mean", 0.5, 30.0)])
    assert seen[-1] == MOST_REPLICATES


def test_the_sample_s_own_spread_serves_where_the_oracle_states_none() -> None:
    (check,) = sampled_checks(poisson_binomial(100, 0.5), [Sampled("x", "leakers", "mean", 50.0)])
    n = (4 * 5.0 / (0.02 * 50.0)) ** 2
    assert check.tolerance == pytest.approx(4 * 5.0 / math.sqrt(max(n, 1_024)), rel=0.1)


def test_a_count_that_never_varies_must_be_right_unless_the_mean_is_not_whole() -> None:
    def simulate(first: int, count: int) -> dict[str, np.ndarray]:
        return {"shots": np.full(count, 90.0)}

    assert sampled_checks(simulate, [Sampled("x", "shots", "mean", 90.0)])[0].error_ratio() == 0.0
    assert sampled_checks(simulate, [Sampled("x", "shots", "mean", 89.99977)])[0].error_ratio() < 1.0
    assert sampled_checks(simulate, [Sampled("x", "shots", "mean", 89.0)])[0].error_ratio() > 1.0
