"""The options of the commands: one name is one thing."""

from collections import defaultdict

from deploy.site.commands_page import commands

# What is read, written or taken differs with the command.
OF_THEIR_OWN = {
    "--against",
    "--compare",
    "--concurrency",  # of a key a limit, of a command what it does
    "--data",
    "--end-bias",
    "--format",
    "--kind",
    "--model",
    "--out",
    "--recipe",
    "--report",
    "--url",
}


def test_an_option_has_one_meaning_everywhere() -> None:
    """The same words in every help."""
    said: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, command in commands().items():
        for option in command.params:
            for called in option.opts:
                said[called][name] = option.help
    several = {name for name, found in said.items() if len(set(found.values())) > 1}
    assert {name for name in several if name.startswith("--")} == OF_THEIR_OWN


def test_every_option_is_explained() -> None:
    """None is left to its name."""
    for name, command in commands().items():
        assert all(option.help for option in command.params), name


def test_older_names_are_taken() -> None:
    """Scripts have them."""
    for name in ("adapter evaluate", "adapter calibrate"):
        known = {called for option in commands()[name].params for called in option.opts}
        assert {"--concurrency", "--side-by-side"} <= known
