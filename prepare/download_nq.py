r"""Downloads Natural Questions from its public bucket: parallel, resumable, checked.

    python prepare/download_nq.py --output_dir=nq

fetches the shards of the original format, 44.0 GB of training and 1.1 GB of dev pages, to
nq/train/nq-train-00.jsonl.gz and so on. Stop it whenever you like: the same command goes on where
it stopped. --shards takes some of the shards, --format=simplified the small files without HTML
(about 4 GB for training), --list and --dry_run tell what there is and what would be done.

Sizes and checksums are recorded in nq/nq-downloads.json; the next run fetches again what no longer
fits them, and --verify reads every file anew, without a network.
"""
from bert_nq.cli.start import run

import os
import sys
import urllib.parse
from typing import Callable, List

from absl import flags

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("output_dir", None, "The folder to fetch into; created if need be.")
flags.DEFINE_list("split", ["train", "dev"], "train, dev, or both with a comma between them.")
flags.DEFINE_enum("format", "original", ["original", "simplified"],
                  "The shards of the original format, or the one simplified file of each split.")
flags.DEFINE_string("shards", None, "Which shards of each split, such as 0-9,12; all of them if "
                    "not given.")
flags.DEFINE_bool("list", False, "Only list the files, their sizes and what is there already.")
flags.DEFINE_bool("dry_run", False, "Only tell what would be fetched and whether the disk has room "
                  "for it.")
flags.DEFINE_bool("verify", False, "Only read the files that are there and compare their "
                  "checksums: those that were recorded, and the published ones of --split and "
                  "--shards. Needs no network.")
flags.DEFINE_integer("num_connections", 4, "How many files to fetch at once.", lower_bound=1,
                     upper_bound=32)
flags.DEFINE_integer("retries", 5, "How often to try again after attempts in a row that brought "
                     "nothing new.", lower_bound=0)
flags.DEFINE_float("retry_wait", 1.0, "Seconds before the first retry; doubles with each retry in "
                   "a row, up to a minute.", lower_bound=0.0)
flags.DEFINE_float("timeout", 60.0, "Seconds without a single byte after which a connection is "
                   "given up.", lower_bound=0.1)
flags.DEFINE_string("base_url", "https://storage.googleapis.com/natural_questions",
                    "Where v1.0/train/nq-train-00.jsonl.gz and so on are: the bucket, or a mirror.")
flags.DEFINE_bool("check_published", True, "Refuse shards that are not the published ones by size "
                  "and SHA-256.")


