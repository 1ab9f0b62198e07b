"""A report as one HTML page: everything inline, no script, no request to anywhere."""
