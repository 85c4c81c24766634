"""The flags of training have the defaults of its settings, and the choices of the measure."""
import subprocess
import sys

CODE = """
import sys
from absl import flags
from bert_nq.cli.flags.training import define_training_flags
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.training.settings import KeepingSettings, TrainingSettings

shared = {name: flags.DEFINE_string(name, None, "") for name in ("output_dir", "precision",
                                                                 "predict_batch_size")}
groups = define_training_flags(shared, MEASURE)
flags.FLAGS(["program"])
assert TrainingSettings(**dict(groups.training(), precision="fp32")) == TrainingSettings()
assert KeepingSettings(**groups.keeping()) == KeepingSettings(metric="both")
assert flags.FLAGS["metric"].parser.enum_values == ["long", "short", "both"]
for name, value in (("learning_rate", "1e-3"), ("freeze_layers", "2"), ("optimizer", "lamb"),
                    ("freeze_embeddings", "true")):
    flags.FLAGS[name].parse(value)
assert TrainingSettings(**dict(groups.training(), precision="fp32")) == TrainingSettings(
    learning_rate=1e-3, freeze_layers=2, optimizer="lamb", freeze_embeddings=True)
assert "tensorflow" not in sys.modules
"""


def test_defaults_are_those_of_the_settings():
    done = subprocess.run([sys.executable, "-c", CODE], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
