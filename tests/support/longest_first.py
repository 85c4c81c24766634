"""The order of the tests' files where several processes run them: those that take long come first.

pytest-xdist begins with the files of most tests. Those that take minutes have few, so that one
process would be at work on the last of them while the other has nothing left to do.
"""
from xdist.scheduler import LoadFileScheduling

# The longest first; half a minute or more on a quiet machine.
FILES = (
    "tests/programs/test_spark_cluster.py",
    "tests/programs/test_demo.py",
    "tests/prediction/test_spark.py",
    "tests/programs/test_prepare_spark.py",
    "tests/programs/test_run_nq_predict.py",
    "tests/training/test_memory.py",
    "tests/training/test_distributed.py",
    "tests/training/test_faults.py",
    "tests/programs/test_run_nq.py",
    "tests/programs/test_prepare_faults.py",
    "tests/training/test_keeping.py",
    "tests/programs/test_benchmarks.py",
    "tests/programs/test_convert_checkpoint.py",
    "tests/programs/test_compare_augmentations.py",
)


class LongestFirst(LoadFileScheduling):
    """A file's tests stay together, as in --dist loadfile."""

    def _assign_work_unit(self, node):
        for path in FILES:
            if path in self.workqueue:
                self.workqueue.move_to_end(path, last=False)
                break
        super()._assign_work_unit(node)
