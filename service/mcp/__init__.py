"""Tools for agents, by the Model Context Protocol. Needs the protocol's SDK, which the gateway does
without elsewhere: ``requirements/mcp.txt``."""
