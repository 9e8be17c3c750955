"""Laws on recordings of others, which `make recordings` fetches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from openiads.validation.runner import GIVEN_CASES, load_cases, run_cases
from openiads.validation.topics_recorded import FIRST_SCORED

RECORDINGS = Path(__file__).parents[2] / "build" / "recordings"


@pytest.mark.skipif(not (RECORDINGS / "traffic").is_dir(), reason="the recordings are not ours to ship: 'make recordings' fetches them")
@pytest.mark.parametrize("topic", ["real_adsb_traffic", "interop_asterix_recorded", "peer_tracker"])
def test_every_case_on_recordings_passes(topic: str) -> None:
    [found] = run_cases(load_cases([GIVEN_CASES / f"{topic}.json"]), RECORDINGS)
    assert found.outcome == "passed"


def test_the_peers_means_leave_out_the_scans_in_which_its_tracks_begin() -> None:
    """Why ours are taken from the tenth scan on: those of the case are the means of its own rows from there."""
    want = load_cases([GIVEN_CASES / "peer_tracker.json"])[0].body["expected"]
    for name in ("gospa_m", "missed", "false", "n_truth"):
        assert want[name] == pytest.approx(np.mean([row[name] for row in want["per_scan"][FIRST_SCORED:]]), rel=1e-12)


def test_without_the_recordings_a_case_says_what_it_lacks(tmp_path: Path) -> None:
    [found] = run_cases(load_cases([GIVEN_CASES / "real_adsb_traffic.json"]), tmp_path)
    assert found.outcome == "not covered"
    assert "make recordings" in (found.cases[0].reason or "")
