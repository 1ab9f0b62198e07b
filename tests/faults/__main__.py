"""`make faults`: every fault in turn, as one table. Ends with status 1 where one went wrong."""

import sys
import tempfile
from pathlib import Path

from tests.faults import own_faults, trial
from tests.faults.stand import stand


def main() -> None:
    """One gateway lives through all of them; the settings are tried beside it."""
    with tempfile.TemporaryDirectory() as folder, stand(Path(folder)) as one:
        told = trial.engine_trials(one)
        told += own_faults.full_disk(one)
        told += own_faults.clock_jumps(one)
        told += own_faults.typos(one.adapters)
    print("| fault | caller's status | s until it | s to recovery |")
    print("|---|---|---|---|")
    for row in told:
        recovery = "" if row.recovery_s is None else f"{row.recovery_s:.2f}"
        print(f"| {row.fault} | {row.statuses} | {row.seconds:.2f} | {recovery} |")
    wrong = [f"{row.fault}: {row.wrong}" for row in told if row.wrong]
    print(*wrong, sep="\n", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
