"""The end of `make test` names what has failed, whoever ran it."""

from deploy.dev.tests import Part

LINES = """
\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m188 passed\x1b[39m\x1b[22m\x1b[90m (188)\x1b[39m
\x1b[2m Test Files \x1b[22m \x1b[1m\x1b[32m46 passed\x1b[39m\x1b[22m\x1b[90m (46)\x1b[39m
 FAIL  src/app/nav.test.ts > nav > hides what one may not see
  ✓    1 e2e/graph.spec.ts:1:1 > graph (5.7s)
  ✘   18 e2e/billing.spec.ts:39:1 > from the free plan to another (7.4s)
  106 passed (18.5m)
FAILED tests/unit/test_x.py::test_y[one] - AssertionError
ERROR tests/unit/test_z.py::test_z
=================== 1 failed, 3066 passed, 1 error in 400.36s (0:06:40) ====================
"""


def test_what_passed_is_counted_and_what_failed_is_named() -> None:
    part = Part("all", ())
    for line in LINES.splitlines():
        part.read(line)
    assert part.passed == 188 + 106 + 3066
    assert part.failed == [
        "src/app/nav.test.ts > nav > hides what one may not see",
        "e2e/billing.spec.ts:39:1 > from the free plan to another (7.4s)",
        "tests/unit/test_x.py::test_y[one]",
        "tests/unit/test_z.py::test_z",
    ]
