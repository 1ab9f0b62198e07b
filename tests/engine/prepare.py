"""Make what the engine's tests need, its progress on the terminal; ``make test`` runs it first."""

import sys

from deploy.engine.environment import ensure
from deploy.engine.installer import EnvironmentNotMade
from tests.engine.real_engine import home


def main() -> int:
    """The engine's environment; 1 when it cannot be made."""
    try:
        ensure(home())
    except EnvironmentNotMade as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
