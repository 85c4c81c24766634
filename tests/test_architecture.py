"""Who may import whom, and what a program may do before its work begins."""
import ast
import glob
import os
import re
import subprocess
import sys

import pytest

import bert_nq
from tests.support import programs
from tests.support.programs import ROOT


def _files(*patterns):
    found = [path for pattern in patterns
             for path in glob.glob(os.path.join(ROOT, pattern), recursive=True)]
    return sorted(os.path.relpath(path, ROOT) for path in found)


LIBRARY = _files("bert_nq/**/*.py")
PROGRAM_FOLDERS = ("prepare", "augment", "records", "eval", "demos", "benchmarks")


def _is_program(path):
    with open(os.path.join(ROOT, path), encoding="utf8") as f:
        return '__name__ == "__main__"' in f.read()


PROGRAMS_OF_THE_MODEL = list(filter(_is_program, _files("bert_nq/*.py")))
PROGRAMS = list(filter(_is_program, _files(
    *("%s/**/*.py" % folder for folder in PROGRAM_FOLDERS)))) + PROGRAMS_OF_THE_MODEL


def _module(path):
    """bert_nq/base/files.py is bert_nq.base.files, bert_nq/base/__init__.py is bert_nq.base."""
    parts = path[:-len(".py")].split(os.sep)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path): path for path in LIBRARY}


def _tree(path):
    with open(os.path.join(ROOT, path), encoding="utf8") as f:
        return ast.parse(f.read(), path)


def _imports(path):
    """The dotted names that a file imports, wherever in the file."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "%s, line %d: a relative import" % (path, node.lineno)
            for alias in node.names:
                name = "%s.%s" % (node.module, alias.name)
                yield name if name in MODULES else node.module


def _library_imports(path):
    """The modules of the library that a file imports."""
    return {name for name in _imports(path) if name.split(".")[0] == "bert_nq"}


def _room(module):
    return (module.split(".") + [""])[1]


def _floors():
    """{room: floor}, from the table in bert_nq's docstring."""
    lines = re.findall(r"^    (programs|\d+)  +(.+)$", bert_nq.__doc__, re.MULTILINE)
    floors = {room: 99 if floor == "programs" else int(floor)
              for floor, rooms in lines for room in re.findall(r"\w+(?![\w/.])", rooms)}
    return dict(floors, **{_room(_module(path)): 99 for path in PROGRAMS_OF_THE_MODEL})


FLOORS = _floors()


def test_the_table_is_that_of_the_design():
    assert {room: floor for room, floor in FLOORS.items() if floor < 99} == {
        "cli": 9, "tasks": 8, "answering": 7, "masking_policy": 7, "training": 6, "prediction": 6,
        "estimator": 5, "ensembling": 5, "records": 4, "features": 3, "decoding": 3,
        "augmentation": 3, "error_pages": 3, "datasets": 2, "text": 2, "modeling": 2,
        "scoring": 2, "jobs": 1, "base": 0}


@pytest.mark.parametrize("path", LIBRARY)
def test_imports_point_downwards(path):
    room = _room(_module(path))
    assert room in FLOORS or not room, "on which floor is %s? See bert_nq/__init__.py" % room
    for name in _library_imports(path):
        other = _room(name)
        if other in ("", room):
            continue
        assert FLOORS[other] < FLOORS[room], "%s imports %s" % (path, name)


def test_nothing_imports_a_program():
    programs = {_module(path) for path in PROGRAMS} | set(PROGRAM_FOLDERS)
    for path in LIBRARY:
        imported = set(_imports(path))
        assert not imported & programs, path
        assert not {name.split(".")[0] for name in imported} & set(PROGRAM_FOLDERS), path


def test_no_two_files_import_each_other():
    edges = {name: _library_imports(path) for name, path in MODULES.items()}
    done, under_way = set(), []

    def visit(name):
        assert name not in under_way, " -> ".join(under_way[under_way.index(name):] + [name])
        if name in done:
            return
        under_way.append(name)
        for other in sorted(edges.get(name, ())):
            visit(other)
        done.add(under_way.pop())

    for name in sorted(edges):
        visit(name)


