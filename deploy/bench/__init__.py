"""The benchmark: ``make bench``, or ``python -m deploy.bench``; see README.md beside this file."""
