"""Coverage-guided fuzzing of one decoder and the aligner, by atheris; in its own environment.

python -m tests.fuzz.guided FORMAT CORPUS -runs=100000 -seed=1
"""

import sys

import atheris

# Not atheris' hook for patterns: it gives up at the possessive ones. Seeds and a dictionary do.
with atheris.instrument_imports(include=["service"]):
    from tests.fuzz import decoding


def main() -> None:
    """Ends with a status other than 0, and the input in a file, at the first fault."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: decoding.check(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
