"""F1 through the live service: scores, intervals, errors, reports and their comparison."""
