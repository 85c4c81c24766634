"""A real local Spark cluster: master and workers are processes that communicate over loopback."""
import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

needs_java = pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java")

# Short-lived processes end before thorough compilation pays off, or checks of Spark's own classes.
_JAVA = ("-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -XX:+UnlockDiagnosticVMOptions"
         " -XX:-BytecodeVerificationRemote")
# Small, quiet, and on loopback alone.
_SETTINGS = """\
spark.driver.extraJavaOptions {java}
spark.executor.extraJavaOptions {java}
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.memory 512m
spark.executor.memory 512m
spark.executor.cores 1
spark.ui.enabled false
""".format(java=_JAVA)
_START_SECONDS = 120


class Process:
    """A process of the cluster, with its children."""

    def __init__(self, log, env, *args):
        import pyspark
        self.log = str(log)
        spark_class = os.path.join(os.path.dirname(pyspark.__file__), "bin", "spark-class")
        with open(self.log, "wb") as out:
            # In a new session, so that its children can be killed with it.
            self._process = subprocess.Popen([spark_class] + list(args), stdout=out, stderr=out,
                                             env=env, start_new_session=True)

    def wait_for(self, pattern):
        """Waits until the log matches `pattern`; returns the match."""
        end = time.time() + _START_SECONDS
        while time.time() < end and self._process.poll() is None:
            with open(self.log, encoding="utf8", errors="replace") as f:
                found = re.search(pattern, f.read())
            if found:
                return found
            time.sleep(0.05)
        with open(self.log, encoding="utf8", errors="replace") as f:
            raise AssertionError("%r is not in what it says:\n%s" % (pattern, f.read()))

    def kill(self):
        """Kills the process and its executors with SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Worker(Process):
    """A worker with one core."""

    def __init__(self, folder, env, master):
        self._folder = str(folder)
        os.makedirs(self._folder)
        super().__init__(os.path.join(self._folder, "log"), env,
                         "org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g",
                         "--host", "127.0.0.1", "--webui-port", "0", "--work-dir", self._folder,
                         master)

    def finished_tasks(self):
        """The number of tasks that its executors have finished in all jobs, by their logs."""
        count = 0
        for path in glob.glob(os.path.join(self._folder, "app-*", "*", "stderr")):
            with open(path, encoding="utf8", errors="replace") as f:
                count += f.read().count("Finished task ")
        return count


def local_environment(folder):
    """The environment for programs that start Spark with our settings, and no other's.

    Args:
      folder: the folder for the settings and Spark's own files, a pathlib.Path.
    """
    (folder / "conf").mkdir()
    (folder / "conf" / "spark-defaults.conf").write_text(_SETTINGS)
    without = {"SPARK_HOME", "PYSPARK_SUBMIT_ARGS"}
    return dict({name: os.environ[name] for name in os.environ if name not in without},
                SPARK_CONF_DIR=str(folder / "conf"), SPARK_LOCAL_IP="127.0.0.1",
                SPARK_LOCAL_DIRS=str(folder / "local"), PYSPARK_PYTHON=sys.executable,
                SPARK_DAEMON_JAVA_OPTS=_JAVA, SPARK_DAEMON_MEMORY="256m")


class Cluster:
    """A master and its workers, none at first, as a context manager that ends them.

    Attributes:
      master: the master's URL.
      env: the environment for programs that use the cluster.
      workers: the `Worker`s.
    """

    def __init__(self, folder, python_path):
        """
        Args:
          folder: the folder for all its files, a pathlib.Path.
          python_path: PYTHONPATH of the workers.
        """
        self._folder = folder
        self.env = local_environment(folder)
        self._worker_env = dict(self.env, PYTHONPATH=str(python_path))
        self._num_started = 0
        self.workers = []

    def __enter__(self):
        self._master = Process(self._folder / "master.log", self._worker_env,
                               "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
                               "--port", "0", "--webui-port", "0")
        try:
            self.master = self._master.wait_for(r"Starting Spark master at (spark://\S+)").group(1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def have_workers(self, number):
        """Starts as many workers as are missing and waits until the master knows them."""
        started = []
        while len(self.workers) < number:
            self._num_started += 1
            started.append(Worker(self._folder / ("worker-%d" % self._num_started),
                                  self._worker_env, self.master))
            self.workers.append(started[-1])
        for worker in started:
            worker.wait_for("Successfully registered with master")

    def kill_worker(self, worker):
        """Kills one of the workers, which is none from then on."""
        worker.kill()
        self.workers.remove(worker)

    def __exit__(self, *unused):
        for process in self.workers + [self._master]:
            process.kill()


@contextlib.contextmanager
def without_library(folder):
    """A Cluster whose workers have another package called bert_nq, so that they need the sent one.

    Args:
      folder: the folder for all its files, a pathlib.Path.
    """
    (folder / "python" / "bert_nq").mkdir(parents=True)
    (folder / "python" / "bert_nq" / "__init__.py").write_text("raise ImportError('not this one')")
    with Cluster(folder, folder / "python") as started:
        yield started
