"""The commands together, and what happens to their errors."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from hedgebook import __version__
from hedgebook.errors import MOST_TEXT, HedgebookError, InputError, shortened
from hedgebook.reports.page.made import forget_command, remember_command

from .commands import (
    capacity,
    check,
    claims,
    compare,
    events_backtest,
    find_hedge,
    hedge,
    hedges,
    library,
    new,
    risk,
    run,
    study,
    sweep,
    tearsheet,
    ticket,
)
from .commands.data import borrow, fetch, store
from .commands.desk import express
from .commands.proof import audit, refute, verify
from .once import Commands
from .output import Stopped, print_error
from .records import journal, ledger, replay, report
from .streams import kept, prepare_streams, quiet_stdout, refused_by_stdout, stdout_was_closed
from .usage import usage_message

EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130
CLOSED = {
    "kind": "OutputError",
    "message": "standard output is closed, so nothing was done. Open it, as with > result.txt or > /dev/null.",
}
NO_LEDGER = "--no-ledger"
NOTHING_WRITTEN = "stopped; nothing was written"
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

app = Commands(
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
app.command("find-hedge")(find_hedge.find_hedge)
app.command("hedges")(hedges.hedges)
app.command("sweep")(sweep.sweep)
app.command("study")(study.study)
app.command("claims")(claims.claims)
app.command("events-backtest")(events_backtest.events_backtest)
app.command("risk")(risk.risk)
app.command("tearsheet")(tearsheet.tearsheet)
app.command("ticket")(ticket.ticket)
app.command("express")(express.express)
app.command("compare")(compare.compare)
app.command("audit")(audit.audit)
app.command("refute")(refute.refute)
app.command("verify")(verify.verify)
app.command("report")(report.report)
app.command("replay")(replay.replay)
app.command("ledger")(ledger.ledger)
app.add_typer(journal.journal, name="journal")
app.command("check")(check.check)
app.command("borrow")(borrow.borrow)
app.command("fetch")(fetch.fetch)
app.add_typer(store.data, name="data")
app.command("trades")(library.trades)
app.command("events")(library.events)
app.command("universes")(library.universes)
app.command("new")(new.new)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    no_ledger: Annotated[
        bool, typer.Option(NO_LEDGER, help="Keep no line of this command in the trial ledger; anywhere in it.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 a check failed, 2 bad input, also without a standard output."""
    prepare_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if NO_LEDGER in given:
        given.remove(NO_LEDGER)
        os.environ["HEDGEBOOK_LEDGER"] = "off"
    as_json = "--json" in given
    # Imports make hundreds of thousands of objects that stay: looking for garbage among them took 0.15 s of a run.
    gc.set_threshold(200_000, 20, 20)
    # Before anything loads a library of linear algebra: see hedgebook.engine.one_thread, which does it for scripts.
    if "numpy" not in sys.modules:  # what is loaded already does not listen any more
        for name in ONE_THREAD:
            os.environ[name] = "1"
    if not sys.warnoptions:
        # What numpy warns of names a line of ours and no reason; what a reader must know is said in the output.
        warnings.filterwarnings("ignore", category=RuntimeWarning)
    code, problem = (EXIT_BAD_INPUT, CLOSED) if stdout_was_closed() else _run(given)
    if problem is not None:
        print_error(problem, as_json=as_json)
    try:
        sys.stdout.flush()
    except OSError as refused:
        quiet_stdout()
        if not isinstance(refused, BrokenPipeError):
            print_error(_unwritten(refused), as_json=False)
            code = code or EXIT_FAILED
    sys.exit(code)


@lru_cache(maxsize=1)
def _commands() -> Callable[..., Any]:
    """What typer makes of the app, once in a process: it reads every option of every command anew at each call."""
    return get_command(app)


def _run(given: Sequence[str]) -> tuple[int, dict[str, Any] | None]:
    """Run a command; its exit code, and its error where there is one."""
    remember_command(given, date.today())
    try:
        code = _commands()(given or ["--help"], prog_name="hedgebook", standalone_mode=False)
        if code == EXIT_INTERRUPTED:
            # typer turns Ctrl-C into this code by itself, without a word.
            raise Stopped
        return int(code or 0), None
    except InputError as problem:
        return EXIT_BAD_INPUT, problem.to_dict()
    except HedgebookError as problem:
        return EXIT_FAILED, {"kind": type(problem).__name__, "message": str(problem)}
    except TyperException as problem:
        return EXIT_BAD_INPUT, {"kind": "UsageError", "message": shortened(usage_message(problem), MOST_TEXT)}
    except (KeyboardInterrupt, Abort, Stopped) as problem:
        return EXIT_INTERRUPTED, {"kind": "Interrupted", "message": str(problem) or NOTHING_WRITTEN}
    except BrokenPipeError:
        # The reader has gone (`hedgebook --help | head`): not an error, but Python would complain at exit.
        quiet_stdout()
        return 0, None
    except SystemExit as ended:
        # typer itself leaves like this where the reader of a help page has gone.
        if type(sys.stdout).__name__ != "PacifyFlushWrapper":
            raise
        quiet_stdout()
        return 0 if ended.code == 1 else EXIT_FAILED, None
    except OSError as problem:
        if not refused_by_stdout(problem):
            raise
        quiet_stdout()
        return EXIT_FAILED, _unwritten(problem)
    finally:
        forget_command()


def _unwritten(problem: OSError) -> dict[str, Any]:
    """Standard output took nothing more, a full disk for instance; what was written to a folder is there."""
    what = f"standard output cannot be written: {problem.strerror or problem}"
    return {"kind": "OutputError", "message": f"{what}; kept: {', '.join(kept())}" if kept() else what}
