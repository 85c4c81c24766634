"""Home folders in flags: shells do not expand the ~ of --flag=~/file, so that programs do."""
import os
import re

from absl import flags

from bert_nq.base.errors import UserError

# At the beginning of a path: of the flag's value, or of one of several with commas between them.
_HOME = re.compile(r"(?:(?<=,)|^)(\s*)(~[^/,]*)(?=[/,]|$)")


def expand(flag_values: flags.FlagValues) -> None:
    """Replaces ~ and ~NAME by the home folder in all flags that are text.

    Raises:
      UserError: there is no such person.
    """
    for name in flag_values:
        flag = flag_values[name]
        if isinstance(flag.value, str):
            flag.value = _expanded(name, flag.value)
        elif isinstance(flag.value, list) and flag.present:
            flag.value = [_expanded(name, item) if isinstance(item, str) else item
                          for item in flag.value]


def _expanded(name: str, value: str) -> str:
    def home(found):
        folder = os.path.expanduser(found.group(2))
        if folder == found.group(2):
            raise UserError("--%s=%s: %s is nobody's home folder; a file of that name is ./%s"
                            % (name, value, folder, folder))
        return found.group(1) + folder

    return _HOME.sub(home, value)
