"""``nerve extract FILE --out OUT``: every row of a file through running gateways, resumable."""
