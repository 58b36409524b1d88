"""CPU time and page faults of a sweep's point with one request: fork, resolve, simulate, store.

Usage: tests/bench/sweep_overhead.py build/release/cleave [OTHER_CLEAVE ...]. What starting the program costs cancels
out: a study of 250 runs less one of 50. Programs take turns, three times; the smallest of each counts, since other
load only adds.
"""

import pathlib
import resource
import subprocess
import sys
import tempfile

SCENARIO = """\
pools: [{{name: all, replicas: 1, cost: {cost}}}]
workload: {{classes: [{{traffic: {{type: synthetic, input: 100, output: 20, requests: 1,
  arrivals: {{type: poisson, rate: 10 req/s}}}}}}]}}
"""
FEW, MANY, ROUNDS = 50, 250, 3


def spent(program: str, folder: pathlib.Path, cost: str, runs: int) -> tuple[float, int]:
    """CPU seconds and page faults of a sweep and all its children."""
    (folder / "base.yaml").write_text(SCENARIO.format(cost=cost))
    (folder / "study.yaml").write_text(f"scenario: base.yaml\naxes: []\nreplicates: {runs}\n")
    for old in folder.glob("results.db*"):
        old.unlink()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "sweep", "study.yaml", "--quiet", "--workers", "1", "--out", "results.db"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_minflt - before.ru_minflt


def main(programs: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        for cost in ("roofline", "calibrated"):
            taken: dict[tuple[str, int], list[tuple[float, int]]] = {}
            for _ in range(ROUNDS):
                for program in programs:
                    for runs in (FEW, MANY):
                        path = str(pathlib.Path(program).resolve())
                        taken.setdefault((program, runs), []).append(spent(path, pathlib.Path(name), cost, runs))
            for program in programs:
                (few, few_faults), (many, many_faults) = (min(taken[program, runs]) for runs in (FEW, MANY))
                runs = MANY - FEW
                print(f"{program}: {cost}: {1000 * (many - few) / runs:.2f} ms, "
                      f"{(many_faults - few_faults) / runs:.0f} page faults a point")


if __name__ == "__main__":
    main(sys.argv[1:])
