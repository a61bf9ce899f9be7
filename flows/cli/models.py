"""`wanflow models`: checkpoints: which there are, fetching, checking, describing, converting them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from wan.system.suggest import did_you_mean

MODEL_COMMANDS: Mapping[str, str] = {
    "list": "flows.cli.models_list",
    "pull": "flows.cli.models_pull",
    "verify": "flows.cli.models_verify",
    "info": "flows.cli.models_info",
    "convert": "flows.cli.models_convert",
}
"""A new command is one module with a `command`, and one line here."""


class ModelCommands(click.Group):
    """Imports the module of a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODEL_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODEL_COMMANDS:
            ctx.fail(f"there is no command {cmd_name!r}; {did_you_mean(cmd_name, MODEL_COMMANDS, 'see --help')}")
        command = importlib.import_module(MODEL_COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command


@click.group(
    "models",
    cls=ModelCommands,
    invoke_without_command=True,
    short_help="List, pull, verify and describe checkpoints.",
)
@click.pass_context
def command(context: click.Context) -> None:
    """The checkpoints that films are rendered with. Without a command: list them.

    \b
    Examples:
      wanflow models
      wanflow models pull i2v-a14b
      wanflow models verify i2v-a14b
      wanflow models info tiny
    """
    if context.invoked_subcommand is None:
        from flows.cli.models_list import command as list_models

        context.invoke(list_models, root=None, as_json=False)
