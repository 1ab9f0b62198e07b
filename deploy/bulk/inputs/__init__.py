"""The rows of an input, whatever it is written in: a kind of file, a file here."""
