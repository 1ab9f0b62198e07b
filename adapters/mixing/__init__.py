"""Which rows a step learns from, and with which labels: a file with its labels, or many sources."""
