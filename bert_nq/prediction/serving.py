"""An exported model as its users have it: the files beside its graph, and pages through it.

    DIR/3/saved_model.pb, variables/   the graph with its signature, see prediction.export
    DIR/3/serving.json, vocab.txt      how pages become windows, and outputs answers; the
                                       vocabulary may be a spiece.model

Free of TensorFlow: the graph may run in this process or behind a server.
"""
import os
import shutil
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional

import numpy as np

from bert_nq.base import files, vocabulary_files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.features.featurizer import Featurizer
from bert_nq.features.options import TextOptions
from bert_nq.modeling.heads import outputs
from bert_nq.prediction import predictor
from bert_nq.prediction.batches import Batch

DESCRIPTION = "serving.json"

# From the model's features, int32 arrays [B, S] by name, to the fields of the decoder's
# outputs_type, by name, as arrays or lists.
Call = Callable[[Dict[str, np.ndarray]], Mapping[str, Any]]
# (name, options) to a decoder, see decoding.decoders.make_decoder.
MakeDecoder = Callable[[str, Mapping[str, Any]], Any]


def check_folder(path: str) -> None:
    """Raises UserError where models cannot be exported to the folder `path`."""
    if files.is_remote(path):
        raise UserError("--export_dir=%s: export to a folder of this machine, and copy it"
                        % path)
    if os.path.exists(path) and not os.path.isdir(path):
        raise UserError("--export_dir=%s is a file: give a folder" % path)


class Serving(NamedTuple):
    """The settings that an exported model is to be used with."""
    predictor: Dict[str, Any]  # as in the prediction file: of which model, decoder and its options
    text: TextOptions
    windows: Any  # the featurizer's options
    featurizer: Featurizer
    make_decoder: MakeDecoder

    def write(self, folder: str) -> None:
        """Leaves itself and the vocabulary in a folder."""
        with files.open_binary(self.text.vocab_file) as source, files.replacing(
                os.path.join(folder, vocabulary_files.file_name_of(self.text.vocab_file))) as out:
            shutil.copyfileobj(source, out)
        text = self.text._asdict()
        del text["vocab_file"]
        files.write_json(os.path.join(folder, DESCRIPTION), {
            "predictor": self.predictor, "text": dict(text), "windows": dict(
                self.windows._asdict())})

    @classmethod
    def load(cls, folder: str, featurizer: Featurizer, make_decoder: MakeDecoder) -> "Serving":
        """Reads the files that `write` has left.

        Args:
          folder: of one version.
          featurizer: of the model's task, as is `make_decoder`; see tasks.get.

        Raises:
          UserError: there is nothing, or it is of another version of this library.
        """
        path = os.path.join(folder, DESCRIPTION)
        content = files.read_json(path)
        if content is None:
            raise UserError("there is no %s: give the folder of one exported model, DIR/NUMBER"
                            % path)
        try:
            text = TextOptions(vocabulary_files.vocabulary_of(folder), **content["text"])
            serving = cls(content["predictor"], text, featurizer.options(**content["windows"]),
                          featurizer, make_decoder)
            serving.decoder()
            if type(text.do_lower_case) is not bool:
                raise TypeError("do_lower_case is %.40r" % (text.do_lower_case,))
        except (AttributeError, KeyError, TypeError) as e:
            raise UserError("%s is not as this version writes it (%s): export the model again"
                            % (path, e)) from e
        return serving

    def decoder(self):
        """The decoder, which makes answers of outputs."""
        return self.make_decoder(self.predictor["decoder"], self.predictor["options"])

    def page_predictor(self, batch_size: int = 8) -> predictor.Predictor:
        """Makes windows and answers; its batches have `batch_size` windows."""
        return predictor.Predictor(self.featurizer.make(self.text, self.windows),
                                   self.featurizer.spec, self.decoder(), batch_size)

    def predict(self, call: Call, pages: Iterable[Any], batch_size: int = 8,
                bad_input: Optional[BadInput] = None) -> Iterator[Dict[str, Any]]:
        """Yields the entry of the prediction file of each page.

        Args:
          call: the exported model, see `Call`.
          pages: in any number; 32 are in memory at a time.
          batch_size: windows of a call.
          bad_input: told of pages that cannot be used; by default these raise.

        Raises:
          UserError: a page is unusable, or the model's outputs are no numbers.
        """
        return predictor.predict(_Model(call, self.decoder().outputs_type),
                                 self.page_predictor(batch_size), pages,
                                 bad_input or BadInput())


class _Model:
    """A `Call` in the place of a WindowModel."""

    full_length = False  # batches of any length will do

    def __init__(self, call: Call, outputs_type: type):
        self._call = call
        self._outputs_type = outputs_type

    def outputs(self, batches: Iterable[Batch]) -> Iterator[Any]:
        for batch in batches:
            yield outputs.from_values(self._outputs_type, self._call(batch.features()))
