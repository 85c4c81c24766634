"""The casing of a model's text, which goes with a model that is written anew."""
from typing import Dict, List, Optional, Tuple

from bert_nq.base.errors import UserError


def beside(folder: str, wanted: Optional[bool]) -> Tuple[Dict[str, bytes], List[str]]:
    """The file that says whether the text of the model in a folder is lower-cased, and notes.

    Args:
      folder: of the model that is read.
      wanted: the flag --do_lower_case, None where it was not given.

    Raises:
      UserError: the flag and the files say different things.
    """
    from bert_nq.estimator import model_card
    from bert_nq.text import casing
    lower = casing.of_folder(folder)
    card = model_card.read(folder)
    if lower is None and card is not None:
        lower = card.settings.get("do_lower_case")
    if wanted is not None:
        if lower not in (None, wanted):
            raise UserError("--do_lower_case=%s, but the files in %s say %s: leave the flag out"
                            % (str(wanted).lower(), folder, str(lower).lower()))
        lower = wanted
    if lower is None:
        return {}, ["no file says whether the model's text is lower-cased: if it is not, give "
                    "--do_lower_case=false here, or to all programs that use the model"]
    return {casing.NAME: casing.content(lower, folder)}, [] if lower else [
        "this is a cased model, and %s says so: programs take --do_lower_case=false from it"
        % casing.NAME]
