"""The group of commands, and the one place that turns an outcome into an exit code.

0 done · 1 something failed while rendering · 2 the person's input is wrong · 3 people have to decide · 130 stopped
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence

import click

from flows.cli import streams
from flows.cli.outcome import exit_code_of
from wan.system.suggest import did_you_mean

COMMANDS: Mapping[str, str] = {
    "init": "flows.cli.init",
    "check": "flows.cli.check",
    "plan": "flows.cli.plan",
    "render": "flows.cli.render",
    "review": "flows.cli.review",
    "batch": "flows.cli.batch",
    "sweep": "flows.cli.sweep",
    "pick": "flows.cli.pick",
    "submit": "flows.cli.submit",
    "fetch": "flows.cli.fetch",
    "schedule": "flows.cli.schedule",
    "notify": "flows.cli.notify",
    "serve": "flows.cli.serve",
    "pool": "flows.cli.pool",
    "history": "flows.cli.history",
    "models": "flows.cli.models",
    "store": "flows.cli.store",
    "export": "flows.cli.export",
    "ui": "flows.cli.ui",
    "doctor": "flows.cli.doctor",
}
"""A new command is one module with a `command`, and one line here."""


class Commands(click.Group):
    """Imports the module of a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            ctx.fail(f"there is no command {cmd_name!r}; {did_you_mean(cmd_name, COMMANDS, 'see --help')}")
        command = importlib.import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wanflow", prog_name="wanflow")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def wanflow(debug: bool) -> None:
    """From a storyboard to a finished film.

    \b
    Start here:
      wanflow render paper_boat              a film from the shipped example
      wanflow init my-films                  a project of your own
      wanflow plan storyboards/my_film.yaml  what would be rendered, and why
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments[:1] or os.environ.get("WANFLOW_DEBUG") == "1"
    stdout = streams.prepare()
    try:
        with exit_code_of(arguments, debug=debug):
            code = wanflow.main(args=arguments, prog_name="wanflow", standalone_mode=False)
            sys.exit(code if isinstance(code, int) else 0)
    except SystemExit as end:
        code = streams.close(stdout, end.code if isinstance(end.code, int) else 1)
        _leave_ray(code)
        sys.exit(code)


def _leave_ray(code: int) -> None:
    """End the process here, where Ray would wait for a cluster that hangs."""
    if "flows.cluster.session" in sys.modules:
        from flows.cluster.session import must_be_left

        if must_be_left():
            os._exit(code)
