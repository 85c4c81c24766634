"""The workers that TF_CONFIG names, and how they find and watch each other, without TensorFlow."""
import contextlib
import json
import re
import socket
import threading
import time

import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator import peers
from bert_nq.estimator.cluster import Cluster, num_tasks, read_cluster

TWO = {"worker": ["host1:2222", "host2:2222"]}


def environment(cluster, task_type="worker", index=0):
    return {"TF_CONFIG": json.dumps({"cluster": cluster,
                                     "task": {"type": task_type, "index": index}})}


def test_without_a_chief_the_first_worker_is_it():
    first, second = (read_cluster(environment(TWO, index=i)) for i in (0, 1))
    assert first == Cluster(("worker 0", "worker 1"), ("host1:2222", "host2:2222"), 0)
    assert second == first._replace(index=1)
    assert (first.is_chief, second.is_chief) == (True, False)
    assert first.describe(1) == "worker 1 (host2:2222)"


@pytest.mark.parametrize("task, index", [
    (("chief", 0), 0), (("worker", 0), 1), (("worker", "1"), 2)])
def test_the_chief_counts_first(task, index):
    cluster = dict(TWO, chief=["host0:2222"])
    found = read_cluster(environment(cluster, *task))
    assert found.names == ("chief 0", "worker 0", "worker 1")
    assert found.addresses == ("host0:2222", "host1:2222", "host2:2222")
    assert found.index == index


WRONG = [
    ("", "is not set"),
    ("no", "is no JSON (Expecting value: line 1 column 1 (char 0))"),
    ("[]", 'has no "cluster"'),
    ({"task": {}}, 'has no "cluster"'),
    ({"cluster": TWO}, 'has no "task"'),
    ({"cluster": TWO, "task": {"type": "worker"}}, 'has a "task" without "type" and "index"'),
    ({"cluster": TWO, "task": {"type": "worker", "index": 2}},
     'has the task worker 2, which is not in its "cluster"'),
    ({"cluster": TWO, "task": {"type": "chief", "index": 0}},
     'has the task chief 0, which is not in its "cluster"'),
    ({"cluster": {}, "task": {}}, 'has no tasks in its "cluster"'),
    ({"cluster": {"worker": []}, "task": {}}, 'has no list of addresses for "worker"'),
    ({"cluster": {"worker": "host1:2222"}, "task": {}}, 'has no list of addresses for "worker"'),
    ({"cluster": dict(TWO, ps=["host3:2222"]), "task": {}},
     'has "ps" tasks; only one "chief" and "worker"s train here'),
    ({"cluster": {"chief": ["host1:1", "host1:2"]}, "task": {}},
     'has 2 tasks of type "chief"; there is one'),
    ({"cluster": {"worker": ["host1:1", "host1:1"]}, "task": {}},
     "has the address host1:1 twice"),
] + [({"cluster": {"worker": [address]}, "task": {}},
      "has the address %s, which is no host:port" % json.dumps(address))
     for address in ("host1", "host1:", ":2222", "host1:0", "host1:65536", "host1:a", 2222)]


@pytest.mark.parametrize("config, message", WRONG)
def test_a_wrong_tf_config_is_told_with_what_it_should_look_like(config, message):
    text = config if isinstance(config, str) else json.dumps(config)
    with pytest.raises(UserError) as e:
        read_cluster({"TF_CONFIG": text})
    assert str(e.value) == (
        "--distribution=multi_worker: the environment variable TF_CONFIG %s; it looks like "
        '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
        '"task": {"type": "worker", "index": 0}}' % message)


@pytest.mark.parametrize("text, number", [
    (None, 0), ("", 0), ("{", 0), ("[]", 0), ('{"cluster": {"worker": 1}}', 0),
    ('{"cluster": {"chief": ["a:1"]}}', 1), (json.dumps({"cluster": dict(TWO, ps=["b:1"])}), 3)])
def test_the_tasks_are_counted_whatever_they_are(text, number):
    assert num_tasks({} if text is None else {"TF_CONFIG": text}) == number


def free_ports(number):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]


