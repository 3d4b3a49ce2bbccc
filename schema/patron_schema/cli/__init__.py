"""The command line, `patron`: one module for each group of commands, and here what ties them together.

Options and the PATRON_* environment come in, exit codes and text go out: what a script reads on standard output, what a
person reads on standard error.
"""

from __future__ import annotations

import typer

from patron_schema.cli.audit import register as register_audit
from patron_schema.cli.backup import register as register_backup
from patron_schema.cli.console import ClearErrors
from patron_schema.cli.database import register as register_migrate
from patron_schema.cli.demo import register as register_demo
from patron_schema.cli.distribute import register as register_db
from patron_schema.cli.doctor import register as register_doctor
from patron_schema.cli.documents import register as register_documents
from patron_schema.cli.encryption import register as register_encryption
from patron_schema.cli.explain import register as register_explain
from patron_schema.cli.export import register as register_export
from patron_schema.cli.imports import register as register_import
from patron_schema.cli.jobs import register as register_job
from patron_schema.cli.keys import register as register_key
from patron_schema.cli.plugins import register as register_plugin
from patron_schema.cli.privacy import register as register_privacy
from patron_schema.cli.roles import register as register_role
from patron_schema.cli.schema import register as register_export_schema
from patron_schema.cli.service import register as register_serve
from patron_schema.cli.tenants import register as register_tenant
from patron_schema.cli.worker import register as register_worker
from patron_schema.request_log import configure_logging

__all__ = ["app", "main"]

_FIRST_STEPS = """
First steps:

[bold]patron migrate[/]                               makes the tables
[bold]patron tenant create "Pillows Ltd"[/]           makes a tenant
[bold]patron key create --tenant "Pillows Ltd"[/]     prints an API key, once
[bold]patron serve[/]                                 serves http://127.0.0.1:8000/graphiql

Settings are PATRON_* variables, such as PATRON_DATABASE_URL=postgresql://patron_app@localhost/patron;
without it the data is in the file patron.db of this folder.
"""

app = typer.Typer(
    cls=ClearErrors,
    name="patron",
    help="Patron, a GraphQL API for customer relationship management.\n" + _FIRST_STEPS.replace("\n", "\n\n"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _register in (  # a command of its own module: one line here, its place in the help in console._ORDER
    register_migrate,
    register_db,
    register_tenant,
    register_key,
    register_role,
    register_encryption,
    register_documents,
    register_import,
    register_export,
    register_serve,
    register_worker,
    register_demo,
    register_job,
    register_doctor,
    register_audit,
    register_backup,
    register_privacy,
    register_plugin,
    register_explain,
    register_export_schema,
):
    _register(app)


def main() -> None:
    """Runs the command that the process was started with."""
    configure_logging("warning", lasting=False)  # a command that serves sets it again, by its settings
    app(prog_name="patron")
