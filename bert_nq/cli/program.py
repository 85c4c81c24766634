"""Shared by all programs: a main loop with readable errors, flag files, progress, tables.

Nothing here imports TensorFlow.
"""
import contextlib
import functools
import logging as python_logging
import math
import os
import re
import sys
import tempfile
import threading
import time
import traceback
import warnings
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence, Tuple, TypeVar

from absl import app, flags, logging

from bert_nq.base.errors import UserError
from bert_nq.cli import flag_files, home, interrupts, program_files, quoting, streams

# Flags that a function of this module defines count as the calling program's own in --help.
flags.disclaim_key_flags()

T = TypeVar("T")

# Between the arguments of `command`: the rest goes on the next line.
NEW_LINE = "\\\n     "

_HELP = {"-h", "-help", "--help", "-helpshort", "--helpshort", "-helpfull", "--helpfull"}


def run(main: Callable[[], None]) -> None:
    """Parses the flags, calls `main()` and exits. Programs call it as `start.run`.

    The exit code is 0, also after --help; 1 for a `UserError`, for flags that do not parse, for an
    error of the program itself, each told in a line on standard error, and where what was printed
    could not be written; 130 when interrupted. The traceback of an error of the program itself is
    in a file that the line names.
    """
    asked_for_help = any(arg in _HELP for arg in sys.argv[1:])
    _show_commands_by_name()
    ctrl_c = interrupts.of_process()
    code: Any = 1
    message, cause = "", None
    try:
        ctrl_c.work_begins()
        if streams.error_of(sys.stdout):
            raise UserError("standard output is closed: what is printed would be lost; "
                            "> /dev/null if it is not wanted")
        app.run(functools.partial(_guarded, main), flags_parser=_parse)
    except SystemExit as e:
        code = 0 if asked_for_help else e.code
    except KeyboardInterrupt:
        ctrl_c.seen = True
    except UserError as e:
        message = "error: " + quoting.one_line(str(e))
    except Exception as e:  # noqa: B902 - whatever comes here, a person sees a line
        # What libraries make of an interrupted import is an error of theirs.
        if not ctrl_c.seen and e is not streams.error_of(sys.stdout):
            message = _unexpected(e)
        cause = e
    if ctrl_c.seen:
        code = interrupts.EXIT_CODE
        message = "interrupted: files that were not finished have been left as they were"
    code = streams.finish(code, message, cause)
    ctrl_c.work_ends("" if code else "interrupted at the end: the work was done\n")
    sys.exit(code)


def _guarded(main: Callable[[], None], argv: List[str]) -> None:
    if len(argv) > 1:
        sys.exit(streams.finish(1, "unexpected argument %r: flags are written --name=value"
                                % argv[1]))
    try:
        home.expand(flags.FLAGS)
        _check_finite(flags.FLAGS)
        main()
    except UserError as e:
        # Told here: absl flushes standard output first, which may fail as well.
        sys.exit(streams.finish(1, "error: " + quoting.one_line(str(e)), e.__cause__))


def _parse(argv: List[str]) -> List[str]:
    return app.parse_flags_with_usage(argv[:1] + flag_files.expanded(argv[1:], flags.FLAGS))


def _check_finite(flag_values: flags.FlagValues) -> None:
    """Raises UserError where a number is NaN or infinite, which bounds of flags let through."""
    for name in flag_values:
        value = flag_values[name].value
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError("--%s=%s: give a finite number" % (name, value))


def _unexpected(error: Exception) -> str:
    """The line on an error of the program itself, whose traceback goes into a file."""
    text = traceback.format_exc()
    summary = "%s: %s" % (type(error).__name__, (str(error).strip() or "?").split("\n")[0])
    try:
        with tempfile.NamedTemporaryFile(prefix="bert_nq-error-", suffix=".txt",
                                         delete=False) as out:
            command_line = " ".join(map(quoting.for_shell, sys.argv))
            out.write((command_line + "\n" + text).encode("utf8", "backslashreplace"))
    except OSError:
        return "error of the program itself, please report it: %s\n%s" % (summary, text)
    return ("error of the program itself, please report it: %s (where it happened is in %s)"
            % (summary, out.name))


def _show_commands_by_name() -> None:
    """Makes the docstring, which --help shows, call programs as the person does."""
    main_module = sys.modules["__main__"]
    if main_module.__doc__ and program_files.called_by_name():
        main_module.__doc__ = re.sub(r"\bpython (?:\w+/)*(\w+)\.py\b", r"bert-nq \1",
                                     main_module.__doc__)


def command(relative_path: str, *args: str) -> str:
    """The shell command that runs a program, in the way that this process was started.

    Args:
      relative_path: its file in the repository, such as "eval/nq_eval.py".
      args: its arguments; of --name=value the value is quoted where a shell would change it.
        NEW_LINE goes on in another line, and "..." stands for flags that the reader knows.

    Returns:
      "bert-nq nq_eval --pretty_print" or, where the files of a checkout are run, "python
      eval/nq_eval.py --pretty_print", with the path from the current folder. A "python" or a
      "bert-nq" that the shell would not find, or that is another one, is named with its path.
    """
    return " ".join(program_files.how_to_run(relative_path) + [_quoted(arg) for arg in args])


