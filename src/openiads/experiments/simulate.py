"""`simulate`: from a scenario to a record in one call."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from openiads.catalogue import Catalogue
from openiads.errors import Interrupted
from openiads.experiments.options import Options
from openiads.experiments.run import run_experiment
from openiads.records import Record
from openiads.scenario import Scenario


def simulate(
    scenario: Scenario | Path | str,
    *,
    runs: int | None = None,
    draws: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    lift: str | None = None,
    workers: int | None = None,
    out: Path | str | None = None,
    catalogue: Catalogue | None = None,
) -> Record:
    """Run a scenario (a `Scenario`, a file, or its text) and return its record.

    `runs` is the number of nominal replicates, `draws` that of catalogue draws (0: chance only), `replicates` that in each draw, `lift`
    the limits that are lifted one at a time ("all", "none", or names with commas between them); what is None is as the scenario's section
    `run` says. The same `seed` gives the same luck, whatever the number of `workers` (processes; None: one per processor), so that
    scenarios can be compared replicate by replicate.

    With `out` the record is kept in that folder, as `openiads run --out` does. Without, it lies in a temporary folder, `record.folder`,
    that is removed when the record is no longer referred to, at the latest when Python ends; copy the folder to keep it.

    Raises `ScenarioError` with every problem of the scenario, `InputError` for a count or folder that cannot be used, `RunError` for a
    run that fails and `Interrupted` after Ctrl-C. `run_experiment` has more options.
    """
    options = Options(runs=runs, draws=draws, replicates=replicates, seed=seed, lift=lift, workers=workers)
    if out is not None:
        return run_experiment(scenario, out, options, catalogue)
    folder = tempfile.mkdtemp(prefix="openiads-")
    try:
        record = run_experiment(scenario, folder, options, catalogue)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, Interrupted):
            raise Interrupted("interrupted; nothing is kept, because no folder 'out' was given") from None
        raise
    weakref.finalize(record, shutil.rmtree, folder, ignore_errors=True)
    return record