def main() -> None:
    program.require(FLAGS, "output_dir")
    if files.is_remote(FLAGS.output_dir):
        raise UserError("--output_dir=%s must be a folder of this machine" % FLAGS.output_dir)
    if FLAGS.list + FLAGS.dry_run + FLAGS.verify > 1:
        raise UserError("give one of --list, --dry_run and --verify")
    parts = urllib.parse.urlsplit(FLAGS.base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UserError("--base_url=%s is no address such as https://host/folder" % FLAGS.base_url)
    if FLAGS.verify:
        verify(wanted_files())
    elif FLAGS.list or FLAGS.dry_run:
        show(with_listing(wanted_files()))
    else:
        wanted = wanted_files()
        with locking.locked(lock_path()):
            download(with_listing(wanted))


def wanted_files() -> List:
    """The files that the flags name."""
    from bert_nq.datasets.nq.downloading import catalogue

    splits = list(dict.fromkeys(FLAGS.split))
    unknown = [split for split in splits if split not in catalogue.NUM_SHARDS]
    if unknown or not splits:
        raise UserError("--split=%s: the splits are train and dev" % ",".join(FLAGS.split))
    if FLAGS.format == "simplified":
        if FLAGS.shards is not None:
            raise UserError("--shards counts the shards of --format=original; the simplified "
                            "format has one file for each split")
        return catalogue.simplified(splits)
    wanted = catalogue.original(splits, FLAGS.shards)
    return wanted if FLAGS.check_published else [f._replace(published=None) for f in wanted]


def lock_path() -> str:
    return os.path.join(FLAGS.output_dir, ".nq-downloads.lock")


def policy():
    from bert_nq.datasets.nq.downloading import web
    return web.Policy(FLAGS.timeout, FLAGS.retries, FLAGS.retry_wait)


def with_listing(wanted: List) -> List:
    """Adds sizes and checksums from the bucket's listing, if there is one."""
    from bert_nq.datasets.nq.downloading import catalogue, web

    few_retries = policy()._replace(retries=min(2, FLAGS.retries))
    try:
        return catalogue.with_listing(wanted, FLAGS.base_url, few_retries)
    except (web.RefusedError, web.TransientError) as e:
        print("no listing of the bucket, going on without it (%s)" % e, file=sys.stderr)
        return wanted


def show(wanted: List) -> None:
    """Lists the files, or with --dry_run those to fetch. Changes nothing."""
    from bert_nq.datasets.nq.downloading import inventory, ledger

    items = inventory.survey(wanted, FLAGS.output_dir, ledger.Ledger(FLAGS.output_dir), read=False)
    shown = [i for i in items if FLAGS.list or i.to_fetch or i.note]
    print("\n%s into %s" % ("Files" if FLAGS.list else "To fetch", FLAGS.output_dir))
    width = max([len(i.file.local) for i in shown] or [0])
    for item in shown:
        print("  %-*s  %13s  %s" % (width, item.file.local, exact(item.file.size), state(item)))
    need = inventory.need(items, FLAGS.output_dir)
    program.print_table("In all", [
        ("files", len(items)),
        ("already there", sum(not i.to_fetch and not i.note for i in items)),
        ("to fetch", sum(i.to_fetch for i in items)),
        ("bytes to fetch", exact(need.missing) + (
            " and %d files of unknown size" % need.unknown if need.unknown else "")),
        ("in parts already", sum(i.part for i in items)),
        ("free on the disk", need.free)])
    if FLAGS.dry_run:
        inventory.check_foreign(items)
        check_room(need)


def state(item) -> str:
    """The text shown beside a file."""
    if item.note:
        return "%s: %s" % (item.status.value, item.note)
    if item.part and item.to_fetch:
        return "%s, %s fetched" % (item.status.value, exact(item.part))
    return item.status.value


def check_room(need) -> None:
    """Checks that the files fit on the disk.

    Raises:
      UserError: they do not.
    """
    if need.missing > need.free:
        raise UserError("%s are to be fetched into %s, whose disk has %s free: make room, or fetch "
                        "less with --shards, --split or --format=simplified"
                        % (size(need.missing), FLAGS.output_dir, size(need.free)))


def download(wanted: List) -> None:
    """Fetches the missing files and prints a summary. The caller has locked the folder."""
    from bert_nq.datasets.nq.downloading import inventory, jobs, ledger

    known = ledger.Ledger(FLAGS.output_dir)
    items = inventory.survey(program.progress(wanted, "files checked", len(wanted)),
                             FLAGS.output_dir, known, read=True)
    inventory.check_foreign(items)
    check_room(inventory.need(items, FLAGS.output_dir))
    to_fetch = [item for item in items if item.to_fetch]
    with program.timed() as seconds, program.Meter() as meter:
        try:
            outcome = jobs.fetch_all(to_fetch, FLAGS.base_url, known, policy(),
                                     FLAGS.num_connections, reporter(meter, to_fetch),
                                     meter.note)
        except KeyboardInterrupt:
            meter.note("stopped: what has been fetched is kept, the same command goes on from "
                       "there")
            raise
    totals = outcome.totals
    program.print_table("Natural Questions in %s" % FLAGS.output_dir, [
        ("files", len(items)),
        ("already there", len(items) - len(to_fetch)),
        ("fetched", totals.files),
        ("failed", len(outcome.failures)),
        ("bytes fetched", totals.received),
        ("bytes taken over from earlier runs", totals.taken_over),
        ("retries", totals.retries),
        ("time", "%s (%.1f MB/s)" % (program.duration(seconds()),
                                     totals.received / 1e6 / max(seconds(), 1e-9)))])
    if outcome.failures:
        fail(outcome.failures)
    print("\nRecorded in %s" % known.path)
    print("\nNext:\n  " + next_command())


def fail(failures) -> None:
    """Lists the files that failed and raises UserError.

    Args:
      failures: {path below the folder: reason}.
    """
    print("\nFailed")
    for local, why in sorted(failures.items()):
        print("  %s: %s" % (local, why))
    if any("answers 401" in why or "answers 403" in why for why in failures.values()):
        print("\nIf the bucket does not serve readers who are not logged in, fetch the files with "
              "a Google\naccount (gsutil -m cp -R gs://natural_questions/v1.0/train %s) and check "
              "them with\n--verify, or give a mirror with --base_url." % FLAGS.output_dir)
    first = sorted(failures)[0]
    raise UserError("%d of the files could not be fetched, %s; what was fetched is kept, run "
                    "again to fetch the rest" % (
                        len(failures), failures[first] if len(failures) == 1 else
                        "such as %s: %s" % (first, failures[first])))


def verify(wanted: List) -> None:
    """Reads the files on disk and compares their checksums.

    Args:
      wanted: the files that the flags name; files recorded in the ledger are checked as well.

    Raises:
      UserError: a file is bad, or there is none.
    """
    from bert_nq.datasets.nq.downloading import inventory, ledger
    from bert_nq.datasets.nq.downloading.catalogue import DataFile

    nothing = UserError("there is nothing to verify in %s" % FLAGS.output_dir)
    if not os.path.isdir(FLAGS.output_dir):
        raise nothing
    with locking.locked(lock_path()):
        known = ledger.Ledger(FLAGS.output_dir)
        names = {f.local for f in wanted}
        recorded = [DataFile("", local) for local in sorted(known.entries) if local not in names]
        existing = [file for file in wanted + recorded
                    if os.path.exists(os.path.join(FLAGS.output_dir, file.local))]
        if not existing:
            raise nothing
        with program.timed() as seconds:
            items = inventory.survey(program.progress(existing, "files verified", len(existing)),
                                     FLAGS.output_dir, known, read=True, reread=True)
    bad = [item for item in items if item.status is not inventory.FileStatus.COMPLETE]
    program.print_table("Verified in %s" % FLAGS.output_dir, [
        ("files", len(items)), ("good", len(items) - len(bad)), ("bad", len(bad)),
        ("recorded, but not there", sum(
            not os.path.exists(os.path.join(FLAGS.output_dir, local)) for local in known.entries)),
        ("time", program.duration(seconds()))])
    if bad:
        print("\nBad")
        for item in bad:
            print("  %s: %s" % (item.path, state(item)))
        raise UserError("%s is bad%s: run again without --verify to fetch what is damaged"
                        % (bad[0].path, " (%d such files)" % len(bad) if len(bad) > 1 else ""))


def next_command() -> str:
    """The command to run next, for the summary."""
    folder = FLAGS.output_dir
    train = "train" in FLAGS.split
    if FLAGS.format == "simplified" and train:
        shard = os.path.join(folder, "simplified", "simplified-nq-train.jsonl.gz")
        return program.command(
            "prepare/prepare_nq_data.py", "--input_jsonl=" + shard, program.NEW_LINE,
            "--vocab_file=vocab-nq.txt", "--output_tfrecord=nq-train.tfrecord")
    if FLAGS.format == "simplified":
        shard = os.path.join(folder, "simplified", "nq-dev-all.jsonl.gz")
        return program.command(
            "bert_nq/run_nq.py", "--do_predict", "--predict_file=" + shard, program.NEW_LINE,
            "--vocab_file=vocab-nq.txt", "--bert_config_file=bert_config.json",
            "--output_dir=model")
    split = "train" if train else "dev"
    return program.command(
        "prepare/extract_%s_set.py" % split, "--data_dir=" + folder,
        "--output_jsonl=" + os.path.join(folder, "nq-%s.jsonl.gz" % split))


def reporter(meter: program.Meter, items: List) -> Callable:
    """Makes a function that shows the progress, given as `jobs.Totals`, of the files to fetch."""
    sizes = [item.file.size for item in items]
    before = sum(item.part for item in items)  # bytes left by earlier runs
    total = None if None in sizes else sum(sizes)

    def report(totals) -> None:
        count = "%d of %d files" % (totals.files, len(items))
        gained = totals.have - before  # bytes; negative if a part was started over
        rate = "%.1f MB/s" % (max(gained, 0) / 1e6 / max(meter.elapsed(), 1e-9))
        if total is None:
            text, done = "%s, %s" % (count, size(totals.have)), totals.files / len(items)
        else:
            text = "%s, %s of %s" % (count, size(totals.have), size(total))
            done = min(max(gained / max(total - before, 1), 0.0), 1.0)
        meter.show("fetching", done, "%s, %s" % (text, rate))

    return report


def exact(num_bytes) -> str:
    """A number of bytes in full, with commas; "?" if it is unknown."""
    return "?" if num_bytes is None else format(num_bytes, ",")


def size(num_bytes: int) -> str:
    """A rounded number of bytes with its unit: 1.07 GB."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= factor:
            return "%.3g %s" % (num_bytes / factor, unit)
    return "%d bytes" % num_bytes


if __name__ == "__main__":
    run(main)
