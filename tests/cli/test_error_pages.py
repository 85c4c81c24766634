"""The formats of predictions that have error pages."""
import importlib

from bert_nq.cli import error_pages


def test_each_format_has_its_module():
    for path in error_pages.FORMATS.values():
        module = importlib.import_module(path)
        assert callable(module.plan) and module.ONLY[0] == "all"