def _may_import_tensorflow(path):
    return (_room(_module(path)) in ("modeling", "estimator", "training")
            or path.startswith("bert_nq/masking_policy/graphs/")
            or path in ("bert_nq/prediction/window_model.py", "bert_nq/prediction/frozen_graph.py",
                        "bert_nq/prediction/export_formats/saved_model.py"))


@pytest.mark.parametrize("path", LIBRARY + PROGRAMS)
def test_tensorflow_is_imported_in_its_rooms_alone_and_as_compat_v1(path):
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names = [(alias.name, alias.asname) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module, None)]
        else:
            continue
        for name, alias in names:
            if name.split(".")[0] in ("tensorflow", "tensorflow_core", "keras"):
                assert _may_import_tensorflow(path), path
                assert (name, alias) == ("tensorflow.compat.v1", "tf"), path


def test_all_other_modules_do_without_tensorflow():
    free = [name for name, path in MODULES.items()
            if not _may_import_tensorflow(path) and path not in PROGRAMS_OF_THE_MODEL]
    code = ("import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
            "assert 'tensorflow' not in sys.modules")
    done = subprocess.run([sys.executable, "-c", code] + free, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, PYTHONPATH=ROOT))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", [
    p for p in LIBRARY if _room(_module(p)) != "cli" and p not in PROGRAMS_OF_THE_MODEL])
def test_the_library_is_flagless(path):
    for node in ast.walk(_tree(path)):
        names = {getattr(node, field, None) for field in ("id", "attr", "name", "asname", "arg")}
        assert "FLAGS" not in names, "%s, line %d" % (path, getattr(node, "lineno", 0))


@pytest.mark.parametrize("path", PROGRAMS)
def test_help_comes_before_tensorflow(path):
    done = programs.run_before_tensorflow(path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert ast.get_docstring(_tree(path)).splitlines()[0] in done.stdout
    assert "flags:" in done.stdout


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_wrong_flag_is_told_before_tensorflow(path):
    done = programs.run_before_tensorflow(path, "--no_such_flag=1")
    assert done.returncode == 1
    assert "Unknown command line flag 'no_such_flag'" in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", PROGRAMS)
def test_an_argument_without_dashes_is_refused(path):
    assert "'stray'" in programs.error_line(programs.run_before_tensorflow(path, "stray"))


@pytest.mark.parametrize("path", PROGRAMS)
def test_ctrl_c_and_streams_are_seen_to_first(path):
    first = next(node for node in _tree(path).body
                 if isinstance(node, (ast.Import, ast.ImportFrom)))
    assert isinstance(first, ast.ImportFrom) and first.module == "bert_nq.cli.start"
    with open(os.path.join(ROOT, path), encoding="utf8") as f:
        assert "program.run(" not in f.read()


# What is shared by all tasks names none.
SHARED_ROOMS = ("training", "estimator", "records", "prediction", "jobs", "base")
TASK_WORDS = {"long", "short", "answer_type", "answer_types", "yes_no", "nq", "squad"}


def _docstrings(tree):
    """The nodes of a file's docstrings, which may be prose about anything."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and isinstance(
                node.body[0], ast.Expr):
            yield node.body[0].value


def _words(tree):
    """(line, name or string) of a file's code."""
    prose = set(map(id, _docstrings(tree)))
    for node in ast.walk(tree):
        if id(node) in prose:
            continue
        for field in ("id", "attr", "name", "asname", "arg", "module", "value", "s"):
            text = getattr(node, field, None)
            if isinstance(text, str):
                yield getattr(node, "lineno", 0), text


def _names_a_task(text):
    text = text.replace("bert_nq", "").lower()
    return bool(TASK_WORDS & ({text} | set(re.findall(r"answer_types?|yes_no|[a-z]+", text))))


@pytest.mark.parametrize("path", [p for p in LIBRARY if _room(_module(p)) in SHARED_ROOMS])
def test_shared_rooms_name_no_task(path):
    named = [(line, text) for line, text in _words(_tree(path)) if _names_a_task(text)]
    assert named == []


def test_words_of_tasks_are_found():
    assert all(map(_names_a_task, ("long", "f1_long", "bert_nq.scoring.nq", "answer_types",
                                   "the short answer", "squad_v2")))
    assert not any(map(_names_a_task, ("bert_nq", "along", "longest", "shortest", "answer")))
