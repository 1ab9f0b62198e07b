"""`nerve doctor`: does everything fit together, and what is to be done where it does not."""
