"""The workers of a training run on several machines, as TF_CONFIG names them.

    TF_CONFIG='{"cluster": {"worker": ["host1:2222", "host2:2222"]},
                "task": {"type": "worker", "index": 0}}'

Every worker has the same cluster and a task of its own. The chief, which alone writes the model, is
the task of type "chief" where the cluster has one, else worker 0.
"""
import json
from typing import Any, List, Mapping, NamedTuple, Optional, Tuple

from bert_nq.base.errors import UserError

_EXAMPLE = ('{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}')


class Cluster(NamedTuple):
    """The workers in the order in which they count, the chief first, and which of them this is."""
    names: Tuple[str, ...]  # "chief 0", "worker 1"
    addresses: Tuple[str, ...]  # host:port
    index: int  # of this process

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes the model."""
        return self.index == 0

    def describe(self, index: int) -> str:
        """A worker as messages name it: `worker 1 (host2:2222)`."""
        return "%s (%s)" % (self.names[index], self.addresses[index])


def read_cluster(environment: Mapping[str, str]) -> Cluster:
    """The cluster that TF_CONFIG describes.

    Args:
      environment: os.environ, or one like it.

    Raises:
      UserError: it is not there, or says something else than workers and which of them this is.
    """
    text = environment.get("TF_CONFIG")
    if not text:
        raise _error("is not set")
    jobs, task = _parse(text)
    tasks = [(job, i, address) for job in ("chief", "worker")
             for i, address in enumerate(jobs.get(job, []))]
    for number, (job, i, _) in enumerate(tasks):
        if (job, i) == task:
            return Cluster(tuple("%s %d" % (job, i) for job, i, _ in tasks),
                           tuple(address for _, _, address in tasks), number)
    raise _error('has the task %s %d, which is not in its "cluster"' % task)


def is_chief(distribution: str, environment: Mapping[str, str]) -> bool:
    """Whether this process is the one that writes files; alone it is.

    Args:
      distribution: see devices.DISTRIBUTIONS.
      environment: os.environ, or one like it.

    Raises:
      UserError: TF_CONFIG is needed and does not say it.
    """
    return distribution != "multi_worker" or read_cluster(environment).is_chief


def num_tasks(environment: Mapping[str, str]) -> int:
    """The number of tasks, of any kind, in TF_CONFIG; 0 where it is missing or no JSON."""
    try:
        jobs = json.loads(environment.get("TF_CONFIG") or "{}").get("cluster") or {}
        return sum(len(addresses) for addresses in jobs.values())
    except (AttributeError, TypeError, ValueError):
        return 0


def check_alone(environment: Mapping[str, str]) -> None:
    """Raises UserError where TF_CONFIG is of several tasks, and this process would train alone."""
    if num_tasks(environment) > 1:
        raise UserError("TF_CONFIG is of several workers: give --distribution=multi_worker, or "
                        "unset it")


def _parse(text: str) -> Tuple[Mapping[str, List[str]], Tuple[str, int]]:
    """Returns the addresses by job, and this process's job and number."""
    try:
        config = json.loads(text)
    except ValueError as e:
        raise _error("is no JSON (%s)" % e) from e
    jobs = _member(config, "cluster", dict)
    task = _member(config, "task", dict)
    if not jobs:
        raise _error('has no tasks in its "cluster"')
    for job, addresses in jobs.items():
        if job not in ("chief", "worker"):
            raise _error('has "%s" tasks; only one "chief" and "worker"s train here' % job)
        if not isinstance(addresses, list) or not addresses:
            raise _error('has no list of addresses for "%s"' % job)
        for address in addresses:
            if _port(address) is None:
                raise _error("has the address %s, which is no host:port" % json.dumps(address))
    if len(jobs.get("chief", [])) > 1:
        raise _error('has %d tasks of type "chief"; there is one' % len(jobs["chief"]))
    addresses = sum(jobs.values(), [])
    for address in addresses:
        if addresses.count(address) > 1:
            raise _error("has the address %s twice" % address)
    index = task.get("index")
    # Some launchers write the number as a string.
    if isinstance(index, str) and index.isdigit():
        index = int(index)
    if not isinstance(task.get("type"), str) or not isinstance(index, int):
        raise _error('has a "task" without "type" and "index"')
    return jobs, (task["type"], index)


def _member(config: Any, name: str, kind: type) -> Any:
    value = config.get(name) if isinstance(config, dict) else None
    if not isinstance(value, kind):
        raise _error('has no "%s"' % name)
    return value


def _port(address: Any) -> Optional[int]:
    """The port of an address; None where it is none."""
    if not isinstance(address, str):
        return None
    host, _, port = address.rpartition(":")
    return int(port) if host and port.isdigit() and 0 < int(port) < 65536 else None


def _error(what: str) -> UserError:
    return UserError("--distribution=multi_worker: the environment variable TF_CONFIG %s; it looks "
                     "like %s" % (what, _EXAMPLE))
