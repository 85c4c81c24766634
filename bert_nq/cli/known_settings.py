"""Settings that a model or its records were made with, as defaults of the flags.

A flag that was given and differs is an error where the weights depend on the setting, such as the
casing; where they do not, such as the stride of windows, it is taken and told in a line.
"""
import os
from typing import Any, Callable, Container, Dict, Iterable, Mapping, Optional, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError

# The encoder's config beside a vocabulary: Google's names, then Hugging Face's.
_CONFIGS = ("bert_config.json", "xlnet_config.json", "config.json")


def take(flag_values: flags.FlagValues, settings: Mapping[str, Any], made: str,
         fixed: Container[str], note: Callable[[str], None]) -> None:
    """Has flags that were not given take the values of `settings`.

    Args:
      flag_values: of the program.
      settings: flag's name to its value; names that the program has no flag for are passed over.
      made: opens messages: "the model in FOLDER was trained".
      fixed: names of the settings that must stay as they are.
      note: told of each other flag that was given and differs.

    Raises:
      UserError: a flag of `fixed` was given and differs; the message has both values.
    """
    for name in sorted(settings):
        if name not in flag_values:
            continue
        value, flag = settings[name], flag_values[name]
        if not flag.present:
            flag_values.set_default(name, value)
        elif flag.value != value:
            difference = _difference(flag_values, name, value, made)
            if name in fixed:
                raise UserError("%s: leave the flag out" % difference)
            note("%s: taken as given" % difference)


def take_all(flag_values: flags.FlagValues, sources: Iterable[Tuple[Mapping[str, Any], str]],
             fixed: Container[str], note: Callable[[str], None]) -> None:
    """`take` of several things that are used together; the first that has a setting decides.

    Args:
      flag_values, fixed, note: see `take`.
      sources: (settings, made) of each of them, see `take`.

    Raises:
      UserError: as `take`, or two of them differ in a setting of `fixed`.
    """
    taken: Dict[str, Tuple[Any, str]] = {}
    for settings, made in sources:
        take(flag_values, {name: value for name, value in settings.items() if name not in taken},
             made, fixed, note)
        for name in sorted(settings):
            value, other = taken.setdefault(name, (settings[name], made))
            if name in fixed and value != settings[name]:
                raise UserError("%s with %s, but %s with %s: they cannot be used together; prepare "
                                "all records alike, and train another model in another folder"
                                % (other, _written(name, value), made,
                                   _written(name, settings[name])))


def take_of_vocabulary(flag_values: flags.FlagValues, note: Callable[[str], None]) -> None:
    """`take` of what the files beside --vocab_file say of the text of their model."""
    from bert_nq.text import casing
    path = flag_values.vocab_file
    known = casing.beside(path)
    take(flag_values, known, "the model of %s was trained" % path, known, note)
    for name in _CONFIGS if path and not files.is_remote(path) else ():
        take_packing(flag_values, os.path.join(os.path.dirname(path), name))


def take_packing(flag_values: flags.FlagValues, config_file: Optional[str]) -> None:
    """Has --packing, if it was not given, be that of the encoder of a config; if there is one."""
    from bert_nq.modeling import encoders
    if not config_file or "packing" not in flag_values or flag_values["packing"].present:
        return
    # What is wrong with it is told where the model is read.
    values = files.read_json(config_file, remedy="")
    if isinstance(values, dict) and encoders.is_known(encoders.name_in(values)):
        flag_values.set_default("packing", encoders.find(encoders.name_in(values)).packing.name)


def check(flag_values: flags.FlagValues, settings: Mapping[str, Any], made: str,
          fixed: Iterable[str]) -> None:
    """Raises UserError where flags, given or not, differ from settings that must stay as they are.

    The arguments are those of `take`, which has been called with another model's settings.
    """
    for name in fixed:
        if name in settings and flag_values[name].value != settings[name]:
            raise UserError("%s: models that differ in it cannot be used together"
                            % _difference(flag_values, name, settings[name], made))


def _difference(flag_values: flags.FlagValues, name: str, value: Any, made: str) -> str:
    return "%s with %s, not with %s" % (made, _written(name, value),
                                        _written(name, flag_values[name].value))


def _written(name: str, value: Any) -> str:
    """A flag as a command line has it: --max_seq_length=384, --do_lower_case=false."""
    if value is None:
        return "no --" + name
    return "--%s=%s" % (name, str(value).lower() if isinstance(value, bool) else value)
