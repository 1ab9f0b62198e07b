"""The command line ``nerve``; a new command is a module here, listed in ``cli``."""
