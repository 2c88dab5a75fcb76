"""`python -m benchmarks [--tiny] [NAME ...]`: run all benchmarks, or those named.

--tiny runs them at a size that takes seconds, for the check of their answers alone: their times say nothing then.
`python -m benchmarks --json [FILE]` measures the table against other packages alone, and keeps its rows in FILE, which
is benchmarks/peers.json where none is given; `python docs/bench.py` writes them into README.md.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

NOT_BENCHMARKS = {"timing"}
KEPT = Path(__file__).with_name("peers.json")
NAMES = sorted(
    p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_") and p.stem not in NOT_BENCHMARKS
)


def run(name: str, *, tiny: bool = False) -> int:
    """Run one benchmark; 1 where a bound is missed. Raises VerificationError for a wrong answer, whatever the size."""
    module = import_module(f"benchmarks.{name}")
    if not tiny:
        return int(module.main())
    kept = {constant: getattr(module, constant) for constant in module.TINY}
    try:
        for constant, value in module.TINY.items():
            setattr(module, constant, value)
        module.main()
    finally:
        for constant, value in kept.items():
            setattr(module, constant, value)
    return 0


def keep(arguments: list[str]) -> int:
    """Measure the table against other packages and write it to a file; 1 where answers differ, 2 for several files."""
    if len(arguments) > 1:
        print("--json takes one file, and no names", file=sys.stderr)
        return 2
    peers = import_module("benchmarks.peers")
    found = peers.written(peers.rows())
    path = Path(arguments[0]) if arguments else KEPT
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return int(any(row["ours_seconds"] is None for row in found["rows"]))


def main(arguments: list[str]) -> int:
    """Run the benchmarks that the arguments name, all of them without names; 1 where one missed a bound."""
    if "--json" in arguments:
        return keep(arguments[arguments.index("--json") + 1 :])
    tiny = "--tiny" in arguments
    wanted = [name for name in arguments if name != "--tiny"] or NAMES
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; choose from {', '.join(NAMES)}", file=sys.stderr)
        return 2
    missed = 0
    for name in wanted:
        print(f"== {name}", flush=True)
        missed |= run(name, tiny=tiny)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
