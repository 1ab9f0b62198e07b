"""The reference of commands: what ``--help`` says, from ``deploy/commands/cli.py``."""

from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperGroup

from deploy.commands.cli import app
from deploy.site.markdown import code, page, table


def commands() -> dict[str, Any]:
    """The commands of `nerve` by name; those of a group as "group name"."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {
        " ".join(filter(None, (name, below))): command
        for name, one in group.commands.items()
        for below, command in (one.commands if isinstance(one, TyperGroup) else {"": one}).items()
    }


def commands_page() -> str:
    """Every command: usage, what it does, its arguments and options."""
    parts = [part for name, command in commands().items() for part in _command(name, command)]
    return page("Commands", "`nerve` is in `.venv/bin`. Every command has `--help`.", *parts)


def _command(name: str, command: Any) -> list[str]:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    usage = " ".join(("nerve", name, "[OPTIONS]", *map(_called, arguments)))
    rows = [_parameter(one) for one in shown]
    options = [table(("", "variable", "default", "meaning"), rows)] if rows else []
    return [f"## nerve {name}", f"```\n{usage}\n```", command.help or "", *options]


def _called(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    name = name if argument.required else f"[{name}]"
    return f"{name}…" if argument.nargs == -1 else name


def _parameter(one: Any) -> tuple[str, str, str, str]:
    if one.param_type_name == "argument":
        called = code(_called(one))
    else:
        called = ", ".join(code(option) for option in (*one.opts, *one.secondary_opts))
    annotation = one.type_descriptor.annotation
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    listed = f" (one of {', '.join(map(code, choices))})" if choices else ""
    return called, code(one.envvar or ""), _default(one), f"{one.help or ''}{listed}"


def _default(one: Any) -> str:
    value = one.default
    if one.required or value is None or callable(value) or value in ("", [], ()):
        return ""
    return code(str(value).lower() if isinstance(value, bool) else value)
