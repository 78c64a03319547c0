"""``retailmesh``: the command line of the mesh."""

from importlib import import_module

import click

# Command → module under services.cli.commands, imported only when it is used: its libraries may be heavy.
COMMANDS = {
    "up": "up",
    "down": "down",
    "status": "status",
    "migrate": "migrate",
    "reset": "reset",
    "demo": "demo",
    "orders": "orders",
    "deadletters": "deadletters",
    "reconcile": "reconcile",
    "invariants": "invariants",
}


class CommandTable(click.Group):
    """Each module of the table has a click command named ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"services.cli.commands.{COMMANDS[cmd_name]}").command
        return command


@click.command(cls=CommandTable)
@click.version_option(package_name="retailmesh")
def main() -> None:
    """Runs retailmesh on this machine and looks into it.

    A mesh lives in .retailmesh/<name> below the current folder, or in $RETAILMESH_HOME/<name>.
    """


if __name__ == "__main__":
    main()
