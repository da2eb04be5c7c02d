"""The command ``benchmark``: timings of HEANet beside other ways of doing the same work."""

import sys
from importlib import import_module

from tyro.conf import Positional

from heanet.commit import ROOT
from heanet.errors import ConfigError, DataError

_CODE = ROOT / "benchmarks" / "run.py"


def benchmark(
    names: Positional[tuple[str, ...]] = (),
    quick: bool = False,
    check: bool = False,
    tolerance: float = 0.3,
    fresh: bool = False,
    report: bool = False,
) -> int:
    """Time HEANet beside other ways; results to benchmarks/results and docs/performance.md.

    Args:
        names: Benchmarks; default: all that this commit has no results of.
        quick: Small sizes that take minutes; kept apart from the full ones.
        check: Compare with the results that are kept, and change nothing; exit code 1 if worse.
        tolerance: With --check, the share by which a median may be worse.
        fresh: Measure again what this commit has results of.
        report: Only write docs/performance.md again from the results.
    """
    if not 0 <= tolerance < 1:
        raise ConfigError(f"Option --tolerance is {tolerance:g}", expected="at least 0, below 1")
    if not _CODE.exists():
        raise DataError(
            "The benchmarks are not part of the installed package",
            expected=f"the folder '{_CODE.parent}'",
            fix="Run the command in a checkout of the project.",
        )
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    if report:
        import_module("benchmarks.document").write_document()
        return 0
    run = import_module("benchmarks.run")
    if check:
        code: int = run.check_all(names, quick=quick, tolerance=tolerance)
    else:
        code = run.run_all(names, quick=quick, fresh=fresh)
    return code