def clusters(number):
    """The Cluster of each of some workers on this machine."""
    first = Cluster(tuple("worker %d" % i for i in range(number)),
                    tuple("127.0.0.1:%d" % port for port in free_ports(number)), 0)
    return [first._replace(index=i) for i in range(number)]


class Worker:
    """One that gathers in a thread: with its facts, `lines` and `error`."""

    def __init__(self, cluster, facts):
        self.lines, self.error = [], None
        self._thread = threading.Thread(target=self._gather, args=(cluster, facts), daemon=True)
        self._thread.start()

    def _gather(self, cluster, facts):
        try:
            assert peers.gather(cluster, facts, self.lines.append, every_seconds=0.6)
        except UserError as e:
            self.error = str(e)

    def done(self):
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.error

    def waits(self):
        return self._thread.is_alive()


def test_workers_wait_until_all_have_met():
    chief, second, third = clusters(3)
    first_two = [Worker(chief, {}), Worker(second, {})]
    time.sleep(1.5)
    assert all(worker.waits() for worker in first_two)
    for worker in first_two:
        assert re.match(r"waiting for worker 2 \(127.0.0.1:\d+\), [01] s so far$", worker.lines[0])
    workers = first_two + [Worker(third, {})]
    assert [worker.done() for worker in workers] == [None, None, None]


def test_what_must_be_the_same_is_compared():
    chief, second = clusters(2)
    workers = [Worker(chief, {"devices": 2, "--seed": 3}),
               Worker(second, {"devices": 2, "--seed": 4})]
    names = chief.describe(0), chief.describe(1)
    assert [worker.done() for worker in workers] == [
        "%s has --seed 4, this worker, %s, has 3: start all workers with the same command"
        % (names[1], names[0]),
        "%s has --seed 3, this worker, %s, has 4: start all workers with the same command" % names]


def test_a_worker_of_another_cluster_is_refused():
    chief, second = clusters(2)
    stray = second._replace(addresses=chief.addresses[::-1], index=0)
    workers = Worker(chief, {}), Worker(stray, {})
    here, there = ", ".join(chief.addresses), ", ".join(stray.addresses)
    assert [worker.done() for worker in workers] == [
        "this worker's TF_CONFIG names the workers %s, and another worker's %s" % (here, there),
        "this worker's TF_CONFIG names the workers %s, and another worker's %s" % (there, here)]


def test_a_port_that_is_taken_is_named():
    chief, _ = clusters(2)
    port = int(chief.addresses[0].split(":")[1])
    with socket.socket() as taken:
        taken.bind(("", port))
        taken.listen(1)
        with pytest.raises(UserError) as e:
            peers.gather(chief, {}, print)
    assert str(e.value) == (
        "cannot listen on port %d, which TF_CONFIG gives to this worker, worker 0 "
        "(127.0.0.1:%d): Address already in use" % (port, port))


def test_strangers_at_the_port_do_no_harm():
    chief, second = clusters(2)
    first = Worker(chief, {})
    host, port = chief.addresses[0].split(":")
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 70000):
        deadline = time.time() + 5
        while True:
            try:
                stranger = socket.create_connection((host, int(port)))
                break
            except OSError:
                assert time.time() < deadline
        with stranger, contextlib.suppress(OSError):
            stranger.sendall(said)
    assert [first.waits(), Worker(second, {}).done(), first.done()] == [True, None, None]


def test_a_worker_is_absent_without_a_process_and_while_it_gathers_anew():
    chief, second = clusters(2)
    assert peers.absent(chief) == [1]
    with socket.socket() as server:  # As TensorFlow's: it listens, and waits for the other side.
        server.bind(("127.0.0.1", int(second.addresses[1].split(":")[1])))
        server.listen(1)
        assert peers.absent(chief) == []
    again = Worker(second, {})
    time.sleep(0.5)
    assert peers.absent(chief) == [1]
    assert again.waits()


def test_one_worker_alone_has_nobody_to_wait_for():
    alone, = clusters(1)
    assert peers.gather(alone, {}, print)
    assert peers.absent(alone) == []


def test_waiting_can_be_stopped():
    chief, _ = clusters(2)
    answers = iter([False, True])
    assert not peers.gather(chief, {}, print, is_stopped=lambda: next(answers))
