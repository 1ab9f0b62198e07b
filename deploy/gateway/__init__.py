"""The gateway as a process: its server, its logs, its traces."""