def _quoted(arg: str) -> str:
    """--gold_path='dev/*.gz' reads better than '--gold_path=dev/*.gz'."""
    if arg in (NEW_LINE, "..."):
        return arg
    name, equals, value = arg.partition("=")
    if name.startswith("--") and value:
        return name + equals + quoting.for_shell(value)
    return quoting.for_shell(arg)


def require(flag_values: flags.FlagValues, *names: str) -> None:
    """Raises UserError naming the first of the flags `names` that was not given."""
    for name in names:
        if flag_values[name].value in (None, ""):
            raise UserError("--%s is needed: %s" % (name, flag_values[name].help))


def write_flags(flag_values: flags.FlagValues, path: str, without: Sequence[str] = ()) -> None:
    """Writes the program's own flags as a flag file, so that `--flagfile=PATH` repeats the run.

    Args:
      flag_values: of the program.
      path: the file.
      without: names of flags that are left out, such as those of outputs, which a run with another
        model would overwrite.
    """
    key_flags = flag_values.get_key_flags_for_module(sys.argv[0])
    flag_files.write([flag for flag in sorted(key_flags, key=lambda f: f.name)
                      if flag.name not in ("flagfile", "undefok", *without)], path)


def quiet_tensorflow(verbose: bool) -> None:
    """Unless `verbose`, silences all but the errors of TensorFlow. Call it before its import."""
    if verbose:
        logging.set_verbosity(logging.INFO)
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    logging.set_verbosity(logging.ERROR)
    # TensorFlow 1.15 keeps a logger of its own beside absl's.
    python_logging.getLogger("tensorflow").setLevel(python_logging.ERROR)


def note(line: str) -> None:
    """Shows a line that a person should know while the program goes on."""
    print(line, file=sys.stderr, flush=True)


def progress(items: Iterable[T], what: str, total: Optional[int] = None,
             every_seconds: float = 10.0) -> Iterator[T]:
    """Passes `items` on and shows how many went by: a bar on a terminal, else a line now and then.

    Args:
      items: what is counted.
      what: its name, in the plural, such as "pages".
      total: how many there will be, if known.
      every_seconds: the pause between two lines where standard error is not a terminal.
    """
    if sys.stderr.isatty():
        from tqdm import tqdm
        for item in tqdm(items, desc=what, total=total, unit="", dynamic_ncols=True):
            yield item
        return
    start = last = time.time()
    n = 0
    for n, item in enumerate(items, 1):
        yield item
        now = time.time()
        if now - last >= every_seconds:
            last = now
            rate = n / (now - start)
            left = "" if not total else " of %d, %s left" % (total, duration((total - n) / rate))
            print("%s: %d%s (%.1f/s)" % (what, n, left, rate), file=sys.stderr, flush=True)


def num_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Meter:
    """Shows how far work is that reports by itself: a bar on a terminal, else a line now and then.

    Used as a context manager; threads may share it.
    """

    def __init__(self, every_seconds: float = 10.0):
        self._every_seconds = every_seconds
        self._start = self._phase_start = self._last = time.time()
        self._what: Optional[str] = None
        self._bar: Any = None  # tqdm's, made when it is first shown
        # A line that another thread writes while the bar is drawn would stand beside it.
        self._lock = threading.Lock()

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *unused) -> None:
        if self._bar is not None:
            self._bar.close()

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.time() - self._start

    def show(self, what: str, done: float, text: str) -> None:
        """Says that the share `done` of `what` is done, with `text` for details."""
        with self._lock:
            now = time.time()
            if self._what not in (None, what):
                self._phase_start = now
                if self._bar is not None:
                    self._bar.reset()
            self._what = what
            if sys.stderr.isatty():
                self._show_bar(what, done, text)
            elif now - self._last >= self._every_seconds:
                self._last = now
                left = duration((now - self._phase_start) * (1 - done) / done) if done > 0 else ""
                print("%s: %s, %d %%%s" % (what, text, 100 * done, left and ", %s left" % left),
                      file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Shows a line that stays."""
        with self._lock:
            if self._bar is not None:
                self._bar.write(text, file=sys.stderr)
            else:
                print(text, file=sys.stderr, flush=True)

    def _show_bar(self, what: str, done: float, text: str) -> None:
        if self._bar is None:
            from tqdm import tqdm
            self._bar = tqdm(total=100, dynamic_ncols=True, bar_format=(
                "{desc}: {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left{postfix}"))
        self._bar.set_description_str(what, refresh=False)
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.n = min(100.0, 100 * done)
        self._bar.refresh()


def duration(seconds: float) -> str:
    """Seconds as a person says them: 42 s, 3 min 5 s, 2 h 10 min."""
    seconds = int(round(seconds))
    if seconds < 60:
        return "%d s" % seconds
    if seconds < 3600:
        return "%d min %d s" % divmod(seconds, 60)
    return "%d h %d min" % divmod(seconds // 60, 60)


def print_table(title: str, rows: Sequence[Tuple[str, object]]) -> None:
    """Prints `title` and two aligned columns; integers get thousands separators."""
    width = max([len(name) for name, _ in rows] or [0])
    print("\n" + title)
    for name, value in rows:
        if isinstance(value, int) and not isinstance(value, bool):
            value = format(value, ",")
        print("  %-*s  %s" % (width, name, value))


@contextlib.contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Gives a function that tells the seconds since the block was entered."""
    start = time.time()
    yield lambda: time.time() - start
