"""The commands together, and what happens to their errors."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import Abort, TyperException

from hedgebook import __version__
from hedgebook.errors import MOST_TEXT, HedgebookError, InputError, shortened

from . import capacity, check, claims, events_backtest, hedge, hedges, library, risk, run, study, sweep, verify
from .output import Stopped, print_error

EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130
NOTHING_WRITTEN = "stopped; nothing was written"
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

app = typer.Typer(
    name="hedgebook",
    help="Backtest event hedges: what could really have been earned, where it came from, and at what risk.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("capacity")(capacity.capacity)
app.command("hedge")(hedge.hedge)
app.command("hedges")(hedges.hedges)
app.command("sweep")(sweep.sweep)
app.command("study")(study.study)
app.command("claims")(claims.claims)
app.command("events-backtest")(events_backtest.events_backtest)
app.command("risk")(risk.risk)
app.command("verify")(verify.verify)
app.command("check")(check.check)
app.command("trades")(library.trades)
app.command("events")(library.events)
app.command("universes")(library.universes)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 a check failed, 2 bad input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    # Imports make hundreds of thousands of objects that stay: looking for garbage among them took 0.15 s of a run.
    gc.set_threshold(200_000, 20, 20)
    # Before anything loads a library of linear algebra: see hedgebook.engine.one_thread, which does it for scripts.
    for name in ONE_THREAD:
        os.environ[name] = "1"
    try:
        code = app(given or ["--help"], prog_name="hedgebook", standalone_mode=False)
        sys.stdout.flush()
        if code == EXIT_INTERRUPTED:
            # typer turns Ctrl-C into this code by itself, without a word.
            raise Stopped
        sys.exit(code or 0)
    except InputError as problem:
        print_error(problem.as_dict(), as_json=as_json)
        sys.exit(EXIT_BAD_INPUT)
    except HedgebookError as problem:
        print_error({"kind": type(problem).__name__, "message": str(problem)}, as_json=as_json)
        sys.exit(EXIT_FAILED)
    except TyperException as problem:
        print_error({"kind": "UsageError", "message": shortened(problem.format_message(), MOST_TEXT)}, as_json=as_json)
        sys.exit(EXIT_BAD_INPUT)
    except (KeyboardInterrupt, Abort, Stopped) as problem:
        print_error({"kind": "Interrupted", "message": str(problem) or NOTHING_WRITTEN}, as_json=as_json)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader has gone (`hedgebook events | head`): not an error, but Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
