"""Laws on recordings of others, which `make recordings` fetches."""

from __future__ import annotations

from pathlib import Path

import pytest

from openiads.validation.runner import GIVEN_CASES, load_cases, run_cases

RECORDINGS = Path(__file__).parents[2] / "build" / "recordings"


@pytest.mark.skipif(not (RECORDINGS / "traffic").is_dir(), reason="the recordings are not ours to ship: 'make recordings' fetches them")
@pytest.mark.parametrize("topic", ["real_adsb_traffic", "interop_asterix_recorded", "peer_tracker"])
def test_every_case_on_recordings_passes(topic: str) -> None:
    [found] = run_cases(load_cases([GIVEN_CASES / f"{topic}.json"]), RECORDINGS)
    assert found.outcome == "passed"


def test_without_the_recordings_a_case_says_what_it_lacks(tmp_path: Path) -> None:
    [found] = run_cases(load_cases([GIVEN_CASES / "real_adsb_traffic.json"]), tmp_path)
    assert found.outcome == "not covered"
    assert "make recordings" in (found.cases[0].reason or "")
